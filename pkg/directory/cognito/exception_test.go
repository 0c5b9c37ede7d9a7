package cognito_test

import (
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/cognito"
	"deskpro-login/pkg/directory/cognito/cognitotest"
	"deskpro-login/pkg/redact"
)

// sentinels returns those of the directory that err is.
func sentinels(err error) []error {
	var found []error
	for _, sentinel := range []error{
		directory.ErrBadCredentials, directory.ErrUnverifiedEmail, directory.ErrIncomplete, directory.ErrThrottled,
		directory.ErrMisconfigured, directory.ErrUnavailable, directory.ErrWrongCode, directory.ErrSpentCode,
		directory.ErrUnfitPassword, directory.ErrUnfitAttribute, directory.ErrOver, directory.ErrNoFactor, directory.ErrDenied,
		directory.ErrFederation, directory.ErrFactorRequired,
	} {
		if errors.Is(err, sentinel) {
			found = append(found, sentinel)
		}
	}
	return found
}

// wantOnly checks that err is want and no other sentinel of the directory.
func wantOnly(t *testing.T, err, want error) {
	t.Helper()
	if found := sentinels(err); len(found) != 1 || found[0] != want {
		t.Errorf("got %v, which is %v, want %v alone", err, found, want)
	}
}

// operations are the documented exceptions of each operation, whatever their
// message, and what becomes of them.
func operations() []operation {
	return []operation{
		{
			name: "AdminInitiateAuth",
			call: func(t *testing.T, pool *cognitotest.Server, d *cognito.Directory, fault cognitotest.Fault) error {
				pool.Inject(fault)
				_, err := d.Authenticate(t.Context(), typed(login, password))
				return err
			},
			want: map[string]error{
				"InternalErrorException":                   directory.ErrUnavailable,
				"InvalidEmailRoleAccessPolicyException":    directory.ErrMisconfigured,
				"InvalidLambdaResponseException":           directory.ErrMisconfigured,
				"InvalidParameterException":                directory.ErrBadCredentials,
				"InvalidSmsRoleAccessPolicyException":      directory.ErrMisconfigured,
				"InvalidSmsRoleTrustRelationshipException": directory.ErrMisconfigured,
				"InvalidUserPoolConfigurationException":    directory.ErrMisconfigured,
				"MFAMethodNotFoundException":               directory.ErrNoFactor,
				"NotAuthorizedException":                   directory.ErrBadCredentials,
				"OperationNotEnabledException":             directory.ErrMisconfigured,
				"PasswordResetRequiredException":           directory.ErrBadCredentials,
				"ResourceNotFoundException":                directory.ErrMisconfigured,
				"TooManyRequestsException":                 directory.ErrThrottled,
				"UnexpectedLambdaException":                directory.ErrMisconfigured,
				"UnsupportedOperationException":            directory.ErrMisconfigured,
				"UserLambdaValidationException":            directory.ErrBadCredentials,
				"UserNotConfirmedException":                directory.ErrBadCredentials,
				"UserNotFoundException":                    directory.ErrBadCredentials,
			},
		},
		{
			name: "AdminRespondToAuthChallenge",
			user: func(u *cognitotest.User) { u.TOTP = appKey() },
			call: answerFault,
			want: map[string]error{
				"AliasExistsException":                     directory.ErrUnfitAttribute,
				"CodeMismatchException":                    directory.ErrWrongCode,
				"ExpiredCodeException":                     directory.ErrOver,
				"InternalErrorException":                   directory.ErrUnavailable,
				"InvalidEmailRoleAccessPolicyException":    directory.ErrMisconfigured,
				"InvalidLambdaResponseException":           directory.ErrMisconfigured,
				"InvalidParameterException":                directory.ErrUnavailable,
				"InvalidPasswordException":                 directory.ErrUnfitPassword,
				"InvalidSmsRoleAccessPolicyException":      directory.ErrMisconfigured,
				"InvalidSmsRoleTrustRelationshipException": directory.ErrMisconfigured,
				"InvalidUserPoolConfigurationException":    directory.ErrMisconfigured,
				"MFAMethodNotFoundException":               directory.ErrNoFactor,
				"NotAuthorizedException":                   directory.ErrBadCredentials,
				"OperationNotEnabledException":             directory.ErrMisconfigured,
				"PasswordHistoryPolicyViolationException":  directory.ErrUnfitPassword,
				"PasswordResetRequiredException":           directory.ErrBadCredentials,
				"ResourceNotFoundException":                directory.ErrMisconfigured,
				"SoftwareTokenMFANotFoundException":        directory.ErrNoFactor,
				"TooManyRequestsException":                 directory.ErrThrottled,
				"UnexpectedLambdaException":                directory.ErrMisconfigured,
				"UserLambdaValidationException":            directory.ErrDenied,
				"UserNotConfirmedException":                directory.ErrBadCredentials,
				"UserNotFoundException":                    directory.ErrBadCredentials,
			},
		},
		{
			name: "AssociateSoftwareToken", settings: cognitotest.Config{MFA: "ON"},
			call: func(t *testing.T, pool *cognitotest.Server, d *cognito.Directory, fault cognitotest.Fault) error {
				pool.Inject(fault)
				_, err := d.Authenticate(t.Context(), typed(login, password))
				return err
			},
			want: map[string]error{
				"ConcurrentModificationException":   directory.ErrUnavailable,
				"ForbiddenException":                directory.ErrThrottled,
				"InternalErrorException":            directory.ErrUnavailable,
				"InvalidParameterException":         directory.ErrUnavailable,
				"NotAuthorizedException":            directory.ErrUnavailable,
				"OperationNotEnabledException":      directory.ErrMisconfigured,
				"ResourceNotFoundException":         directory.ErrMisconfigured,
				"SoftwareTokenMFANotFoundException": directory.ErrNoFactor,
			},
		},
		{
			name: "VerifySoftwareToken", settings: cognitotest.Config{MFA: "ON"},
			call: answerFault,
			want: map[string]error{
				"CodeMismatchException":                 directory.ErrWrongCode,
				"EnableSoftwareTokenMFAException":       directory.ErrWrongCode,
				"ForbiddenException":                    directory.ErrThrottled,
				"InternalErrorException":                directory.ErrUnavailable,
				"InvalidParameterException":             directory.ErrUnavailable,
				"InvalidUserPoolConfigurationException": directory.ErrMisconfigured,
				"NotAuthorizedException":                directory.ErrBadCredentials,
				"OperationNotEnabledException":          directory.ErrMisconfigured,
				"PasswordResetRequiredException":        directory.ErrBadCredentials,
				"ResourceNotFoundException":             directory.ErrMisconfigured,
				"SoftwareTokenMFANotFoundException":     directory.ErrNoFactor,
				"TooManyRequestsException":              directory.ErrThrottled,
				"UserNotConfirmedException":             directory.ErrBadCredentials,
				"UserNotFoundException":                 directory.ErrBadCredentials,
			},
		},
		{
			name: "ForgotPassword",
			call: func(t *testing.T, pool *cognitotest.Server, d *cognito.Directory, fault cognitotest.Fault) error {
				pool.Inject(fault)
				return d.RequestReset(t.Context(), login, directory.Client{})
			},
			want: requestWant(),
		},
		{
			name: "ResendConfirmationCode",
			call: func(t *testing.T, pool *cognitotest.Server, d *cognito.Directory, fault cognitotest.Fault) error {
				pool.Inject(fault)
				return d.RequestConfirmation(t.Context(), login, directory.Client{})
			},
			want: requestWant(),
		},
		{
			name: "ConfirmForgotPassword",
			call: func(t *testing.T, pool *cognitotest.Server, d *cognito.Directory, fault cognitotest.Fault) error {
				pool.Inject(fault)
				_, err := d.Reset(t.Context(), login, redact.New("123456"), redact.New(password), directory.Client{})
				return err
			},
			want: map[string]error{
				"CodeMismatchException":                   directory.ErrWrongCode,
				"ExpiredCodeException":                    directory.ErrWrongCode,
				"ForbiddenException":                      directory.ErrThrottled,
				"InternalErrorException":                  directory.ErrUnavailable,
				"InvalidLambdaResponseException":          directory.ErrMisconfigured,
				"InvalidParameterException":               directory.ErrWrongCode,
				"InvalidPasswordException":                directory.ErrUnfitPassword,
				"LimitExceededException":                  directory.ErrWrongCode,
				"NotAuthorizedException":                  directory.ErrWrongCode,
				"OperationNotEnabledException":            directory.ErrMisconfigured,
				"PasswordHistoryPolicyViolationException": directory.ErrUnfitPassword,
				"ResourceNotFoundException":               directory.ErrMisconfigured,
				"TooManyFailedAttemptsException":          directory.ErrWrongCode,
				"TooManyRequestsException":                directory.ErrThrottled,
				"UnexpectedLambdaException":               directory.ErrMisconfigured,
				"UserLambdaValidationException":           directory.ErrBadCredentials,
				"UserNotConfirmedException":               directory.ErrWrongCode,
				"UserNotFoundException":                   directory.ErrWrongCode,
			},
		},
		{
			name: "ConfirmSignUp",
			call: func(t *testing.T, pool *cognitotest.Server, d *cognito.Directory, fault cognitotest.Fault) error {
				pool.Inject(fault)
				return d.Confirm(t.Context(), login, redact.New("123456"), directory.Client{})
			},
			want: map[string]error{
				"AliasExistsException":           directory.ErrBadCredentials,
				"CodeMismatchException":          directory.ErrWrongCode,
				"ExpiredCodeException":           directory.ErrWrongCode,
				"ForbiddenException":             directory.ErrThrottled,
				"InternalErrorException":         directory.ErrUnavailable,
				"InvalidLambdaResponseException": directory.ErrMisconfigured,
				"InvalidParameterException":      directory.ErrWrongCode,
				"LimitExceededException":         directory.ErrWrongCode,
				"NotAuthorizedException":         directory.ErrWrongCode,
				"OperationNotEnabledException":   directory.ErrMisconfigured,
				"ResourceNotFoundException":      directory.ErrMisconfigured,
				"TooManyFailedAttemptsException": directory.ErrWrongCode,
				"TooManyRequestsException":       directory.ErrThrottled,
				"UnexpectedLambdaException":      directory.ErrMisconfigured,
				"UserLambdaValidationException":  directory.ErrBadCredentials,
				"UserNotFoundException":          directory.ErrWrongCode,
			},
		},
		{
			name: "DescribeUserPoolClient",
			call: func(t *testing.T, pool *cognitotest.Server, d *cognito.Directory, fault cognitotest.Fault) error {
				pool.Inject(fault)
				_, err := d.Inspect(t.Context())
				return err
			},
			want: map[string]error{
				"InternalErrorException":       directory.ErrUnavailable,
				"InvalidParameterException":    directory.ErrUnavailable,
				"NotAuthorizedException":       directory.ErrUnavailable,
				"OperationNotEnabledException": directory.ErrMisconfigured,
				"ResourceNotFoundException":    directory.ErrMisconfigured,
				"TooManyRequestsException":     directory.ErrThrottled,
			},
		},
	}
}

type operation struct {
	name     string
	way      string // which of the ways in which it is used
	settings cognitotest.Config
	user     func(*cognitotest.User)
	// call makes the operation meet fault.
	call func(*testing.T, *cognitotest.Server, *cognito.Directory, cognitotest.Fault) error
	want map[string]error
}

// requestWant is for the two operations that send a code.
func requestWant() map[string]error {
	return map[string]error{
		"CodeDeliveryFailureException":             directory.ErrBadCredentials,
		"ForbiddenException":                       directory.ErrThrottled,
		"InternalErrorException":                   directory.ErrUnavailable,
		"InvalidEmailRoleAccessPolicyException":    directory.ErrBadCredentials,
		"InvalidLambdaResponseException":           directory.ErrBadCredentials,
		"InvalidParameterException":                directory.ErrBadCredentials,
		"InvalidSmsRoleAccessPolicyException":      directory.ErrBadCredentials,
		"InvalidSmsRoleTrustRelationshipException": directory.ErrBadCredentials,
		"LimitExceededException":                   directory.ErrBadCredentials,
		"NotAuthorizedException":                   directory.ErrBadCredentials,
		"OperationNotEnabledException":             directory.ErrMisconfigured,
		"ResourceNotFoundException":                directory.ErrMisconfigured,
		"TooManyRequestsException":                 directory.ErrThrottled,
		"UnexpectedLambdaException":                directory.ErrBadCredentials,
		"UserLambdaValidationException":            directory.ErrBadCredentials,
		"UserNotFoundException":                    directory.ErrBadCredentials,
	}
}

func answerFault(t *testing.T, pool *cognitotest.Server, d *cognito.Directory, fault cognitotest.Fault) error {
	c := challenged(t, d, password)
	pool.Inject(fault)
	_, err := d.Respond(t.Context(), c, directory.Answer{Code: redact.New("000000")})
	return err
}

func TestEachDocumentedExceptionIsOneSentinel(t *testing.T) {
	for _, op := range slices.Concat(operations(), changes()) {
		for _, name := range slices.Sorted(maps.Keys(op.want)) {
			t.Run(strings.TrimSpace(op.name+" "+op.way)+" "+name, func(t *testing.T) {
				pool, d := start(t, op.settings)
				if op.user != nil {
					pool.Edit(t, login, op.user)
				}
				const gossip = "a trigger's words"
				err := op.call(t, pool, d, cognitotest.Fault{Operation: op.name, Exception: name, Message: gossip})
				if op.want[name] == nil && err == nil {
					return
				}
				wantOnly(t, err, op.want[name])
				if !strings.Contains(err.Error(), name) {
					t.Errorf("error %q does not name the exception for the log", err)
				}
				if strings.Contains(err.Error(), login) {
					t.Errorf("error %q has the login", err)
				}
			})
		}
	}
}

// A newer SDK may document exceptions that nothing here maps on purpose. Its
// deserializers list them.
func TestTheSDKDocumentsNoOtherExceptions(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.Dir}}", "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	source, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "deserializers.go"))
	if err != nil {
		t.Fatal(err)
	}
	equal := regexp.MustCompile(`EqualFold\("(\w+)"`)
	for _, op := range slices.Concat(operations(), changes()) {
		_, body, found := strings.Cut(string(source), "func awsAwsjson11_deserializeOpError"+op.name+"(")
		body, _, ended := strings.Cut(body, "\n}\n")
		if !found || !ended {
			t.Fatalf("the SDK has no errors of %s", op.name)
		}
		var documented []string
		for _, match := range equal.FindAllStringSubmatch(body, -1) {
			documented = append(documented, match[1])
		}
		if want := slices.Sorted(maps.Keys(op.want)); !slices.Equal(slices.Sorted(slices.Values(documented)), want) {
			t.Errorf("%s documents %q,\nthe table has %q", op.name, documented, want)
		}
	}
}
