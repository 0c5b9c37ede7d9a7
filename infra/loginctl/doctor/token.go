package doctor

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/rotation"
)

// checkToken makes a token for somebody made-up with the door's real secret, and
// reads it as Deskpro would. It is told about and goes nowhere.
func (d *doctor) checkToken(_ context.Context, r *report, door door) {
	status, err := d.status[door.name]()
	current := status.At(rotation.Current)
	i := slices.IndexFunc(status.Versions, func(v rotation.Version) bool { return v.ID == current && v.Text.Len() > 0 })
	if err != nil || i < 0 {
		return // secrets/*/readable, current or key tells
	}
	key, err := keyring.ParseKey(status.Versions[i].Text, current)
	if err != nil {
		return
	}
	row := r.at("token/*/sample", door.name)
	now := d.cfg.Now()
	token, err := door.app.Mint(key, madeUp(door.group, door.app.Attributes()), now)
	switch {
	case errors.Is(err, keyring.ErrUnusable):
		return
	case err != nil:
		row.fail("take names out of "+d.named(strings.ToUpper(door.name)+"_ATTRIBUTES"), "no token can be made: %s", said(err))
		return
	}
	claims, err := door.app.Verify(token.Reveal(), key, now)
	if err != nil {
		row.fail("report it: this is a fault of the program", "a token does not stand up to what Deskpro does: %s", oneLine(err.Error()))
		return
	}
	// Of what was just verified.
	var header struct{ Alg string }
	first, _, _ := strings.Cut(token.Reveal(), ".")
	raw, err := base64.RawURLEncoding.DecodeString(first)
	if err == nil {
		err = json.Unmarshal(raw, &header)
	}
	issued, issuedIs := claims["iat"].(float64)
	ends, endsIs := claims["exp"].(float64)
	if err != nil || !issuedIs || !endsIs {
		row.fail("report it: this is a fault of the program", "a token has no readable header, iat or exp")
		return
	}
	row.ok("one for somebody made-up is signed with %s, %d bytes long, dated %s back, good for %s from now, and has the claims %s; it went nowhere",
		header.Alg, len(token.Reveal()), brief(now.Truncate(time.Second).Sub(time.Unix(int64(issued), 0))), brief(time.Unix(int64(ends), 0).Sub(now.Truncate(time.Second))),
		strings.Join(slices.Sorted(maps.Keys(claims)), " "))
}

// madeUp is nobody: a member of group, unless that is empty, with these attributes.
func madeUp(group string, attributes []string) deskpro.Claims {
	email, err := deskpro.ParseEmail("nobody@example.com")
	if err != nil {
		panic(err) // the text is ours
	}
	c := deskpro.Claims{ID: "doctor", Email: email, Name: "Nobody Atall", FirstName: "Nobody", LastName: "Atall", Attributes: map[string]string{}}
	if group != "" {
		c.Groups = []string{group}
	}
	for _, name := range attributes {
		c.Attributes[name] = "sample"
	}
	return c
}
