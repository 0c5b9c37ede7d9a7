package cognitotest

const changes = "changes"

type changeInput struct {
	AccessToken      string
	PreviousPassword *string
	ProposedPassword string
}

// change is ChangePassword. Who has a password must send it; that it is wrong is
// said in the words of a sign-in (amazon-cognito-identity-js issue 336), and too
// many tries are a limit that is exceeded (aws-sdk-android issue 627).
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ChangePassword.html
func (s *Server) change(body []byte, _ Fault) (any, error) {
	var in changeInput
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	a, err := s.bearer(in.AccessToken)
	if err != nil {
		return nil, err
	}
	if err := s.limit(a, changes); err != nil {
		return nil, err
	}
	if err := checkPassword(in.ProposedPassword); err != nil {
		return nil, err
	}
	switch {
	case a.Password == "" && in.PreviousPassword != nil,
		a.Password != "" && (in.PreviousPassword == nil || !equal(*in.PreviousPassword, a.Password)):
		return nil, wrongPassword()
	}
	a.Password = in.ProposedPassword
	return struct{}{}, nil
}
