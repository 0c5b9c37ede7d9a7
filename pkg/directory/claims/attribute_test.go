package claims_test

import (
	"slices"
	"testing"

	"deskpro-login/pkg/directory/claims"
)

func TestWhichClaimAnAttributeIs(t *testing.T) {
	token := map[string]any{"sub": "s", "name": "Full", "nickname": "Nick", "department": "own", "custom:department": "pool"}
	m, err := claims.Parse([]string{"email=email", "name=nickname", "zeta=z", "alpha=a"})
	if err != nil {
		t.Fatal(err)
	}
	user, _, err := m.User(token, []string{"department", "name"})
	if err != nil || user.Attributes["department"] != "own" || user.Attributes["name"] != "Full" || user.Name != "Nick" {
		t.Errorf("%+v, %v", user, err)
	}
	if got := m.Attributes(); !slices.Equal(got, []string{"alpha", "zeta"}) {
		t.Errorf("attributes = %q", got)
	}
}
