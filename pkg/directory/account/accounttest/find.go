package accounttest

import (
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/directory/account"
)

func testFind(t *testing.T, open Open) {
	mara, dora := person("mara"), person("dora@example.com")
	mara.Alias = "mara.o+desk@example.com"
	long := person(strings.Repeat("l", 256))
	long.Alias = strings.Repeat("\u00e4", 128)
	store := open(t, []account.Account{mara, dora, long})
	for _, row := range []struct {
		name, login string
		want        *account.Account
	}{
		{"its login", "mara", &mara},
		{"its alias", "mara.o+desk@example.com", &mara},
		{"a login that is an address", "dora@example.com", &dora},
		{"a login of 256 bytes", long.Login, &long},
		{"an alias of 256 bytes", long.Alias, &long},
		{"nobody's login", "nobody", nil},
		{"a login cut short", "mar", nil},
		{"a login with more after it", "mara ", nil},
		{"an alias cut short", "mara.o+desk@example.co", nil},
		{"an id", "id-mara", nil},
		{"an address that is no login", "mara@example.com", nil},
		{"a wildcard", "*", nil},
		{"a NUL", "mara\x00", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			found, err := store.Find(t.Context(), row.login)
			switch {
			case err != nil:
				t.Fatalf("Find: %v", err)
			case row.want == nil && found != nil:
				t.Errorf("found the account %s", found.ID)
			case row.want != nil && found == nil:
				t.Error("found nothing")
			case row.want != nil:
				wantSame(t, found, row.want)
			}
		})
	}
}

func testExact(t *testing.T, open Open) {
	const nasty = "Zo\u00eb \U0001F469\u200D\U0001F4BB Jose\u0301 \"Pepe\" \\ <&> \u2028 \u0000 بن־גוריון \U00020BB7"
	full := account.Account{
		Login: "full", Alias: "\u03c3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2@example.com", ID: nasty, Email: "full@example.com", EmailVerified: true,
		Name: nasty, FirstName: " " + nasty, LastName: nasty + "\n",
		Groups:     []string{"users", nasty, "agents", "Agents", "a,b", " "},
		Attributes: map[string]string{"department": nasty, nasty: "", "empty": "", "a.b": "#x:y"},
		Disabled:   true,
		Credentials: account.Credentials{
			PasswordHash: hash, PasswordChanged: at(3), MustChange: true, PasswordExpires: at(4),
			Factor: &account.Factor{Key: "sealed-key" + nasty, Step: 1<<62 + 1, Recovery: []string{"code-2", "code-1", nasty}},
		},
		Created: at(1), Updated: at(2), Version: 1 << 53,
	}
	for name, one := range map[string]account.Account{
		"with all that there is":   full,
		"with as little as it can": {Login: "bare", ID: "id-bare"},
		"that something else made": {Login: "foreign", ID: "7", Email: "f@example.com", Credentials: account.Credentials{PasswordHash: hash}},
		"with a new factor and no codes left": {
			Login: "factor", ID: "id-factor", Credentials: account.Credentials{PasswordHash: hash, Factor: &account.Factor{Key: "sealed-key"}}, Version: 1,
		},
		"that was invited": {
			Login: "invited", ID: "id-invited", Credentials: account.Credentials{MustChange: true, PasswordExpires: time.Unix(0, 0)}, Version: 1,
		},
		"in one group": {Login: "group", ID: "id-group", Groups: []string{"agents"}, Version: 1},
	} {
		t.Run(name, func(t *testing.T) {
			store := open(t, []account.Account{one})
			wantSame(t, find(t, store, one.Login), &one)
			if one.Alias != "" {
				wantSame(t, find(t, store, one.Alias), &one)
			}
		})
	}
}

func testOwned(t *testing.T, open Open) {
	mara := person("mara")
	mara.Factor = &account.Factor{Key: "sealed-key", Step: 1, Recovery: []string{"code-1", "code-2"}}
	store := open(t, []account.Account{mara})
	want := mara.Clone()
	spoil := func(a *account.Account) {
		a.Email, a.PasswordHash, a.Version = "spoilt", "spoilt", 99
		a.Factor.Key, a.Factor.Recovery[0] = "spoilt", "spoilt"
	}
	spoil(&mara) // what was stored
	found := find(t, store, "mara")
	wantSame(t, found, want)
	spoil(found)
	was := find(t, store, "mara")
	wantSame(t, was, want)

	becomes := was.Clone()
	becomes.Factor.Recovery = []string{"code-2"}
	if err := store.Update(t.Context(), was, becomes); err != nil {
		t.Fatalf("Update: %v", err)
	}
	want = becomes.Clone()
	spoil(was)
	spoil(becomes)
	wantSame(t, find(t, store, "mara"), want)
}

func testContext(t *testing.T, open Open) {
	store := open(t, []account.Account{person("mara")})
	was := find(t, store, "mara")
	for name, ctx := range ended(t) {
		t.Run(name, func(t *testing.T) {
			for what, call := range map[string]func() error{
				"Find":           func() error { _, err := store.Find(ctx, "mara"); return err },
				"Find of nobody": func() error { _, err := store.Find(ctx, "nobody"); return err },
				"Update":         func() error { return store.Update(ctx, was, was.Clone()) },
			} {
				start := time.Now()
				wantUnavailable(t, what, call())
				if took := time.Since(start); took > prompt {
					t.Errorf("%s returned after %v, want at most %v", what, took, prompt)
				}
			}
		})
	}
}
