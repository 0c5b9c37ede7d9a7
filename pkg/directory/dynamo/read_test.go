package dynamo_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/directory/dynamo"
)

// all returns the ids of all accounts, in order.
func all(t *testing.T, accounts *dynamo.Accounts) string {
	t.Helper()
	var ids []string
	for a, err := range accounts.All(t.Context()) {
		if err != nil {
			t.Fatalf("All: %v", err)
		}
		ids = append(ids, a.ID)
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

func TestGetManyReturnsWhatWasAskedForByItsName(t *testing.T) {
	onTransactions(t, func(t *testing.T, p part) {
		accounts := open(t, p)
		create(t, accounts, person("mara", "mara@example.com"), person("dora", "dora@example.com"), person("nora", ""))
		found, err := accounts.GetMany(t.Context(), []string{"dora@example.com", "nobody", "mara", "mara", "nora", "mara@example.com", "", "Mara", strings.Repeat("l", 300)})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for login, a := range found {
			got = append(got, login+"="+a.ID)
		}
		slices.Sort(got)
		if got, want := strings.Join(got, " "), "dora@example.com=id-dora mara=id-mara mara@example.com=id-mara nora=id-nora"; got != want {
			t.Errorf("found %s, want %s", got, want)
		}
		if found["mara"] == found["mara@example.com"] {
			t.Error("two names share one account, which is each one's to change")
		}
		if found, err := accounts.GetMany(t.Context(), nil); len(found) != 0 || err != nil {
			t.Errorf("of no logins: %v, %v", found, err)
		}
	})
}

func TestGetManyReadsInBatches(t *testing.T) {
	onEach(t, func(t *testing.T, p part) {
		accounts := open(t, p)
		logins := []string{}
		for i := range 230 {
			logins = append(logins, fmt.Sprintf("login-%03d", i))
			if i%2 == 0 {
				create(t, accounts, person(logins[i], ""))
			}
		}
		found, err := accounts.GetMany(t.Context(), logins)
		if err != nil || len(found) != 115 {
			t.Errorf("found %d, %v, want 115", len(found), err)
		}
		if got := len(strings.Fields(all(t, accounts))); got != 115 {
			t.Errorf("there are %d in all, want 115", got)
		}
	})
}

func TestGetManyNamesWhatCannotBeReadByItsPlace(t *testing.T) {
	server, config := serve(t, dynamo.Config{}, mara,
		`{"login": {"S": "odd"}, "email": {"BOOL": true}, "alias": {"S": "odd@example.com"}}`,
		`{"login": {"S": "odd@example.com"}, "alias_of": {"S": "odd"}}`, `{"login": {"S": "odder"}, "alias_of": {"N": "1"}}`,
		`{"login": {"S": "old@example.com"}, "alias_of": {"S": "mara"}}`, `{"login": {"S": "gone@example.com"}, "alias_of": {"S": "gone"}}`,
	)
	found, err := newAccounts(t, config).GetMany(t.Context(), []string{"mara", "odd@example.com", "old@example.com", "odder", "gone@example.com", "odd"})
	if len(found) != 1 || found["mara"] == nil {
		t.Errorf("found %v, want mara alone", found)
	}
	wantOnly(t, err, account.ErrUnreadable)
	want := []string{"login 2: ", "attribute email", "login 4: ", "attribute alias_of", "login 6: "}
	for _, want := range want {
		if !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("error = %v, want %q in it", err, want)
		}
	}
	if strings.Contains(fmt.Sprint(err), "odd") {
		t.Errorf("error shows a login: %v", err)
	}
	if got := server.Calls("BatchGetItem"); got != 2 {
		t.Errorf("%d calls, want 2: of what was asked for, and of what that is the alias of", got)
	}
}

func TestGetManyAsksForNothingTwice(t *testing.T) {
	server, config := serve(t, dynamo.Config{}, mara, `{"login": {"S": "mara@example.com"}, "alias_of": {"S": "mara"}}`)
	found, err := newAccounts(t, config).GetMany(t.Context(), []string{"mara@example.com", "mara"})
	if err != nil || len(found) != 2 || server.Calls("BatchGetItem") != 1 {
		t.Errorf("found %d in %d calls, %v, want 2 in 1", len(found), server.Calls("BatchGetItem"), err)
	}
}

func TestAllReturnsEveryAccountAndNoAlias(t *testing.T) {
	onTransactions(t, func(t *testing.T, p part) {
		accounts := open(t, p)
		var want []string
		for i := range 40 {
			login := fmt.Sprintf("login-%02d", i)
			create(t, accounts, person(login, login+"@example.com"))
			want = append(want, "id-"+login)
		}
		if got, want := all(t, accounts), strings.Join(want, " "); got != want {
			t.Errorf("there are %s, want %s", got, want)
		}
		n := 0
		for range accounts.All(t.Context()) {
			if n++; n == 3 {
				break
			}
		}
		if n != 3 {
			t.Errorf("%d were seen, want 3", n)
		}
	})
}

func TestAllGoesOnAfterWhatCannotBeRead(t *testing.T) {
	var items []string
	for i := range 60 {
		items = append(items, fmt.Sprintf(`{"login": {"S": "login-%02d"}, "id": {"S": "id-%02d"}, "name": {"S": %q}}`, i, i, strings.Repeat("n", 200)))
	}
	items[7] = `{"login": {"S": "odd-1"}, "email": {"BOOL": true}}`
	items[8] = `{"login": {"S": "Odd-2"}, "id": {"S": "id-odd"}}`
	server, config := serve(t, dynamo.Config{}, items...)
	accounts := newAccounts(t, config)
	good, odd := 0, 0
	for a, err := range accounts.All(t.Context()) {
		switch {
		case err == nil:
			good++
		case a != nil:
			t.Error("there is an account beside an error")
		default:
			odd++
			wantOnly(t, err, account.ErrUnreadable)
			if text := strings.ToLower(err.Error()); strings.Contains(text, "odd-") || !strings.Contains(text, "table users") {
				t.Errorf("error shows the login, or no table: %v", err)
			}
		}
	}
	if good != 58 || odd != 2 {
		t.Errorf("%d were read and %d were odd, want 58 and 2", good, odd)
	}
	if server.Calls("Scan") < 3 {
		t.Errorf("%d pages: this test proves nothing of pages", server.Calls("Scan"))
	}

	seen := 0
	for a, err := range accounts.All(t.Context()) {
		if seen++; seen == 1 {
			server.Inject("Scan", awstest.Fault{Code: "AccessDeniedException"})
		}
		if errors.Is(err, directory.ErrMisconfigured) {
			if a != nil || seen == 1 {
				t.Errorf("beside the error there is %v, after %d accounts", a, seen)
			}
			seen = -1000 // nothing may follow
		}
	}
	if seen != -1000 {
		t.Errorf("seen %d: the scan did not end with the error", seen)
	}
}

// Each of them keeps a login from use, and nobody can sign in with it.
func TestAllTellsOfEveryAliasThatIsOdd(t *testing.T) {
	for name, items := range map[string][]string{
		"of NULL":                 {`{"login": {"S": "odd"}, "alias_of": {"NULL": true}}`},
		"of a number":             {`{"login": {"S": "odd"}, "alias_of": {"N": "7"}}`},
		"of what can be no login": {`{"login": {"S": "odd"}, "alias_of": {"S": "Mara"}}`},
		"of another alias":        {`{"login": {"S": "odd"}, "alias_of": {"S": "mara@example.com"}}`},
		"of itself":               {`{"login": {"S": "odd"}, "alias_of": {"S": "odd"}}`},
		"that has an id":          {`{"login": {"S": "odd"}, "alias_of": {"S": "mara"}, "id": {"S": "id-odd"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			_, config := serve(t, dynamo.Config{}, append(items, mara, `{"login": {"S": "mara@example.com"}, "alias_of": {"S": "mara"}}`)...)
			accounts := newAccounts(t, config)
			good, odd := 0, 0
			for a, err := range accounts.All(t.Context()) {
				if err == nil && a != nil {
					good++
					continue
				}
				odd++
				wantOnly(t, err, account.ErrUnreadable)
				if text := fmt.Sprint(err); a != nil || !strings.Contains(text, "attribute alias_of") || strings.Contains(text, "odd") {
					t.Errorf("beside %v the error is %v", a, err)
				}
			}
			if good != 1 || odd != 1 {
				t.Errorf("%d were read and %d were odd, want 1 and 1", good, odd)
			}
			for range accounts.All(t.Context()) {
				break // at an odd one, too
			}
		})
	}
}

func TestAnothersTableIsReadWhole(t *testing.T) {
	_, config := serve(t, dynamo.Config{Fields: theirs(t)},
		`{"username": {"S": "mara"}, "staff_no": {"N": "1"}, "enabled": {"N": "1"}}`,
		`{"username": {"S": "dora"}, "staff_no": {"N": "2"}, "alias_of": {"S": "theirs"}, "roles": {"S": "agents"}}`,
	)
	accounts := newAccounts(t, config)
	if got := all(t, accounts); got != "1 2" {
		t.Errorf("there are %s, want 1 2", got)
	}
	found, err := accounts.GetMany(t.Context(), []string{"mara", "dora", "nora"})
	if err != nil || len(found) != 2 || found["mara"].Disabled || !found["dora"].Disabled || !slices.Equal(found["dora"].Groups, []string{"agents"}) {
		t.Errorf("found %v, %v", found, err)
	}
}
