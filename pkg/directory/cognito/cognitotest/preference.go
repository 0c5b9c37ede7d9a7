package cognitotest

type preferenceInput struct {
	AccessToken              string
	SoftwareTokenMfaSettings *factorSettings
}

// factorSettings tell false from what is left out, as Go's SDK does with false:
// what AWS makes of that is not documented. The fake leaves it as it is.
type factorSettings struct{ Enabled, PreferredMfa *bool }

func (f factorSettings) of(a *account) (enabled, preferred bool) {
	enabled, preferred = len(a.TOTP) > 0, a.PreferredMFA == softwareToken
	if f.Enabled != nil {
		enabled = *f.Enabled
	}
	if f.PreferredMfa != nil {
		preferred = *f.PreferredMfa
	}
	return enabled, preferred
}

// prefer is SetUserMFAPreference, of the app alone. An app that is turned off stays
// registered. That it cannot be where the pool requires a factor is documented,
// the exception is not; the others are AWS's, from amplify-js issues 944 and 1343.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SoftwareTokenMfaSettingsType.html
func (s *Server) prefer(body []byte, _ Fault) (any, error) {
	var in preferenceInput
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	a, err := s.bearer(in.AccessToken)
	if err != nil {
		return nil, err
	}
	if in.SoftwareTokenMfaSettings == nil {
		return nil, invalidParameter("No MFA settings are given")
	}
	enabled, preferred := in.SoftwareTokenMfaSettings.of(a)
	switch {
	case preferred && !enabled:
		return nil, invalidParameter("A factor that is not enabled cannot be preferred")
	case len(a.TOTP) == 0 && len(a.registered) == 0 && len(a.pending) > 0:
		return nil, invalidParameter("User has not verified software token mfa")
	case len(a.TOTP) == 0 && len(a.registered) == 0:
		return nil, invalidParameter("User has not set up software token mfa")
	case !enabled && s.config.MFA == "ON":
		return nil, invalidParameter("The user pool requires MFA")
	}
	if enabled && len(a.registered) > 0 {
		a.TOTP, a.registered = a.registered, nil
	}
	if !enabled && len(a.TOTP) > 0 {
		a.registered, a.TOTP = a.TOTP, nil
	}
	switch {
	case preferred:
		a.PreferredMFA = softwareToken
	case a.PreferredMFA == softwareToken:
		a.PreferredMFA = ""
	}
	return struct{}{}, nil
}
