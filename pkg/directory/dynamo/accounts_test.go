package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/directory/dynamo"
)

func newAccounts(t *testing.T, config dynamo.Config) *dynamo.Accounts {
	t.Helper()
	accounts, err := dynamo.NewAccounts(config)
	if err != nil {
		t.Fatalf("NewAccounts: %v", err)
	}
	return accounts
}

// onTransactions runs test on every part that has transactions. dynalite has
// none: see TestDynaliteTakesNoAlias.
func onTransactions(t *testing.T, test func(t *testing.T, p part)) {
	t.Run("awstest", func(t *testing.T) { test(t, inProcess(t)) })
	t.Run("moto", func(t *testing.T) { test(t, onMoto(t)) })
}

func open(t *testing.T, p part) *dynamo.Accounts {
	return newAccounts(t, dynamo.Config{Client: p.client, Table: p.create(t, "login"), Now: noon})
}

// person returns an account to be made; an empty alias means none.
func person(login, alias string) *account.Account {
	return &account.Account{
		Login: login, Alias: alias, ID: "id-" + login, Email: login + "@example.com", EmailVerified: true, Name: "Mara Ó Briain",
		Groups: []string{"users", "agents"}, Attributes: map[string]string{"department": "R&D"},
		Credentials: account.Credentials{PasswordHash: "$hash", MustChange: true},
	}
}

func create(t *testing.T, accounts *dynamo.Accounts, all ...*account.Account) {
	t.Helper()
	for _, a := range all {
		if err := accounts.Create(t.Context(), a); err != nil {
			t.Fatalf("Create(%s): %v", a.ID, err)
		}
	}
}

func get(t *testing.T, accounts *dynamo.Accounts, login string) *account.Account {
	t.Helper()
	found, err := accounts.Get(t.Context(), login)
	if err != nil {
		t.Fatalf("Get(%s): %v", login, err)
	}
	return found
}

// wantLogins checks which account each login leads to: "login=id", or "login="
// for none.
func wantLogins(t *testing.T, accounts *dynamo.Accounts, pairs ...string) {
	t.Helper()
	for _, pair := range pairs {
		login, want, _ := strings.Cut(pair, "=")
		got := ""
		if found := get(t, accounts, login); found != nil {
			got = found.ID
		}
		if got != want {
			t.Errorf("%s leads to %q, want %q", login, got, want)
		}
	}
}

func TestWhatCreateStores(t *testing.T) {
	server, config := serve(t, dynamo.Config{Now: noon})
	accounts := newAccounts(t, config)
	mara, bare := person("mara", "mara@example.com"), &account.Account{Login: "bare", ID: "id-2"}
	create(t, accounts, mara, bare)
	wantItem(t, server, "mara", `{"login": {"S": "mara"}, "alias": {"S": "mara@example.com"}, "id": {"S": "id-mara"}, "email": {"S": "mara@example.com"},
		"email_verified": {"BOOL": true}, "name": {"S": "Mara Ó Briain"}, "groups": {"L": [{"S": "users"}, {"S": "agents"}]},
		"attributes": {"M": {"department": {"S": "R&D"}}}, "password_hash": {"S": "$hash"}, "must_change": {"BOOL": true},
		"created": {"S": "2026-11-24T11:00:00Z"}, "updated": {"S": "2026-11-24T11:00:00Z"}, "version": {"N": "1"}}`)
	wantItem(t, server, "mara@example.com", `{"login": {"S": "mara@example.com"}, "alias_of": {"S": "mara"}}`)
	wantItem(t, server, "bare", `{"login": {"S": "bare"}, "id": {"S": "id-2"},
		"created": {"S": "2026-11-24T11:00:00Z"}, "updated": {"S": "2026-11-24T11:00:00Z"}, "version": {"N": "1"}}`)
	if mara.Version != 1 || !mara.Created.Equal(noon().Truncate(1e9)) || !mara.Updated.Equal(mara.Created) {
		t.Errorf("created is %v, updated %v, version %d", mara.Created, mara.Updated, mara.Version)
	}
	if server.Calls("TransactWriteItems") != 1 || server.Calls("PutItem") != 1 {
		t.Error("an account without an alias needs one PutItem, with one a transaction")
	}
}

func TestCreateRefusesALoginThatIsTaken(t *testing.T) {
	onTransactions(t, func(t *testing.T, p part) {
		accounts := open(t, p)
		create(t, accounts, person("mara", "mara@example.com"), person("dora", ""))
		for _, row := range []struct {
			name  string
			given *account.Account
			says  string
		}{
			{"a login that is a login", person("dora", ""), "the login itself"},
			{"a login that is an alias", person("mara@example.com", ""), "the login itself"},
			{"an alias that is a login", person("new", "dora"), "the alias"},
			{"an alias that is an alias", person("new", "mara@example.com"), "the alias"},
			{"a login, with a free alias", person("dora", "new"), "the login itself"},
			{"both", person("mara", "dora"), "the login itself"},
		} {
			given := *row.given
			err := accounts.Create(t.Context(), &given)
			wantOnly(t, err, account.ErrExists)
			if !strings.Contains(fmt.Sprint(err), row.says) {
				t.Errorf("%s: %v, want %q in it", row.name, err, row.says)
			}
			if given.Version != 0 || !given.Created.IsZero() {
				t.Errorf("%s: the account was changed: %+v", row.name, given)
			}
		}
		wantLogins(t, accounts, "mara=id-mara", "mara@example.com=id-mara", "dora=id-dora", "new=")
	})
}

func TestOfManyCreatesOfOneLoginExactlyOneWins(t *testing.T) {
	onTransactions(t, func(t *testing.T, p part) {
		accounts := open(t, p)
		for name, rival := range map[string]func(i int) *account.Account{
			"one login":                func(int) *account.Account { return person("one", "") },
			"one alias":                func(i int) *account.Account { return person(fmt.Sprint("rival-", i), "shared") },
			"a login that is an alias": func(i int) *account.Account { return person([]string{"a", "b"}[i%2], []string{"b", "a"}[i%2]) },
		} {
			var all sync.WaitGroup
			wins := make(chan string, 8)
			for i := range 8 {
				all.Go(func() {
					given := rival(i)
					switch err := accounts.Create(t.Context(), given); {
					case err == nil:
						wins <- given.Login
					case !errors.Is(err, account.ErrExists):
						t.Errorf("%s: %v", name, err)
					}
				})
			}
			all.Wait()
			if len(wins) != 1 {
				t.Errorf("%s: %d won, want 1", name, len(wins))
			}
		}
	})
}

func TestAnAccountThatCannotBeStoredIsNot(t *testing.T) {
	onTransactions(t, func(t *testing.T, p part) {
		accounts := open(t, p)
		for name, spoil := range map[string]func(*account.Account){
			"its login is not normalised":           func(a *account.Account) { a.Login = "Mara" },
			"its alias is not another":              func(a *account.Account) { a.Alias = "mara" },
			"its alias is not another normalised":   func(a *account.Account) { a.Alias = "Mara@example.com" },
			"it has no id":                          func(a *account.Account) { a.ID = "" },
			"name is not valid UTF-8":               func(a *account.Account) { a.Name = "needle\xff" },
			"groups is not valid UTF-8":             func(a *account.Account) { a.Groups = []string{"needle\xff"} },
			"attributes is not valid UTF-8":         func(a *account.Account) { a.Attributes = map[string]string{"needle\xff": ""} },
			"one of its attributes has no name":     func(a *account.Account) { a.Attributes = map[string]string{"": "needle"} },
			"it is larger than an item may be":      func(a *account.Account) { a.Name = strings.Repeat("needle", 100_000) },
			"it is larger than an item may be, too": func(a *account.Account) { a.Name, a.Alias = strings.Repeat("needle", 100_000), "mara@example.com" },
		} {
			mara := person("mara", "")
			spoil(mara)
			err := accounts.Create(t.Context(), mara)
			wantOnly(t, err, dynamo.ErrUnfit)
			if text := fmt.Sprint(err); !strings.Contains(text, strings.TrimSuffix(name, ", too")) || strings.Contains(text, "eedle") {
				t.Errorf("error = %.300s, want %q in it, and no value", text, name)
			}
		}
		wantLogins(t, accounts, "mara=", "mara@example.com=")
	})
}

func TestAnAccountThatGrowsTooLargeStaysAsItWas(t *testing.T) {
	onTransactions(t, func(t *testing.T, p part) {
		accounts := open(t, p)
		create(t, accounts, person("mara", ""))
		was := get(t, accounts, "mara")
		for _, alias := range []string{"", "mara@example.com"} {
			becomes := was.Clone()
			becomes.Name, becomes.Alias = strings.Repeat("needle", 100_000), alias
			err := accounts.Replace(t.Context(), was, becomes)
			wantOnly(t, err, dynamo.ErrUnfit)
			if text := fmt.Sprint(err); !strings.Contains(text, "larger than an item may be") || strings.Contains(text, "eedle") {
				t.Errorf("error = %.300s", text)
			}
		}
		wantLogins(t, accounts, "mara=id-mara", "mara@example.com=")
	})
}

func TestReplaceChangesAllButLoginAndID(t *testing.T) {
	server, config := serve(t, dynamo.Config{Now: noon}, `{"login": {"S": "mara"}, "id": {"S": "id-1"}, "email": {"S": "m@example.com"}, "first_name": {"S": "M"},
		"last_name": {"S": "O"}, "groups": {"SS": ["users"]}, "password_hash": {"S": "$old"}, "version": {"N": "3"}, "invited_by": {"N": "7"}, "disabled": {"BOOL": true}}`)
	accounts := newAccounts(t, config)
	was := get(t, accounts, "mara")
	becomes := was.Clone()
	becomes.Email, becomes.EmailVerified, becomes.Name, becomes.FirstName, becomes.Disabled = "n@example.com", true, "Mara", "", false
	becomes.Attributes, becomes.PasswordHash = map[string]string{"k": "v"}, "$new"
	if err := accounts.Replace(t.Context(), was, becomes); err != nil {
		t.Fatal(err)
	}
	// groups are what they were, and so stay a set.
	wantItem(t, server, "mara", `{"login": {"S": "mara"}, "id": {"S": "id-1"}, "email": {"S": "n@example.com"}, "email_verified": {"BOOL": true}, "name": {"S": "Mara"},
		"last_name": {"S": "O"}, "groups": {"SS": ["users"]}, "attributes": {"M": {"k": {"S": "v"}}}, "password_hash": {"S": "$new"}, "version": {"N": "4"},
		"updated": {"S": "2026-11-24T11:00:00Z"}, "invited_by": {"N": "7"}}`)
	if becomes.Version != 4 || becomes.Updated.IsZero() {
		t.Errorf("becomes is of version %d, updated %v", becomes.Version, becomes.Updated)
	}
	for name, change := range map[string]func(*account.Account){
		"its login": func(a *account.Account) { a.Login = "other" }, "its id": func(a *account.Account) { a.ID = "other" },
	} {
		other := becomes.Clone()
		change(other)
		if err := accounts.Replace(t.Context(), becomes, other); !errors.Is(err, dynamo.ErrUnfit) {
			t.Errorf("changing %s: %v, want ErrUnfit", name, err)
		}
	}
	if err := accounts.Replace(t.Context(), was, becomes.Clone()); !errors.Is(err, account.ErrConflict) {
		t.Errorf("from what was: %v, want a conflict", err)
	}
	elsewhere := becomes.Clone()
	elsewhere.PasswordHash = "$other"
	if err := accounts.Replace(t.Context(), elsewhere, becomes.Clone()); !errors.Is(err, account.ErrConflict) {
		t.Errorf("from another hash: %v, want a conflict", err)
	}
}

func TestAnAccountWithoutAnIDCanBeGivenOne(t *testing.T) {
	_, config := serve(t, dynamo.Config{}, `{"login": {"S": "mara"}, "name": {"S": "Mara"}, "password_hash": {"S": "of somebody"}}`)
	accounts := newAccounts(t, config)
	was := get(t, accounts, "mara")
	becomes := was.Clone()
	becomes.ID = "id-1"
	if err := accounts.Replace(t.Context(), was, becomes); err != nil {
		t.Fatal(err)
	}
	wantLogins(t, accounts, "mara=id-1")
	// But not with a password that was waiting there.
	if got := get(t, accounts, "mara").PasswordHash; got != "" {
		t.Errorf("the password hash is %q", got)
	}
}

func TestReplaceChangesTheAlias(t *testing.T) {
	onTransactions(t, func(t *testing.T, p part) {
		accounts := open(t, p)
		create(t, accounts, person("mara", ""), person("dora", "dora@example.com"))
		alias := func(to string) error {
			was := get(t, accounts, "mara")
			becomes := was.Clone()
			becomes.Alias, becomes.Name = to, "Mara, also "+to
			err := accounts.Replace(t.Context(), was, becomes)
			if err == nil && (becomes.Version != was.Version+1 || get(t, accounts, "mara").Name != becomes.Name) {
				t.Errorf("alias %q: the account is %+v", to, get(t, accounts, "mara"))
			}
			return err
		}
		for _, row := range []struct {
			to     string
			err    error
			logins string
		}{
			{"one@example.com", nil, "one@example.com=id-mara"},
			{"two@example.com", nil, "one@example.com= two@example.com=id-mara"},
			{"dora@example.com", account.ErrExists, "two@example.com=id-mara dora@example.com=id-dora"},
			{"dora", account.ErrExists, "two@example.com=id-mara dora=id-dora"},
			{"", nil, "two@example.com="},
			{"one@example.com", nil, "one@example.com=id-mara"},
			{"", nil, "one@example.com= mara=id-mara"},
		} {
			err := alias(row.to)
			wantOnly(t, err, row.err)
			wantLogins(t, accounts, strings.Fields(row.logins)...)
		}
		was := get(t, accounts, "mara")
		was.Version--
		becomes := was.Clone()
		becomes.Alias = "late@example.com"
		wantOnly(t, accounts.Replace(t.Context(), was, becomes), account.ErrConflict)
		wantLogins(t, accounts, "late@example.com=")
		// What is an alias no more is free.
		create(t, accounts, person("one@example.com", "two@example.com"))
	})
}

func TestDeleteRemovesTheAccountAndItsAlias(t *testing.T) {
	onTransactions(t, func(t *testing.T, p part) {
		accounts := open(t, p)
		for _, alias := range []string{"", "mara@example.com"} {
			create(t, accounts, person("mara", alias))
			stale := get(t, accounts, "mara")
			fresh := stale.Clone()
			if err := accounts.Replace(t.Context(), stale, fresh); err != nil {
				t.Fatal(err)
			}
			wantOnly(t, accounts.Delete(t.Context(), stale), account.ErrConflict)
			wantLogins(t, accounts, "mara=id-mara")
			if err := accounts.Delete(t.Context(), fresh); err != nil {
				t.Errorf("with the alias %q: %v", alias, err)
			}
			wantLogins(t, accounts, "mara=", "mara@example.com=")
			wantOnly(t, accounts.Delete(t.Context(), fresh), account.ErrConflict)
		}
		if found := all(t, accounts); found != "" {
			t.Errorf("there are still %s", found)
		}
	})
}

// Two accounts may both name an alias if something else wrote them.
func TestAnAliasThatIsAnothersIsLeftToIt(t *testing.T) {
	const thief = `{"login": {"S": "thief"}, "id": {"S": "id-thief"}, "alias": {"S": "mara@example.com"}}`
	items := []string{thief, mara, `{"login": {"S": "mara@example.com"}, "alias_of": {"S": "mara"}}`}

	_, config := serve(t, dynamo.Config{}, items...)
	accounts := newAccounts(t, config)
	was := get(t, accounts, "thief")
	becomes := was.Clone()
	becomes.Alias = ""
	wantOnly(t, accounts.Replace(t.Context(), was, becomes), nil)
	wantLogins(t, accounts, "mara@example.com=id-1", "thief=id-thief")

	_, config = serve(t, dynamo.Config{}, items...)
	accounts = newAccounts(t, config)
	wantOnly(t, accounts.Delete(t.Context(), get(t, accounts, "thief")), nil)
	wantLogins(t, accounts, "mara@example.com=id-1", "thief=")
}

// What is left of an account that something else deleted is not in the way.
func TestAnAliasThatIsThereAlreadyIsTakenOver(t *testing.T) {
	_, config := serve(t, dynamo.Config{}, `{"login": {"S": "mara@example.com"}, "alias_of": {"S": "mara"}}`)
	accounts := newAccounts(t, config)
	create(t, accounts, person("mara", "mara@example.com"))
	wantLogins(t, accounts, "mara@example.com=id-mara")
}

func TestAWriteWhoseAnswerIsLostHappensOnce(t *testing.T) {
	lost := awstest.Fault{Persist: true, Times: 1}
	server, config := serve(t, dynamo.Config{Now: noon})
	accounts := newAccounts(t, config)
	server.Inject("TransactWriteItems", lost)
	wantOnly(t, accounts.Create(t.Context(), person("mara", "mara@example.com")), nil)
	server.Inject("PutItem", lost)
	wantOnly(t, accounts.Create(t.Context(), person("dora", "")), nil)
	wantLogins(t, accounts, "dora=id-dora")
	server.Inject("PutItem", awstest.Fault{Times: 1})
	other := person("dora", "")
	other.PasswordHash = "$other"
	wantOnly(t, accounts.Create(t.Context(), other), account.ErrExists)
	// Another's, though it is the same in all.
	wantOnly(t, accounts.Create(t.Context(), person("dora", "")), account.ErrExists)
	was := get(t, accounts, "dora")
	becomes := was.Clone()
	becomes.PasswordHash, becomes.MustChange, becomes.Groups, becomes.Disabled = "$new", false, nil, true
	server.Inject("UpdateItem", lost)
	wantOnly(t, accounts.Replace(t.Context(), was, becomes), nil)
	if got := get(t, accounts, "dora"); becomes.Version != 2 || got.Version != 2 || got.PasswordHash != "$new" {
		t.Errorf("version %d is stored as %+v", becomes.Version, got)
	}
	was = get(t, accounts, "mara")
	becomes = was.Clone()
	becomes.Alias = "mara@example.org"
	server.Inject("TransactWriteItems", lost)
	wantOnly(t, accounts.Replace(t.Context(), was, becomes), nil)
	server.Inject("DeleteItem", lost)
	wantOnly(t, accounts.Delete(t.Context(), get(t, accounts, "dora")), nil)
	server.Inject("TransactWriteItems", lost)
	wantOnly(t, accounts.Delete(t.Context(), get(t, accounts, "mara")), nil)
	wantLogins(t, accounts, "dora=", "mara=")
}

// The next call has another's write behind it, not its own.
func TestAWriteThatAnotherWasFasterThanIsAConflictThoughAnAnswerWasLost(t *testing.T) {
	const stored = `{"login": {"S": "mara"}, "id": {"S": "id-1"}, "name": {"S": "Mara"}, "password_hash": {"S": "$hash"}, "version": {"N": "3"}}`
	for name, now := range map[string]string{
		"with another value":          `{"login": {"S": "mara"}, "id": {"S": "id-1"}, "name": {"S": "Other"}, "password_hash": {"S": "$hash"}, "version": {"N": "4"}, "updated": {"S": "2026-11-24T11:00:00Z"}}`,
		"without a value":             `{"login": {"S": "mara"}, "id": {"S": "id-1"}, "password_hash": {"S": "$hash"}, "version": {"N": "4"}, "updated": {"S": "2026-11-24T11:00:00Z"}}`,
		"with what was to be removed": `{"login": {"S": "mara"}, "id": {"S": "id-1"}, "name": {"S": "New"}, "email": {"S": "m@x"}, "version": {"N": "4"}, "updated": {"S": "2026-11-24T11:00:00Z"}}`,
		"of a later version":          `{"login": {"S": "mara"}, "id": {"S": "id-1"}, "name": {"S": "New"}, "version": {"N": "5"}, "updated": {"S": "2026-11-24T11:00:00Z"}}`,
		"with nothing there any more": ``,
	} {
		t.Run(name, func(t *testing.T) {
			server, config := serve(t, dynamo.Config{Now: noon}, stored)
			accounts := newAccounts(t, config)
			was := get(t, accounts, "mara")
			was.Email = "m@x"
			becomes := was.Clone()
			becomes.Name, becomes.Email = "New", ""
			if now == "" {
				server.CreateTable("users", "login")
			} else {
				server.PutItem("users", now)
			}
			before := *becomes
			server.Inject("UpdateItem", awstest.Fault{Times: 1})
			wantOnly(t, accounts.Replace(t.Context(), was, becomes), account.ErrConflict)
			if becomes.Version != before.Version || !becomes.Updated.Equal(before.Updated) {
				t.Errorf("becomes is of version %d, updated %v", becomes.Version, becomes.Updated)
			}
			server.Inject("DeleteItem", awstest.Fault{Times: 1})
			if err := accounts.Delete(t.Context(), was); now != "" {
				wantOnly(t, err, account.ErrConflict)
			}
		})
	}
}

// Its own write would else be told as another's.
func TestAWriteThatNobodyCanTellOfIsNoAnswer(t *testing.T) {
	for operation, call := range map[string]func(*dynamo.Accounts) error{
		"PutItem":    func(a *dynamo.Accounts) error { return a.Create(t.Context(), person("dora", "")) },
		"UpdateItem": func(a *dynamo.Accounts) error { return accountsCalls()["UpdateItem"](t.Context(), a) },
		"DeleteItem": func(a *dynamo.Accounts) error { return accountsCalls()["DeleteItem"](t.Context(), a) },
	} {
		server, config := serve(t, dynamo.Config{}, mara)
		server.Inject(operation, awstest.Fault{Persist: true, Times: 1})
		server.Inject("GetItem", awstest.Fault{Code: "AccessDeniedException"})
		wantOnly(t, call(newAccounts(t, config)), directory.ErrMisconfigured)
	}
}

// A write that fails changes nothing of what it was given.
func TestAReplaceThatFailsLeavesWhatItWasGiven(t *testing.T) {
	server, config := serve(t, dynamo.Config{Now: noon}, mara)
	accounts := newAccounts(t, config)
	server.Inject("UpdateItem", awstest.Fault{Code: "AccessDeniedException"})
	was := get(t, accounts, "mara")
	becomes := was.Clone()
	becomes.Name = "Other"
	wantOnly(t, accounts.Replace(t.Context(), was, becomes), directory.ErrMisconfigured)
	if becomes.Version != was.Version || !becomes.Updated.IsZero() {
		t.Errorf("becomes is of version %d, updated %v", becomes.Version, becomes.Updated)
	}
}

// A transaction that throttling ends after it happened is not made again.
func TestATransactionThatHappenedIsNotMadeAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, server *awstest.Server, accounts *dynamo.Accounts) {
		server.Inject("TransactWriteItems", awstest.Fault{Code: "ThrottlingException", Persist: true, Times: 5})
		wantOnly(t, accounts.Create(t.Context(), person("dora", "dora@example.com")), nil)
	})
}

// What has an id is an account, whatever else it says.
func TestAnAccountIsNeverTakenForAnAlias(t *testing.T) {
	const both = `{"login": {"S": "both"}, "id": {"S": "id-both"}, "alias_of": {"S": "mara"}}`
	named := strings.ReplaceAll(mara, "mara@example.com", "both")
	for name, call := range map[string]struct {
		items []string
		call  func(*dynamo.Accounts) error
		want  error
	}{
		"Create with it as the alias": {[]string{both}, func(a *dynamo.Accounts) error { return a.Create(t.Context(), person("mara", "both")) }, account.ErrExists},
		"Create in its place":         {[]string{both}, func(a *dynamo.Accounts) error { return a.Create(t.Context(), person("both", "")) }, account.ErrExists},
		"Replace with it as the alias": {[]string{both, mara}, func(a *dynamo.Accounts) error {
			was := get(t, a, "mara")
			becomes := was.Clone()
			becomes.Alias = "both"
			return a.Replace(t.Context(), was, becomes)
		}, account.ErrExists},
		"Replace without it as the alias": {[]string{both, named}, func(a *dynamo.Accounts) error {
			was := get(t, a, "mara")
			becomes := was.Clone()
			becomes.Alias = ""
			return a.Replace(t.Context(), was, becomes)
		}, nil},
		"Delete": {[]string{both, named}, func(a *dynamo.Accounts) error { return a.Delete(t.Context(), get(t, a, "mara")) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			server, config := serve(t, dynamo.Config{}, call.items...)
			wantOnly(t, call.call(newAccounts(t, config)), call.want)
			wantItem(t, server, "both", both)
		})
	}
}

func TestAccountsWriteNothingThatIsNotTheirs(t *testing.T) {
	item := `{"username": {"S": "mara"}, "staff_no": {"S": "id-1"}, "pw": {"S": "$old"}, "enabled": {"BOOL": true}, "dept": {"S": "R&D"}}`
	ours := strings.ReplaceAll(strings.ReplaceAll(item, "username", "login"), "staff_no", "id")
	for name, config := range map[string]dynamo.Config{"another's table": {Fields: theirs(t)}, "a read-only table": {ReadOnly: true}} {
		t.Run(name, func(t *testing.T) {
			given := item
			if config.ReadOnly {
				given = ours
			}
			server, config := serve(t, config, given)
			accounts := newAccounts(t, config)
			was := get(t, accounts, "mara")
			wantOnly(t, accounts.Create(t.Context(), person("dora", "")), account.ErrReadOnly)
			wantOnly(t, accounts.Delete(t.Context(), was), account.ErrReadOnly)
			for what, change := range map[string]func(*account.Account){
				"the address": func(a *account.Account) { a.Email = "x@example.com" }, "that it is verified": func(a *account.Account) { a.EmailVerified = !a.EmailVerified },
				"the name": func(a *account.Account) { a.Name = "x" }, "the first name": func(a *account.Account) { a.FirstName = "x" },
				"the last name": func(a *account.Account) { a.LastName = "x" }, "the groups": func(a *account.Account) { a.Groups = []string{"x"} },
				"the attributes": func(a *account.Account) { a.Attributes = map[string]string{} }, "that it is disabled": func(a *account.Account) { a.Disabled = true },
				"the alias": func(a *account.Account) { a.Alias = "x" },
			} {
				becomes := was.Clone()
				change(becomes)
				if what == "the attributes" && config.ReadOnly {
					continue // has none there
				}
				if err := accounts.Replace(t.Context(), was, becomes); !errors.Is(err, account.ErrReadOnly) {
					t.Errorf("changing %s: %v, want ErrReadOnly", what, err)
				}
			}
			for _, operation := range []string{"PutItem", "DeleteItem", "UpdateItem", "TransactWriteItems"} {
				if server.Calls(operation) != 0 {
					t.Errorf("%s was called", operation)
				}
			}
			becomes := was.Clone()
			becomes.PasswordHash, becomes.MustChange = "$new", true
			err := accounts.Replace(t.Context(), was, becomes)
			if config.ReadOnly {
				wantOnly(t, err, account.ErrReadOnly)
				return
			}
			wantOnly(t, err, nil)
			if got := get(t, accounts, "mara"); got.PasswordHash != "$new" || !got.MustChange || got.Version != 1 {
				t.Errorf("a new password led to %+v", got)
			}
		})
	}
}

// When this fails, dynalite has learnt transactions: let onTransactions use it.
func TestDynaliteTakesNoAlias(t *testing.T) {
	accounts := open(t, onDynalite(t))
	create(t, accounts, person("mara", ""))
	err := accounts.Create(t.Context(), person("dora", "dora@example.com"))
	if !strings.Contains(fmt.Sprint(err), "UnknownOperationException") {
		t.Errorf("an account with an alias: %v, want UnknownOperationException", err)
	}
	wantLogins(t, accounts, "mara=id-mara", "dora=")
}

// The rest goes without transactions.
func TestAccountsWithoutAliasOnDynalite(t *testing.T) {
	accounts := open(t, onDynalite(t))
	create(t, accounts, person("mara", ""), person("dora", ""))
	wantOnly(t, accounts.Create(t.Context(), person("mara", "")), account.ErrExists)
	was := get(t, accounts, "mara")
	becomes := was.Clone()
	becomes.Email, becomes.Groups, becomes.MustChange = "", nil, false
	wantOnly(t, accounts.Replace(t.Context(), was, becomes), nil)
	if got := get(t, accounts, "mara"); got.Email != "" || got.Groups != nil || got.MustChange || got.Version != 2 {
		t.Errorf("mara became %+v", got)
	}
	wantOnly(t, accounts.Delete(t.Context(), was), account.ErrConflict)
	wantOnly(t, accounts.Delete(t.Context(), becomes), nil)
	if got := all(t, accounts); got != "id-dora" {
		t.Errorf("there are %s, want id-dora", got)
	}
}

// accountsCalls are the calls of Accounts, by the operation that each needs.
func accountsCalls() map[string]func(context.Context, *dynamo.Accounts) error {
	was := &account.Account{Login: "mara", ID: "id-1", Credentials: account.Credentials{PasswordHash: "$hash"}, Version: 3}
	return map[string]func(context.Context, *dynamo.Accounts) error{
		"GetItem": func(ctx context.Context, a *dynamo.Accounts) error { _, err := a.Get(ctx, "mara"); return err },
		"BatchGetItem": func(ctx context.Context, a *dynamo.Accounts) error {
			_, err := a.GetMany(ctx, []string{"mara"})
			return err
		},
		"Scan": func(ctx context.Context, a *dynamo.Accounts) error {
			for _, err := range a.All(ctx) {
				return err
			}
			return nil
		},
		"PutItem":            func(ctx context.Context, a *dynamo.Accounts) error { return a.Create(ctx, person("dora", "")) },
		"UpdateItem":         func(ctx context.Context, a *dynamo.Accounts) error { return a.Replace(ctx, was, was.Clone()) },
		"DeleteItem":         func(ctx context.Context, a *dynamo.Accounts) error { return a.Delete(ctx, was) },
		"TransactWriteItems": func(ctx context.Context, a *dynamo.Accounts) error { return a.Create(ctx, person("dora", "dora@x")) },
	}
}

func newClient(t *testing.T, server *awstest.Server) *dynamodb.Client {
	cfg := awstest.Config(t, "http://127.0.0.1:1")
	cfg.HTTPClient = direct{server}
	return dynamodb.NewFromConfig(cfg)
}
