package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"deskpro-login/pkg/config"
	"deskpro-login/pkg/directory/cognito"
	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/rotation"
)

// What tokens of an app client that serves nothing but sign-ins should last.
const (
	longPoolToken = time.Hour
	longRefresh   = 24 * time.Hour
)

// cognitoChecks are about the user pool, if accounts are in one.
func (d *doctor) cognitoChecks(ctx context.Context) []check {
	f := d.function(config.Authenticate)
	if d.cfg.AWS == nil || f == nil || f.loaded.Directory.UserPoolID == "" {
		return nil
	}
	p := &pool{doctor: d, config: f.loaded}
	p.secret = once(ctx, func(ctx context.Context) (redact.Secret, error) {
		if d.cfg.Store == nil {
			return redact.Secret{}, errors.New("secrets are not looked at")
		}
		return d.current(ctx, p.config.Directory.ClientSecretID)
	})
	return []check{func(ctx context.Context, r *report) {
		if p.check(ctx, r) {
			p.checkClient(ctx, r)
			p.checkGroups(ctx, r)
		}
	}}
}

// pool is the user pool that people sign in to.
type pool struct {
	*doctor
	config config.Config
	secret func() (redact.Secret, error)
}

// check is false where there is no pool.
func (p *pool) check(ctx context.Context, r *report) bool {
	id := p.config.Directory.UserPoolID
	row := r.at("cognito/pool")
	out, err := p.pools(id).DescribeUserPool(ctx, &cip.DescribeUserPoolInput{UserPoolId: &id})
	switch {
	case err != nil && isAbsent(err):
		row.fail("correct "+p.named("COGNITO_USER_POOL_ID"), "there is no user pool %s in this AWS account", id)
		return false
	case err != nil:
		row.unchecked(err, "cognito-idp:DescribeUserPool")
		return true
	case out.UserPool == nil:
		row.fail("see it in the Cognito console", "Cognito says nothing of the user pool %s", id)
		return true
	}
	found := out.UserPool
	row.ok("the user pool %s is there", id)
	switch row := r.at("cognito/mfa"); found.MfaConfiguration {
	case types.UserPoolMfaTypeOn:
		row.ok("everyone needs a second factor")
	case types.UserPoolMfaTypeOptional:
		row.ok("who has a second factor is asked for it")
	default:
		row.warn("in the Cognito console, Authentication, Sign-in: let people have authenticator apps (for a pool of the stack's: CognitoMfa)", "the pool has no second factors")
	}
	if row := r.at("cognito/protection"); found.DeletionProtection == types.DeletionProtectionTypeActive {
		row.ok("the pool is protected against deletion")
	} else {
		row.warn("in the Cognito console, the pool's Settings: activate deletion protection", "the pool is not protected against deletion")
	}
	var open []string
	for _, door := range p.doors {
		if door.group == "" {
			open = append(open, door.name)
		}
	}
	row = r.at("cognito/signup")
	switch closed := found.AdminCreateUserConfig != nil && found.AdminCreateUserConfig.AllowAdminCreateUserOnly; {
	case closed:
		row.ok("only an administrator makes accounts")
	case open == nil:
		row.ok("anybody may make an account, but each door asks for a group")
	default:
		row.warn("if that is not meant: in the Cognito console, Authentication, Sign-up, switch self-registration off, or "+p.set(strings.ToUpper(open[0])+"_GROUP", "GROUP"), "anybody may make an account, and every account passes the %s' door", open[0])
	}
	return true
}

func (p *pool) checkClient(ctx context.Context, r *report) {
	row, in := r.at("cognito/client"), p.config.Directory
	settings := cognito.Config{
		AWS: *p.cfg.AWS, UserPoolID: in.UserPoolID, ClientID: in.ClientID, Flow: in.AuthFlow, Attributes: p.config.Attributes(), Mapping: in.Mapping,
	}
	if in.ClientSecretID != "" {
		settings.ClientSecret = func(context.Context) (redact.Secret, error) { return p.secret() } // Inspect asks whether there is one
	}
	directory, err := cognito.New(settings)
	if err != nil {
		row.fail("correct the configuration", "%s", oneLine(err.Error()))
		return
	}
	out, err := p.pools(in.UserPoolID).DescribeUserPoolClient(ctx, &cip.DescribeUserPoolClientInput{UserPoolId: &in.UserPoolID, ClientId: &in.ClientID})
	switch {
	case err != nil && isAbsent(err):
		row.fail("correct "+p.named("COGNITO_CLIENT_ID"), "the user pool has no app client %s", in.ClientID)
		return
	case err != nil:
		row.unchecked(err, "cognito-idp:DescribeUserPoolClient")
		return
	case out.UserPoolClient == nil:
		row.fail("see it in the Cognito console", "Cognito says nothing of the app client %s", in.ClientID)
		return
	}
	switch problems, err := directory.Inspect(ctx); {
	case err != nil:
		row.unchecked(err, "cognito-idp:DescribeUserPoolClient")
	case problems != nil:
		row.fail("in the Cognito console, App clients; aws cognito-idp update-user-pool-client forgets what it is not told", "%s", strings.Join(problems, "; "))
	default:
		row.ok("the app client is set up for this page")
	}
	p.checkClientSecret(r, out.UserPoolClient)
	checkValidity(r, out.UserPoolClient)
	p.checkCallbacks(r, out.UserPoolClient)
}

// checkClientSecret compares ours with the pool's.
func (p *pool) checkClientSecret(r *report, client *types.UserPoolClientType) {
	row, has := r.at("cognito/secret"), redact.New(aws.ToString(client.ClientSecret))
	if p.config.Directory.ClientSecretID == "" {
		if has.Len() == 0 {
			row.ok("the app client has no secret, and none is configured")
		}
		return // otherwise cognito/client tells
	}
	ours, err := p.secret()
	switch {
	case errors.Is(err, rotation.ErrAbsent), errors.Is(err, rotation.ErrNoValue):
		row.fail("restore it in the Secrets Manager console if it is marked for deletion there; otherwise correct "+p.named("COGNITO_CLIENT_SECRET"), "the app client's secret is not where it is configured to be")
	case err != nil:
		row.unchecked(err, getSecret)
	case has.Len() == 0:
		return // cognito/client tells
	case same(ours, has):
		row.ok("the app client's secret is the one that is configured")
	default:
		row.fail("put the app client's secret, as the Cognito console shows it, into the secret of "+p.named("COGNITO_CLIENT_SECRET")+" as plain text", "the app client has another secret than the one that is configured")
	}
}

func checkValidity(r *report, client *types.UserPoolClientType) {
	unit := types.TokenValidityUnitsType{}
	if client.TokenValidityUnits != nil {
		unit = *client.TokenValidityUnits
	}
	var long []string
	for _, token := range []struct {
		name    string
		lasts   time.Duration
		longest time.Duration
	}{
		{"ID tokens", lasting(aws.ToInt32(client.IdTokenValidity), unit.IdToken, time.Hour, time.Hour), longPoolToken},
		{"access tokens", lasting(aws.ToInt32(client.AccessTokenValidity), unit.AccessToken, time.Hour, time.Hour), longPoolToken},
		{"refresh tokens", lasting(client.RefreshTokenValidity, unit.RefreshToken, day, 30*day), longRefresh},
	} {
		if token.lasts > token.longest {
			long = append(long, fmt.Sprintf("%s last %s", token.name, brief(token.lasts)))
		}
	}
	if row := r.at("cognito/validity"); long != nil {
		row.warn("if nothing else uses the app client: in the Cognito console, App clients, set 5 minutes, and 60 minutes for refresh tokens", "%s", strings.Join(long, ", "))
	} else {
		row.ok("the pool's tokens do not last long")
	}
}

// lasting is how long n units are, of a kind whose unit and length are these
// unless they are set.
func lasting(n int32, unit types.TimeUnitsType, usual, unset time.Duration) time.Duration {
	if n == 0 {
		return unset
	}
	switch unit {
	case types.TimeUnitsTypeSeconds:
		usual = time.Second
	case types.TimeUnitsTypeMinutes:
		usual = time.Minute
	case types.TimeUnitsTypeHours:
		usual = time.Hour
	case types.TimeUnitsTypeDays:
		usual = day
	}
	return time.Duration(n) * usual
}

// checkCallbacks holds the app client to the addresses that people come back to
// from managed login.
func (p *pool) checkCallbacks(r *report, client *types.UserPoolClientType) {
	if p.config.Federation == nil {
		return
	}
	var missing []string
	for _, door := range p.doors {
		if door.page == "" {
			return // where they come back to is not known
		}
		if address := door.page + "/callback"; !slices.Contains(client.CallbackURLs, address) {
			missing = append(missing, address)
		}
	}
	if row := r.at("cognito/callbacks"); missing != nil {
		row.fail("in the Cognito console, App clients, Login pages: add it", "the app client does not allow %s", strings.Join(missing, " and "))
	} else {
		row.ok("the app client knows where people come back to")
	}
}
