package cognitotest

type preferenceInput struct {
	AccessToken              string
	SoftwareTokenMfaSettings *factorSettings
}

type factorSettings struct{ Enabled, PreferredMfa bool }

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
	wanted := in.SoftwareTokenMfaSettings
	switch {
	case wanted == nil:
		return nil, invalidParameter("No MFA settings are given")
	case wanted.PreferredMfa && !wanted.Enabled:
		return nil, invalidParameter("A factor that is not enabled cannot be preferred")
	case len(a.TOTP) == 0 && len(a.registered) == 0 && len(a.pending) > 0:
		return nil, invalidParameter("User has not verified software token mfa")
	case len(a.TOTP) == 0 && len(a.registered) == 0:
		return nil, invalidParameter("User has not set up software token mfa")
	case !wanted.Enabled && s.config.MFA == "ON":
		return nil, invalidParameter("The user pool requires MFA")
	}
	if wanted.Enabled && len(a.registered) > 0 {
		a.TOTP, a.registered = a.registered, nil
	}
	if !wanted.Enabled && len(a.TOTP) > 0 {
		a.registered, a.TOTP = a.TOTP, nil
	}
	switch {
	case wanted.PreferredMfa:
		a.PreferredMFA = softwareToken
	case a.PreferredMFA == softwareToken:
		a.PreferredMFA = ""
	}
	return struct{}{}, nil
}
