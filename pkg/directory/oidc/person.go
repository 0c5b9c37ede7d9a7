package oidc

import (
	"fmt"
	"strings"

	"deskpro-login/pkg/directory"
)

// person reads the account from claims that are verified.
func (p *Provider) person(claims map[string]any) (*directory.User, error) {
	user, verified, err := p.config.Mapping.User(claims, p.config.Attributes)
	if err != nil {
		return nil, fmt.Errorf("%w: reading the ID token: %w", directory.ErrFederation, err)
	}
	fillName(user, claims)
	err = user.Check()
	if err == nil && !verified {
		err = directory.ErrUnverifiedEmail
	}
	if err != nil {
		return nil, fmt.Errorf("reading the ID token of %q: %w", user.ID, err)
	}
	return user, nil
}

// fillName gives the user a name, as the package comment says.
func fillName(user *directory.User, claims map[string]any) {
	first, last := strings.TrimSpace(user.FirstName), strings.TrimSpace(user.LastName)
	if strings.TrimSpace(user.Name) != "" || first != "" && last != "" {
		return
	}
	candidates := []string{first, last}
	for _, claim := range []string{"preferred_username", "nickname"} {
		text, _ := claims[claim].(string)
		candidates = append(candidates, strings.TrimSpace(text))
	}
	local, _, _ := strings.Cut(user.Email, "@")
	for _, candidate := range append(candidates, local) {
		if candidate != "" {
			user.Name = candidate
			return
		}
	}
}
