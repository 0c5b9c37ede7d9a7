package memory_test

import (
	"testing"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/directory/account/accounttest"
	"deskpro-login/pkg/directory/directorytest"
	"deskpro-login/pkg/directory/memory"
	"deskpro-login/pkg/password"
	"deskpro-login/pkg/redact"
)

func from(seed directorytest.Account) memory.Account {
	return memory.Account{
		Account: account.Account{
			Login: seed.Login, ID: seed.ID, Email: seed.Email, EmailVerified: seed.EmailVerified,
			Name: seed.Name, FirstName: seed.FirstName, LastName: seed.LastName,
			Groups: seed.Groups, Attributes: seed.Attributes, Disabled: seed.Disabled,
		},
		Password: redact.New(seed.Password),
	}
}

func TestContract(t *testing.T) {
	directorytest.Run(t, func(t *testing.T, seeds []directorytest.Account) directorytest.Directory {
		byLogin := map[string]memory.Account{}
		var config memory.Config
		for _, seed := range seeds {
			byLogin[seed.Login] = from(seed)
			config.Accounts = append(config.Accounts, from(seed))
		}
		d, err := memory.New(config)
		if err != nil {
			t.Fatalf("New: %v", err)
		}
		return directorytest.Directory{Authenticator: checker(t, d), ChangeEmail: func(t *testing.T, login, email string) {
			changed := byLogin[login]
			changed.Email, changed.EmailVerified = email, true
			if err := d.Put(t.Context(), changed); err != nil {
				t.Fatalf("Put: %v", err)
			}
		}}
	})
}

func checker(t *testing.T, store account.Store) *account.Checker {
	t.Helper()
	passwords, err := password.New(password.Config{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := account.New(account.Config{Store: store, Passwords: passwords, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// opened fills a store with accounts.
func opened(t *testing.T, accounts []account.Account) *memory.Accounts {
	t.Helper()
	var config memory.Config
	for _, a := range accounts {
		config.Accounts = append(config.Accounts, memory.Account{Account: a})
	}
	store, err := memory.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestFlows(t *testing.T) {
	accounttest.RunFlows(t, func(t *testing.T, accounts []account.Account) accounttest.Opened {
		store := opened(t, accounts)
		return accounttest.Opened{
			Store: store,
			Put: func(t *testing.T, a account.Account) {
				if err := store.Put(t.Context(), memory.Account{Account: a}); err != nil {
					t.Fatal(err)
				}
			},
			Remove: func(_ *testing.T, login string) { store.Remove(login) },
		}
	})
}

func TestTheIDIsTheStoredOne(t *testing.T) {
	store, err := memory.New(memory.Config{Accounts: []memory.Account{{
		Account: account.Account{
			Login: " Mara ", ID: "id-1", Email: "mara@example.com", EmailVerified: true,
			Name: "Mara", Groups: []string{"agents"}, Attributes: map[string]string{"k": "v"},
		},
		Password: redact.New("p"),
	}}})
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	d := checker(t, store)
	credentials := directory.Credentials{Login: "mara", Password: redact.New("p")}
	first, err := d.Authenticate(t.Context(), credentials)
	if err != nil {
		t.Fatalf("Authenticate: %v", err)
	}
	if first.User.ID != "id-1" {
		t.Errorf("ID = %q, want id-1", first.User.ID)
	}

	first.User.Groups[0], first.User.Attributes["k"] = "changed", "changed"
	second, err := d.Authenticate(t.Context(), credentials)
	if err != nil {
		t.Fatalf("Authenticate: %v", err)
	}
	if second.User.Groups[0] != "agents" || second.User.Attributes["k"] != "v" {
		t.Errorf("a caller's change reached the directory: %+v", second.User)
	}
}

func TestNewRefuses(t *testing.T) {
	mara := memory.Account{Account: account.Account{Login: "mara", Alias: "m"}, Password: redact.New("p")}
	for _, row := range []struct {
		name     string
		accounts []memory.Account
	}{
		{"two accounts with one login", []memory.Account{mara, {Account: account.Account{Login: "MARA"}, Password: redact.New("p")}}},
		{"an account without a login", []memory.Account{{Password: redact.New("p")}}},
		{"a login that is another's alias", []memory.Account{mara, {Account: account.Account{Login: "m"}, Password: redact.New("p")}}},
		{"an alias that is another's login", []memory.Account{mara, {Account: account.Account{Login: "other", Alias: "mara"}, Password: redact.New("p")}}},
		{"an alias that is another's alias", []memory.Account{mara, {Account: account.Account{Login: "other", Alias: "M"}, Password: redact.New("p")}}},
		{"an alias that is the login", []memory.Account{{Account: account.Account{Login: "other", Alias: "Other"}, Password: redact.New("p")}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, err := memory.New(memory.Config{Accounts: row.accounts}); err == nil {
				t.Error("New succeeded")
			}
		})
	}
}
