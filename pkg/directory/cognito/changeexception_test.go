package cognito_test

import (
	"testing"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/cognito"
	"deskpro-login/pkg/directory/cognito/cognitotest"
	"deskpro-login/pkg/redact"
)

// changes are the operations that go by an access token.
func changes() []operation {
	return []operation{
		{
			name: "AssociateSoftwareToken", way: "by access token",
			call: func(t *testing.T, pool *cognitotest.Server, d *cognito.Directory, fault cognitotest.Fault) error {
				pool.Inject(fault)
				_, err := d.Authenticate(t.Context(), wanting(directory.WantFactor))
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
				"SoftwareTokenMFANotFoundException": nil, // who asked for more than the pool has comes in without
			},
		},
		{
			name: "VerifySoftwareToken", way: "by access token",
			call: func(t *testing.T, pool *cognitotest.Server, d *cognito.Directory, fault cognitotest.Fault) error {
				return answerWanted(t, pool, d, directory.WantFactor, fault)
			},
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
			name: "ChangePassword",
			call: func(t *testing.T, pool *cognitotest.Server, d *cognito.Directory, fault cognitotest.Fault) error {
				return answerWanted(t, pool, d, directory.WantPassword, fault)
			},
			want: map[string]error{
				"ForbiddenException":                      directory.ErrThrottled,
				"InternalErrorException":                  directory.ErrUnavailable,
				"InvalidParameterException":               directory.ErrUnavailable,
				"InvalidPasswordException":                directory.ErrUnfitPassword,
				"LimitExceededException":                  directory.ErrThrottled,
				"NotAuthorizedException":                  directory.ErrBadCredentials,
				"OperationNotEnabledException":            directory.ErrMisconfigured,
				"PasswordHistoryPolicyViolationException": directory.ErrUnfitPassword,
				"PasswordResetRequiredException":          directory.ErrBadCredentials,
				"ResourceNotFoundException":               directory.ErrMisconfigured,
				"TooManyRequestsException":                directory.ErrThrottled,
				"UserNotConfirmedException":               directory.ErrBadCredentials,
				"UserNotFoundException":                   directory.ErrBadCredentials,
			},
		},
		{
			name: "SetUserMFAPreference", way: "to turn an app on",
			call: func(t *testing.T, pool *cognitotest.Server, d *cognito.Directory, fault cognitotest.Fault) error {
				return answerWanted(t, pool, d, directory.WantFactor, fault)
			},
			want: preferenceWant(directory.ErrUnavailable),
		},
		{
			name: "SetUserMFAPreference", way: "to turn an app off",
			user: func(u *cognitotest.User) { u.TOTP = appKey() },
			call: func(t *testing.T, pool *cognitotest.Server, d *cognito.Directory, fault cognitotest.Fault) error {
				return answerWanted(t, pool, d, directory.WantNoFactor, fault)
			},
			want: preferenceWant(directory.ErrFactorRequired),
		},
	}
}

func preferenceWant(parameter error) map[string]error {
	return map[string]error{
		"ForbiddenException":             directory.ErrThrottled,
		"InternalErrorException":         directory.ErrUnavailable,
		"InvalidParameterException":      parameter,
		"NotAuthorizedException":         directory.ErrBadCredentials,
		"OperationNotEnabledException":   directory.ErrMisconfigured,
		"PasswordResetRequiredException": directory.ErrBadCredentials,
		"ResourceNotFoundException":      directory.ErrMisconfigured,
		"UserNotConfirmedException":      directory.ErrBadCredentials,
		"UserNotFoundException":          directory.ErrBadCredentials,
	}
}

// answerWanted makes a change of the account meet fault.
func answerWanted(t *testing.T, pool *cognitotest.Server, d *cognito.Directory, want directory.Want, fault cognitotest.Fault) error {
	c := asked(t, d, want)
	pool.Inject(fault)
	_, err := d.Respond(t.Context(), c, directory.Answer{Code: newAppCode(t, c), Password: redact.New(newPassword)})
	return err
}
