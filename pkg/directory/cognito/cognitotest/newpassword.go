package cognitotest

import (
	"encoding/json"
	"slices"
	"strings"
)

const attributePrefix = "userAttributes."

// requireNewPassword asks for it and for the required attributes that are
// missing.
func (s *Server) requireNewPassword(a *account) *answer {
	missing := []string{}
	for _, name := range s.missing(a) {
		missing = append(missing, attributePrefix+name)
	}
	required, _ := json.Marshal(missing)
	attributes, _ := json.Marshal(a.attributes())
	return s.pose(&session{account: a, challenge: newPassword}, map[string]string{
		"requiredAttributes": string(required), "userAttributes": string(attributes),
	})
}

func (s *Server) missing(a *account) []string {
	has := a.attributes()
	return slices.DeleteFunc(slices.Clone(s.config.RequiredAttributes), func(name string) bool { return has[name] != "" })
}

func (s *Server) answerNewPassword(current *session, responses map[string]string, fault Fault) (*answer, error) {
	a := current.account
	given := map[string]string{}
	for name, value := range responses {
		if attribute, ok := strings.CutPrefix(name, attributePrefix); ok {
			given[attribute] = value
		}
	}
	for _, name := range s.missing(a) {
		if given[name] == "" {
			return nil, invalidParameter("Invalid attributes given, %s is missing", name)
		}
	}
	has := a.attributes()
	for name, value := range given {
		if has[name] != "" && (slices.Contains(s.config.RequiredAttributes, name) || name == "email" || name == "phone_number") {
			return nil, notAuthorized("Cannot modify an already provided %s", name)
		}
		if err := checkAttribute(name, value); err != nil {
			return nil, err
		}
	}
	if err := checkPassword(responses["NEW_PASSWORD"]); err != nil {
		return nil, err
	}
	current.used = true
	for name, value := range given {
		a.set(name, value)
	}
	a.Password, a.Status = responses["NEW_PASSWORD"], Confirmed
	return s.requireFactor(a, fault)
}
