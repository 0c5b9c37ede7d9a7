// Package cognito is the directory kept in an Amazon Cognito user pool. Start
// with New.
//
// It asks with AdminInitiateAuth and ADMIN_USER_PASSWORD_AUTH, which the app
// client must allow (ALLOW_ADMIN_USER_PASSWORD_AUTH) and the caller's role too
// (cognito-idp:AdminInitiateAuth). A federated user has no password in the pool
// and cannot sign in here.
//
// Give the app client PreventUserExistenceErrors: ENABLED. Otherwise Cognito
// tells unknown logins apart; this package passes that on to the log only, but
// everything else that uses the client would have to be as careful.
package cognito

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"deskpro-login/pkg/awsenv"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/claims"
	"deskpro-login/pkg/redact"
)

const (
	// attemptTimeout is longer than awsenv's: a pool may run Lambda triggers
	// within the call, often cold ones, and allows each five seconds.
	attemptTimeout = 4 * time.Second
	// attempts is low because each one that arrives counts towards Cognito's
	// lock-out of the account.
	attempts = 2
)

// Config says which pool to ask.
type Config struct {
	// AWS has the credentials, and BaseEndpoint for an emulator. Its Region,
	// HTTPClient, RetryMaxAttempts and ClientLogMode are not used: the pool's
	// id gives the Region, and a request's body holds the password.
	AWS aws.Config
	// UserPoolID is required, for example "eu-west-1_AbCdEf123".
	UserPoolID string
	// ClientID is the app client's, required. The client must have permission
	// to read email, email_verified, name (or given_name and family_name) and
	// Attributes: what it may not read, the token lacks.
	ClientID string
	// ClientSecret fetches the app client's secret, exactly as Cognito shows
	// it; it is asked at each attempt. Nil means a client without a secret.
	ClientSecret func(context.Context) (redact.Secret, error)
	// Attributes are the names of further attributes to hand on, such as
	// "department" or "phone_number". Empty means none.
	Attributes []string
	// Mapping says which claims of the ID token become what, Attributes among
	// it. The zero value is the defaults of package claims.
	Mapping claims.Mapping
	// Issuer is the iss of the pool's tokens. Empty means either form that AWS
	// derives from the pool's id. Set it where the issuer has another domain.
	Issuer string
	// Now is the clock for the token's expiry. Nil means time.Now.
	Now func() time.Time
}

// Directory is a directory.Authenticator. Its Authenticate may take as long as
// two attempts of four seconds: give its context the deadline of the page.
type Directory struct {
	// initiate is a method value and not the client: the linker drops the
	// client's hundred other operations only while nothing holds the client.
	initiate   func(context.Context, *cip.AdminInitiateAuthInput, ...func(*cip.Options)) (*cip.AdminInitiateAuthOutput, error)
	poolID     string
	clientID   string
	secret     func(context.Context) (redact.Secret, error)
	issuers    []string
	attributes []string
	mapping    claims.Mapping
	now        func() time.Time
}

var _ directory.Authenticator = (*Directory)(nil)

// New checks config, reports all that is wrong with it at once, and sends
// nothing yet.
func New(config Config) (*Directory, error) {
	region, pool, _ := strings.Cut(config.UserPoolID, "_")
	if err := config.check(region, pool); err != nil {
		return nil, fmt.Errorf("configuring Cognito: %w", err)
	}
	d := &Directory{
		initiate: cip.NewFromConfig(config.AWS, func(o *cip.Options) {
			o.Region = region
			o.HTTPClient = awsenv.HTTPClient(attemptTimeout)
			o.RetryMaxAttempts = attempts
			o.ClientLogMode = 0
		}).AdminInitiateAuth,
		poolID:     config.UserPoolID,
		clientID:   config.ClientID,
		secret:     config.ClientSecret,
		issuers:    []string{config.Issuer},
		attributes: config.Attributes,
		mapping:    config.Mapping,
		now:        config.Now,
	}
	if config.Issuer == "" {
		// ORIGINAL and UPDATED of IssuerConfigurationType:
		// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_IssuerConfigurationType.html
		at := region + ".amazonaws.com/" + config.UserPoolID
		d.issuers = []string{"https://cognito-idp." + at, "https://issuer-cognito-idp." + at}
	}
	if d.now == nil {
		d.now = time.Now
	}
	return d, nil
}

func (c Config) check(region, pool string) error {
	var errs []error
	if region == "" || pool == "" {
		errs = append(errs, fmt.Errorf("user pool id %q is not like eu-west-1_AbCdEf123", c.UserPoolID))
	}
	if c.ClientID == "" || strings.ContainsAny(c.ClientID, " \t\r\n") {
		errs = append(errs, fmt.Errorf("client id %q is empty or has spaces", c.ClientID))
	}
	if slices.Contains(c.Attributes, "") {
		errs = append(errs, errors.New("an attribute's name is empty"))
	}
	return errors.Join(errs...)
}
