// Package cognito is the directory kept in an Amazon Cognito user pool. Start
// with New, and with Inspect to see whether the app client is set up for it.
//
// It signs people in with AdminInitiateAuth and AdminRespondToAuthChallenge,
// for which the caller's role needs cognito-idp:AdminInitiateAuth and
// cognito-idp:AdminRespondToAuthChallenge, and the app client Config.Flow. The
// other operations ask for no permission: recovery's, and those that set up an
// authenticator. A federated user has no password in the pool and cannot sign in
// here.
//
// Who came to change their password or authenticator does so once the pool has
// let them in, by ChangePassword, AssociateSoftwareToken, VerifySoftwareToken and
// SetUserMFAPreference. These go by the access token of the same sign-in, for
// which Cognito evaluates no IAM policy, and by its scope
// aws.cognito.signin.user.admin, which the tokens of this API have. The token is
// in a Challenge's State and nowhere else.
// https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flows-public-server-side.html
//
// Give the app client PreventUserExistenceErrors: ENABLED. Otherwise Cognito
// tells unknown logins apart; this package passes that on to the log only, but
// everything else that uses the client would have to be as careful.
//
// USER_AUTH without a password tells more, whatever is set. Cognito answers a
// login that does not exist with a challenge that it draws from those the pool
// allows, and no code ever fits; one that exists with its own, or with an error
// where it cannot begin. That error is a refusal here, and where a code went is
// not told, but who asks long enough can tell the two apart.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html
package cognito

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

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
	// once is for what cannot be repeated. The answer to a challenge uses its
	// session up, and so does setting up an authenticator: where the first
	// call's outcome was lost a second could only be told that the session is
	// used, or that the old password is wrong by now. And asking for a code twice sends two, of which the first is void.
	once = 1
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
	// it; it is asked at each call. Nil means a client without a secret.
	ClientSecret func(context.Context) (redact.Secret, error)
	// Flow is ADMIN_USER_PASSWORD_AUTH, which empty means, or USER_AUTH, with
	// which people may also sign in by a code alone (from Cognito's Essentials
	// plan). The app client must allow it: ALLOW_ and the same name.
	Flow string
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

// Directory is a directory.Authenticator and a directory.Recovery. A call of
// Cognito may take four seconds, and a sign-in two of them: give its context
// the deadline of the page.
type Directory struct {
	calls
	flow     types.AuthFlowType
	poolID   string
	clientID string
	secret   func(context.Context) (redact.Secret, error)
	// tellAddress is what Inspect has found out.
	tellAddress atomic.Bool
	issuers     []string
	attributes  []string
	mapping     claims.Mapping
	now         func() time.Time
}

var (
	_ directory.Authenticator = (*Directory)(nil)
	_ directory.Recovery      = (*Directory)(nil)
)

// calls are the operations that a Directory uses. They are method values and
// not the client: the linker drops the client's hundred other operations only
// while nothing holds the client.
type calls struct {
	initiate  call[cip.AdminInitiateAuthInput, cip.AdminInitiateAuthOutput]
	respond   call[cip.AdminRespondToAuthChallengeInput, cip.AdminRespondToAuthChallengeOutput]
	associate call[cip.AssociateSoftwareTokenInput, cip.AssociateSoftwareTokenOutput]
	verify    call[cip.VerifySoftwareTokenInput, cip.VerifySoftwareTokenOutput]
	changeIt  call[cip.ChangePasswordInput, cip.ChangePasswordOutput]
	prefer    call[cip.SetUserMFAPreferenceInput, cip.SetUserMFAPreferenceOutput]
	forgot    call[cip.ForgotPasswordInput, cip.ForgotPasswordOutput]
	reset     call[cip.ConfirmForgotPasswordInput, cip.ConfirmForgotPasswordOutput]
	resend    call[cip.ResendConfirmationCodeInput, cip.ResendConfirmationCodeOutput]
	confirm   call[cip.ConfirmSignUpInput, cip.ConfirmSignUpOutput]
	look      call[cip.AdminGetUserInput, cip.AdminGetUserOutput]
	describe  call[cip.DescribeUserPoolClientInput, cip.DescribeUserPoolClientOutput]
}

type call[In, Out any] func(context.Context, *In, ...func(*cip.Options)) (*Out, error)

// New checks config, reports all that is wrong with it at once, and sends
// nothing yet.
func New(config Config) (*Directory, error) {
	region, pool, _ := strings.Cut(config.UserPoolID, "_")
	if err := config.check(region, pool); err != nil {
		return nil, fmt.Errorf("configuring Cognito: %w", err)
	}
	again, single := config.client(region, attempts), config.client(region, once)
	d := &Directory{
		calls: calls{
			initiate: again.AdminInitiateAuth, describe: again.DescribeUserPoolClient, look: again.AdminGetUser, prefer: again.SetUserMFAPreference,
			respond: single.AdminRespondToAuthChallenge, associate: single.AssociateSoftwareToken, verify: single.VerifySoftwareToken,
			changeIt: single.ChangePassword, forgot: single.ForgotPassword, reset: single.ConfirmForgotPassword,
			resend: single.ResendConfirmationCode, confirm: single.ConfirmSignUp,
		},
		flow:       types.AuthFlowType(config.Flow),
		poolID:     config.UserPoolID,
		clientID:   config.ClientID,
		secret:     config.ClientSecret,
		issuers:    []string{config.Issuer},
		attributes: config.Attributes,
		mapping:    config.Mapping,
		now:        config.Now,
	}
	if config.Flow == "" {
		d.flow = types.AuthFlowTypeAdminUserPasswordAuth
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

func (c Config) client(region string, attempts int) *cip.Client {
	return cip.NewFromConfig(c.AWS, func(o *cip.Options) {
		o.Region = region
		o.HTTPClient = awsenv.HTTPClient(attemptTimeout)
		o.RetryMaxAttempts = attempts
		o.ClientLogMode = 0
	})
}

func (c Config) check(region, pool string) error {
	var errs []error
	if region == "" || pool == "" {
		errs = append(errs, fmt.Errorf("user pool id %q is not like eu-west-1_AbCdEf123", c.UserPoolID))
	}
	if c.ClientID == "" || strings.ContainsAny(c.ClientID, " \t\r\n") {
		errs = append(errs, fmt.Errorf("client id %q is empty or has spaces", c.ClientID))
	}
	switch types.AuthFlowType(c.Flow) {
	case "", types.AuthFlowTypeAdminUserPasswordAuth, types.AuthFlowTypeUserAuth:
	default:
		errs = append(errs, fmt.Errorf("flow %q is neither ADMIN_USER_PASSWORD_AUTH nor USER_AUTH", c.Flow))
	}
	if slices.Contains(c.Attributes, "") {
		errs = append(errs, errors.New("an attribute's name is empty"))
	}
	return errors.Join(errs...)
}
