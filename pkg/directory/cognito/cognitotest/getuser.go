package cognitotest

import (
	"fmt"
	"maps"
	"slices"
)

type getUserInput struct {
	UserPoolId string
	Username   string
}

type getUserAnswer struct {
	Enabled        bool
	UserAttributes []userAttribute
	UserStatus     Status
	Username       string
}

type userAttribute struct{ Name, Value string }

// getUser is AdminGetUser, by the username or an alias:
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminGetUser.html
func (s *Server) getUser(body []byte, _ Fault) (any, error) {
	var in getUserInput
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	if err := s.checkPool(in.UserPoolId, s.config.ClientID); err != nil {
		return nil, err
	}
	a := s.find(in.Username)
	if a == nil {
		return nil, &exception{"UserNotFoundException", "User does not exist."}
	}
	claims := a.claims()
	claims["sub"] = a.sub
	answer := getUserAnswer{Enabled: !a.Disabled, UserStatus: a.Status, Username: a.Username}
	for _, name := range slices.Sorted(maps.Keys(claims)) {
		answer.UserAttributes = append(answer.UserAttributes, userAttribute{name, fmt.Sprint(claims[name])})
	}
	return answer, nil
}
