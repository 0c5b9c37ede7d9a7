package web

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"deskpro-login/pkg/deskpro"
)

// Whoever made a state up, it leads to one of the door's origins; and ours lead
// where they were made to lead.
func FuzzStateReturn(f *testing.F) {
	encoded := func(address string) string { return base64.RawURLEncoding.EncodeToString([]byte(address)) }
	for _, state := range []string{
		"", ".", "x", "x.", "x." + encoded("/new-ticket/?a=1"), "x." + encoded("https://evil.example/"), "x." + encoded("//evil.example"), "." + encoded("https://acme.deskpro.com/?jwt=x"),
		"x.y." + encoded("/a"), "x." + encoded("/a") + "\n", "x." + encoded("/a") + "=", "x." + encoded(`/\evil.example`), "x.!", "x." + encoded("https://des\u212apro.com/"),
	} {
		f.Add(state)
	}
	app, err := deskpro.New(deskpro.Config{URL: "https://acme.deskpro.com", ReturnOrigins: []string{"https://help.acme.example"}, DefaultReturn: "/start", Issuer: "i"})
	if err != nil {
		f.Fatal(err)
	}
	door := &Door{Name: "users", App: app}
	f.Fuzz(func(t *testing.T, state string) {
		got := stateReturn(door, state)
		if !slices.ContainsFunc(app.Origins(), func(origin string) bool { return strings.HasPrefix(got.String(), origin+"/") }) {
			t.Errorf("state %q leads to %q", state, got.String())
		}
		// What cannot be kept whole leads to the default.
		if again := stateReturn(door, newState(got)); again.String() != got.String() && len(got.String()) <= 512 {
			t.Errorf("a state of %q leads to %q", got.String(), again.String())
		}
	})
}
