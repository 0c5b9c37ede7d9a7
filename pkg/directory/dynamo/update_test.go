package dynamo_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/directory/dynamo"
)

func noon() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 999, time.FixedZone("", 3600)) }

// wantItem compares an item as DynamoDB's JSON.
func wantItem(t *testing.T, server *awstest.Server, key, want string) {
	t.Helper()
	var decoded any
	if err := json.Unmarshal([]byte(want), &decoded); err != nil {
		t.Fatal(err)
	}
	canonical, err := json.Marshal(decoded)
	if err != nil {
		t.Fatal(err)
	}
	if got := server.Items("users")[key]; got != string(canonical) {
		t.Errorf("%s is stored as\n%s, want\n%s", key, got, canonical)
	}
}

func TestUpdateWritesWhatDiffersAndLeavesTheRest(t *testing.T) {
	for _, row := range []struct {
		name      string
		theirs    bool
		item      string
		change    func(*account.Account)
		want      string
		untouched string
	}{
		{
			name: "in our own table",
			item: `"login": {"S": "mara"}, "id": {"S": "id-1"}, "password_hash": {"S": "$old"}, "must_change": {"BOOL": true}, "password_expires": {"N": "1"}`,
			change: func(a *account.Account) {
				a.PasswordHash, a.PasswordChanged, a.MustChange, a.PasswordExpires = "$new", noon(), false, time.Time{}
				a.Factor = &account.Factor{Key: "k", Step: 7, Recovery: []string{"b", "a"}}
			},
			want: `"login": {"S": "mara"}, "id": {"S": "id-1"}, "password_hash": {"S": "$new"}, "password_changed": {"S": "2026-11-24T11:00:00Z"},
				"factor": {"M": {"key": {"S": "k"}, "step": {"N": "7"}, "recovery": {"L": [{"S": "b"}, {"S": "a"}]}}},
				"version": {"N": "1"}, "updated": {"S": "2026-11-24T11:00:00Z"}`,
			untouched: `"groups": {"SS": ["agents"]}, "disabled": {"BOOL": false}, "email": {"S": ""}, "invited_by": {"M": {"a": {"L": []}}}`,
		},
		{
			name: "in another's table", theirs: true,
			item: `"username": {"S": "mara"}, "staff_no": {"N": "4711"}, "pw": {"S": "$old"}, "loginpage_version": {"N": "3"}, "loginpage_must_change": {"BOOL": true}`,
			change: func(a *account.Account) {
				a.PasswordHash, a.PasswordExpires, a.MustChange = "$new", time.Unix(9, 0), false
				a.Name, a.Disabled, a.Groups, a.Attributes = "not", true, nil, nil
			},
			want: `"username": {"S": "mara"}, "staff_no": {"N": "4711"}, "pw": {"S": "$new"}, "loginpage_version": {"N": "4"},
				"loginpage_updated": {"S": "2026-11-24T11:00:00Z"}, "loginpage_password_expires": {"N": "9"}`,
			untouched: `"roles": {"S": "agents"}, "enabled": {"N": "1"}, "name": {"NULL": true}, "dept": {"S": "R&D"}, "version": {"S": "theirs"}, "must_change": {"S": "theirs"}, "updated": {"N": "1"}`,
		},
		{
			name: "nothing but the version", item: `"login": {"S": "mara"}, "must_change": {"BOOL": false}`,
			change: func(*account.Account) {},
			want:   `"login": {"S": "mara"}, "must_change": {"BOOL": false}, "version": {"N": "1"}, "updated": {"S": "2026-11-24T11:00:00Z"}`, untouched: `"name": {"S": "Mara"}`,
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			config := dynamo.Config{Now: noon}
			if row.theirs {
				config.Fields = theirs(t)
			}
			server, table := start(t, config, "{"+row.item+", "+row.untouched+"}")
			was, err := table.Find(t.Context(), "mara")
			if err != nil {
				t.Fatal(err)
			}
			becomes := was.Clone()
			row.change(becomes)
			if err := table.Update(t.Context(), was, becomes); err != nil {
				t.Fatal(err)
			}
			wantItem(t, server, "mara", "{"+row.want+", "+row.untouched+"}")
			if becomes.Updated.Format(time.RFC3339Nano) != "2026-11-24T11:00:00Z" || becomes.Version != was.Version+1 {
				t.Errorf("becomes is of version %d, updated %v", becomes.Version, becomes.Updated)
			}
			if server.Calls("UpdateItem") != 1 {
				t.Errorf("%d calls, want 1", server.Calls("UpdateItem"))
			}
		})
	}
}

// However a table says that there is no hash, one can be set.
func TestAnAccountWithoutAHashCanBeGivenOne(t *testing.T) {
	onEach(t, func(t *testing.T, p part) {
		name := p.create(t, "username")
		table := newTable(t, dynamo.Config{Client: p.client, Table: name, Fields: theirs(t)})
		for login, none := range map[string]attributes{
			"absent": {}, "empty": {"pw": text("")}, "null": {"pw": &types.AttributeValueMemberNULL{Value: true}},
		} {
			none["username"] = text(login)
			put(t, p.client, name, none)
			was, err := table.Find(t.Context(), login)
			if err != nil {
				t.Fatal(err)
			}
			becomes := was.Clone()
			becomes.PasswordHash = "$new"
			if err := table.Update(t.Context(), was, becomes); err != nil {
				t.Errorf("a hash that is %s: %v", login, err)
			}
			if found, err := table.Find(t.Context(), login); err != nil || found.PasswordHash != "$new" {
				t.Errorf("a hash that is %s became %+v, %v", login, found, err)
			}
			if err := table.Update(t.Context(), was, becomes); !errors.Is(err, account.ErrConflict) {
				t.Errorf("a hash that is %s, again: %v, want a conflict", login, err)
			}
		}
	})
}

func TestAReadOnlyTableIsNotCalled(t *testing.T) {
	server, table := start(t, dynamo.Config{ReadOnly: true}, mara)
	wantOnly(t, tableCalls["UpdateItem"](t.Context(), table), account.ErrReadOnly)
	if server.Calls("UpdateItem") != 0 {
		t.Error("it was called")
	}
}

func TestARetryOfAnUpdateThatHappenedIsAConflict(t *testing.T) {
	server, table := start(t, dynamo.Config{}, mara)
	server.Inject("UpdateItem", awstest.Fault{Code: "InternalServerError", Persist: true, Times: 1})
	wantOnly(t, tableCalls["UpdateItem"](t.Context(), table), account.ErrConflict)
	if got := server.Items("users")["mara"]; !strings.Contains(got, `"version":{"N":"4"}`) {
		t.Errorf("it did not happen: %s", got)
	}
}

func TestAnUpdateWhileAnotherWritesIsAConflict(t *testing.T) {
	server, table := start(t, dynamo.Config{}, mara)
	server.Inject("UpdateItem", awstest.Fault{Code: "TransactionConflictException"})
	wantOnly(t, tableCalls["UpdateItem"](t.Context(), table), account.ErrConflict)
}

func TestCredentialsThatCannotBeReadBackAreNotWritten(t *testing.T) {
	for name, spoil := range map[string]func(*account.Account){
		"a hash that is not UTF-8":         func(a *account.Account) { a.PasswordHash = "needle\xff" },
		"a factor without a key":           func(a *account.Account) { a.Factor = &account.Factor{} },
		"a factor's step below 0":          func(a *account.Account) { a.Factor = &account.Factor{Key: "k", Step: -1} },
		"a code that is not UTF-8":         func(a *account.Account) { a.Factor = &account.Factor{Key: "k", Recovery: []string{"needle\xff"}} },
		"an expiry before 1970":            func(a *account.Account) { a.PasswordExpires = time.Unix(-1, 0) },
		"an expiry after 9999":             func(a *account.Account) { a.PasswordExpires = time.Unix(253402300800, 0) },
		"a change after 9999":              func(a *account.Account) { a.PasswordChanged = time.Unix(253402300800, 0) },
		"a change before there were years": func(a *account.Account) { a.PasswordChanged = time.Unix(-1e12, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			server, table := start(t, dynamo.Config{}, mara)
			was, err := table.Find(t.Context(), "mara")
			if err != nil {
				t.Fatal(err)
			}
			becomes := was.Clone()
			spoil(becomes)
			err = table.Update(t.Context(), was, becomes)
			if !errors.Is(err, dynamo.ErrUnfit) || !errors.Is(err, directory.ErrUnavailable) {
				t.Errorf("error = %v, want ErrUnfit and a Store's sentinel", err)
			}
			if strings.Contains(fmt.Sprint(err), "needle") {
				t.Errorf("error shows a value: %v", err)
			}
			if server.Calls("UpdateItem") != 0 {
				t.Error("it was called")
			}
		})
	}
}
