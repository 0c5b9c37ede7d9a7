package claims_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"strings"
	"testing"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/claims"
)

const token = `{
	"sub": "s-1", "email": "mara@example.com", "email_verified": true, "name": "Mara Ó Briain",
	"given_name": "Mara", "family_name": "Ó Briain", "cognito:groups": ["agents", "tier two"],
	"custom:staff_no": "4711", "custom:work_email": "m@work.example", "custom:work_email_ok": "true",
	"custom:roles": "[agents, tier+two]", "custom:coded": "[North%2C+South,,R%26D,50%25,%C3%93]", "custom:team": "North, South+50%",
	"custom:open": "[agents,admins", "custom:closed": "agents,admins]", "custom:none": "[]", "custom:blank": " ", "custom:bad": "[agents,needle%]",
	"custom:department": "R&D", "locale": "en-IE",
	"address": {"country": "IE"}, "odd": [1]
}`

func read(t *testing.T) map[string]any {
	t.Helper()
	var claims map[string]any
	if err := json.Unmarshal([]byte(token), &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestClaimsBecomeAUser(t *testing.T) {
	plain := func(change func(*directory.User)) directory.User {
		user := directory.User{
			ID: "s-1", Email: "mara@example.com", Name: "Mara Ó Briain", FirstName: "Mara", LastName: "Ó Briain",
			Groups: []string{"agents", "tier two"},
		}
		change(&user)
		return user
	}
	for _, row := range []struct {
		name       string
		pairs      []string
		attributes []string
		want       directory.User
		unverified bool
	}{
		{name: "by the standard names", want: plain(func(*directory.User) {})},
		{name: "an id of the company's own", pairs: []string{"id=custom:staff_no"}, want: plain(func(u *directory.User) { u.ID = "4711" })},
		{
			name: "an address from elsewhere, with its own word for verified", pairs: []string{"email=custom:work_email", "email_verified=custom:work_email_ok"},
			want: plain(func(u *directory.User) { u.Email = "m@work.example" }),
		},
		{
			name: "an address whose claim of being verified is not there", pairs: []string{"email=custom:work_email", "email_verified=custom:nothing"},
			want: plain(func(u *directory.User) { u.Email = "m@work.example" }), unverified: true,
		},
		{name: "a claim that says more than true is not verified", pairs: []string{"email_verified=custom:staff_no"}, want: plain(func(*directory.User) {}), unverified: true},
		{name: "groups as an identity provider's list", pairs: []string{"groups=custom:roles"}, want: plain(func(*directory.User) {})},
		{name: "groups that are form-encoded in a list", pairs: []string{"groups=custom:coded"}, want: plain(func(u *directory.User) { u.Groups = []string{"North, South", "R&D", "50%", "Ó"} })},
		{name: "a single group, as it is", pairs: []string{"groups=custom:team"}, want: plain(func(u *directory.User) { u.Groups = []string{"North, South+50%"} })},
		{name: "a list that does not end is none", pairs: []string{"groups=custom:open"}, want: plain(func(u *directory.User) { u.Groups = []string{"[agents,admins"} })},
		{name: "nor is one that does not begin", pairs: []string{"groups=custom:closed"}, want: plain(func(u *directory.User) { u.Groups = []string{"agents,admins]"} })},
		{name: "a list of no groups", pairs: []string{"groups=custom:none"}, want: plain(func(u *directory.User) { u.Groups = nil })},
		{name: "a blank that is no group", pairs: []string{"groups=custom:blank"}, want: plain(func(u *directory.User) { u.Groups = nil })},
		{name: "a name that the token lacks", pairs: []string{"name=nickname"}, want: plain(func(u *directory.User) { u.Name = "" })},
		{
			name: "attributes by their own names, the pool's own, and mapped ones", pairs: []string{"language=locale", "department=custom:nothing"},
			attributes: []string{"locale", "staff_no", "language", "department", "address", "missing"},
			want: plain(func(u *directory.User) {
				u.Attributes = map[string]string{"locale": "en-IE", "staff_no": "4711", "language": "en-IE", "address": `{"country":"IE"}`}
			}),
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			mapping, err := claims.Parse(row.pairs)
			if err != nil {
				t.Fatal(err)
			}
			got, verified, err := mapping.User(read(t), row.attributes)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(*got, row.want) {
				t.Errorf("user = %+v,\nwant %+v", *got, row.want)
			}
			if verified == row.unverified {
				t.Errorf("verified = %t", verified)
			}
		})
	}
}

func TestTheZeroMappingIsTheDefault(t *testing.T) {
	parsed, err := claims.Parse(nil)
	if err != nil {
		t.Fatal(err)
	}
	want, _, _ := parsed.User(read(t), []string{"department"})
	got, verified, err := claims.Mapping{}.User(read(t), []string{"department"})
	if err != nil || !verified || !reflect.DeepEqual(got, want) {
		t.Errorf("user = %+v, %t, %v, want %+v", got, verified, err, want)
	}
}

func TestClaimsOfAnotherTypeAreErrors(t *testing.T) {
	for _, row := range []struct{ claim, value, want string }{
		{"sub", "1", "claim sub"},
		{"email", "[]", "claim email"},
		{"name", `{"a":"secret"}`, "claim name"},
		{"cognito:groups", `"agents"`, "claim cognito:groups is a string"},
		{"cognito:groups", `["agents", 7]`, "claim cognito:groups holds a float64"},
		{"cognito:groups", `true`, "claim cognito:groups is a bool"},
	} {
		all := read(t)
		var value any
		if err := json.Unmarshal([]byte(row.value), &value); err != nil {
			t.Fatal(err)
		}
		all[row.claim] = value
		user, _, err := claims.Mapping{}.User(all, nil)
		if user != nil || err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s = %s: %+v, %v, want an error about %s", row.claim, row.value, user, err, row.want)
		}
	}
}

func TestAListThatIsNotFormEncodedIsAnError(t *testing.T) {
	mapping, err := claims.Parse([]string{"groups=custom:bad"})
	if err != nil {
		t.Fatal(err)
	}
	user, _, err := mapping.User(read(t), nil)
	if user != nil || err == nil || !strings.Contains(err.Error(), "claim custom:bad") || strings.Contains(err.Error(), "needle") {
		t.Errorf("got %+v, %v, want an error about the claim and not its value", user, err)
	}
}

func TestAMappingTellsWhatItTrusts(t *testing.T) {
	for _, row := range []struct {
		name  string
		pairs []string
		want  map[string]string
	}{
		{"nothing but the standard claims", nil, map[string]string{}},
		{"the standard claims, by name", []string{"id=sub", "groups=cognito:groups", "email=email", "email_verified=email_verified"}, map[string]string{}},
		{"names and attributes decide nothing", []string{"name=nickname", "first_name=custom:first", "team=custom:team"}, map[string]string{}},
		{
			"what decides who somebody is",
			[]string{"id=custom:staff_no", "groups=custom:roles", "email=custom:mail", "email_verified=custom:mail_ok", "name=custom:name"},
			map[string]string{"id": "custom:staff_no", "groups": "custom:roles", "email": "custom:mail", "email_verified": "custom:mail_ok"},
		},
	} {
		mapping, err := claims.Parse(row.pairs)
		if err != nil {
			t.Fatal(err)
		}
		if got := mapping.Trusts(); !maps.Equal(got, row.want) {
			t.Errorf("%s: trusts %v, want %v", row.name, got, row.want)
		}
	}
	if got := (claims.Mapping{}).Trusts(); len(got) != 0 {
		t.Errorf("the zero mapping trusts %v, want nothing", got)
	}
}

// Who gets the address of somebody who left must not get their account.
func TestAnAddressIsNoID(t *testing.T) {
	for _, pairs := range [][]string{
		{"id=email"},
		{"id=custom:mail", "email=custom:mail", "email_verified=custom:mail_ok"},
		{"id=email", "email=custom:mail", "email_verified=custom:mail_ok"},
	} {
		if _, err := claims.Parse(pairs); err == nil || !strings.Contains(err.Error(), "is an email address") {
			t.Errorf("%v: %v, want an error about the address", pairs, err)
		}
	}
}

func TestAllProblemsOfAMappingAreTold(t *testing.T) {
	_, err := claims.Parse([]string{"id", "=sub", "name=", "groups=a", "groups=b", "email=custom:mail"})
	for _, want := range []string{`"id" is not`, `"=sub" is not`, `"name=" is not`, "groups is there twice", "email=custom:mail needs email_verified"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error = %v, want it to say %q", err, want)
		}
	}
	// The standard claim is about the standard address alone.
	if _, err := claims.Parse([]string{"email=custom:mail", "email_verified=email_verified"}); err == nil {
		t.Error("email_verified vouches for another address")
	}
}
