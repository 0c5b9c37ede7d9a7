package dynamo

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/directory/fields"
)

func n(s string) types.AttributeValue { return &types.AttributeValueMemberN{Value: s} }

func m(of attributes) types.AttributeValue { return &types.AttributeValueMemberM{Value: of} }

var (
	yes  = &types.AttributeValueMemberBOOL{Value: true}
	no   = &types.AttributeValueMemberBOOL{}
	null = &types.AttributeValueMemberNULL{Value: true}
)

// needle is in every value of values: no error may show it.
const needle = "needle"

// values has one of each type.
func values() attributes {
	return attributes{
		"S": text(needle), "N": n("4711"), "B": &types.AttributeValueMemberB{Value: []byte(needle)},
		"SS": &types.AttributeValueMemberSS{Value: []string{needle}}, "NS": &types.AttributeValueMemberNS{Value: []string{"4711"}},
		"BS": &types.AttributeValueMemberBS{Value: [][]byte{[]byte(needle)}}, "BOOL": yes, "NULL": null,
		"L of S": list([]string{needle}), "L of N": &types.AttributeValueMemberL{Value: []types.AttributeValue{text(needle), n("4711")}},
		"L of nil": &types.AttributeValueMemberL{Value: []types.AttributeValue{nil}},
		"M of S":   m(attributes{needle: text(needle)}), "M of N": m(attributes{needle: n("4711")}), "M of nil": m(attributes{needle: nil}),
		// What a later DynamoDB may send, and what the SDK makes of a null.
		"unknown": &types.UnknownUnionMember{Tag: "X", Value: []byte(needle)}, "nil": nil,
	}
}

func parse(t *testing.T, pairs string) layout {
	t.Helper()
	f, err := fields.Parse(strings.Fields(pairs))
	if err != nil {
		t.Fatal(err)
	}
	return layout{f}
}

// checkOdd checks what an error of decode is like.
func checkOdd(t *testing.T, what, attribute string, err error) {
	t.Helper()
	if text := err.Error(); !strings.Contains(text, "attribute "+attribute+" is ") && !strings.Contains(text, "attribute "+attribute+": ") {
		t.Errorf("%s: %q does not name %s", what, err, attribute)
	}
	for _, value := range []string{needle, "4711"} {
		if strings.Contains(err.Error(), value) {
			t.Errorf("%s: the error shows a value: %v", what, err)
		}
	}
}

func TestEachAttributeIsReadOnlyInItsOwnTypes(t *testing.T) {
	foreign := "login=l id=i email=e email_verified=v groups=g password_hash=h disabled=d department=dept"
	const anything = "B,BOOL,BS,L of N,L of S,L of nil,M of N,M of S,M of nil,N,NS,NULL,S,SS,nil,unknown"
	status := "login=l email_verified=!s:x disabled=s:x"
	for _, row := range []struct{ pairs, attribute, types string }{
		{"", "login", "S"},
		{"", "id", "S"},
		{"", "email", "S"},
		{"", "email_verified", "BOOL"},
		{"", "name", "S"},
		{"", "first_name", "S"},
		{"", "last_name", "S"},
		{"", "groups", "L of S,SS"},
		{"", "attributes", "M of S"},
		{"", "disabled", "BOOL"},
		{"", "password_hash", "S"},
		{"", "password_expires", "N"},
		{"", "must_change", "BOOL"},
		{"", "factor", ""},
		{"", "version", "N"},
		{"", "alias", "S"},

		{foreign, "l", "S"},
		{foreign, "i", "N,NULL,S"},
		{foreign, "e", "NULL,S"},
		{foreign, "v", "BOOL,NULL"},
		{foreign, "name", "NULL,S"},
		{foreign, "g", "L of S,NULL,S,SS"},
		{foreign, "h", "NULL,S"},
		{foreign, "d", "BOOL,NULL"},
		{foreign, "dept", "N,NULL,S"},
		{foreign, "loginpage_must_change", "BOOL"},
		{foreign, "loginpage_password_expires", "N"},
		{foreign, "loginpage_version", "N"},
		{foreign, "loginpage_factor", ""},
		{status, "s", "N,NULL,S"},
		// Nothing hangs on when things were done.
		{"", "password_changed", anything},
		{"", "created", anything},
		{"", "updated", anything},
		{foreign, "loginpage_updated", anything},
		// None of these is anything in another's table.
		{foreign, "attributes", anything},
		{foreign, "version", anything},
		{foreign, "alias_of", anything},
	} {
		l := parse(t, row.pairs)
		var taken []string
		for kind, value := range values() {
			item := attributes{l.login(): text("mara"), row.attribute: value}
			_, err := l.decode(item)
			if err == nil {
				taken = append(taken, kind)
				continue
			}
			checkOdd(t, row.attribute+" of type "+kind, row.attribute, err)
		}
		slices.Sort(taken)
		if got := strings.Join(taken, ","); got != row.types {
			t.Errorf("with %q %s is read as %s, want %s", row.pairs, row.attribute, got, row.types)
		}
	}
}

func TestAnOddValueOfTheRightTypeIsNamed(t *testing.T) {
	factor := func(of attributes) attributes { return attributes{"factor": m(of)} }
	for _, row := range []struct {
		name, want string
		item       attributes
	}{
		{"a login in upper case", "attribute login is not a login", attributes{"login": text("Needle")}},
		{"a login with space around", "attribute login is not a login", attributes{"login": text("needle ")}},
		{"no login", "attribute login is not a login", attributes{"login": nil}},
		{"an alias in upper case", "attribute alias is not another login", attributes{"alias": text("Needle")}},
		{"an alias that is the login", "attribute alias is not another login", attributes{"alias": text("mara")}},
		{"a version below 1", "attribute version is not an integer from 1 to", attributes{"version": n("0")}},
		{"the greatest version", "attribute version is not an integer from 1 to", attributes{"version": n("9223372036854775807")}},
		{"a fraction of a version", "attribute version is not an integer", attributes{"version": n("1.5")}},
		{"a version beyond counting", "attribute version is not an integer", attributes{"version": n("1e99")}},
		{"an expiry before 1970", "attribute password_expires is not an integer from 0 to 253402300799", attributes{"password_expires": n("-1")}},
		{"an expiry after 9999", "attribute password_expires is not an integer from 0 to", attributes{"password_expires": n("253402300800")}},
		{"a factor without a key", "attribute factor: attribute key is not there", factor(attributes{"step": n("1")})},
		{"a factor with an empty key", "attribute factor: attribute key is not there", factor(attributes{"key": text("")})},
		{"a factor's key of another type", "attribute factor: attribute key is not of type S", factor(attributes{"key": n("4711")})},
		{"a factor's step of another type", "attribute factor: attribute step is not of type N", factor(attributes{"key": text("k"), "step": text("1")})},
		{"a factor's step below 0", "attribute factor: attribute step is not an integer from 0", factor(attributes{"key": text("k"), "step": n("-1")})},
		{"a factor's codes of another type", "attribute factor: attribute recovery is not of type SS or L of S", factor(attributes{"key": text("k"), "recovery": text("needle")})},
		{"two at once", "attribute id is not of type S\nattribute email is not of type S", attributes{"id": n("4711"), "email": yes}},
		{"one of an account with an id", `account "id-1": attribute email is not of type S`, attributes{"id": text("id-1"), "email": yes}},
		{"one of an account whose id is its login", "attribute email is not of type S", attributes{"id": text("mara"), "email": yes}},
		{"one of an account whose id is its login as it is typed", "attribute email is not of type S", attributes{"id": text(" MARA"), "email": yes}},
		{"one of an account whose id is its alias as it is typed", "attribute email is not of type S", attributes{"id": text("Needle@example.com"), "alias": text("needle@example.com"), "email": yes}},
		{"a login in upper case that is the id", "attribute login is not a login", attributes{"login": text("Needle"), "id": text("needle")}},
		{"an id that can be none", "attribute email is not of type S", attributes{"id": text("needle" + strings.Repeat("x", 256)), "alias": text("needle@example.com"), "email": yes}},
	} {
		t.Run(row.name, func(t *testing.T) {
			item := attributes{"login": text("mara")}
			maps.Copy(item, row.item)
			_, err := layout{}.decode(item)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Fatalf("error = %v, want %q in it", err, row.want)
			}
			for _, shown := range []string{"eedle", "4711", "mara"} {
				if strings.Contains(err.Error(), shown) {
					t.Errorf("the error shows %q: %v", shown, err)
				}
			}
		})
	}
}

func TestATimeThatIsNoneIsNotKnown(t *testing.T) {
	for _, written := range []string{"", "needle", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z", "0000-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"} {
		a, err := layout{}.decode(attributes{
			"login": text("mara"), "created": text(written), "updated": text(written), "password_changed": text(written),
		})
		if err != nil || !a.Created.IsZero() || !a.Updated.IsZero() || !a.PasswordChanged.IsZero() {
			t.Errorf("%q is read as %+v, %v", written, a, err)
		}
	}
}

func TestAnItemOfOursIsReadWhole(t *testing.T) {
	changed := time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC)
	got, err := layout{}.decode(attributes{
		"login": text("mara"), "alias": text("mara@example.com"), "id": text("id-1"), "email": text("m@example.com"), "email_verified": yes,
		"name": text("Mara"), "first_name": text("M"), "last_name": text("O"), "groups": &types.AttributeValueMemberSS{Value: []string{"b", "a"}},
		"attributes": m(attributes{"k": text("v")}), "disabled": no, "password_hash": text("$h"), "password_changed": text("2026-05-01T12:00:00+02:00"),
		"password_expires": n("1777629600"), "must_change": yes, "created": text("2026-05-01T10:00:00Z"), "updated": text("2026-05-01T10:00:00Z"),
		"factor":  m(attributes{"key": text("k"), "step": n("9"), "recovery": &types.AttributeValueMemberSS{Value: []string{"c"}}, "made_by": text("us")}),
		"version": n("7"), "invited_by": n("7"),
	})
	want := account.Account{
		Login: "mara", Alias: "mara@example.com", ID: "id-1", Email: "m@example.com", EmailVerified: true, Name: "Mara", FirstName: "M", LastName: "O",
		Groups: []string{"b", "a"}, Attributes: map[string]string{"k": "v"},
		Credentials: account.Credentials{
			PasswordHash: "$h", PasswordChanged: changed, PasswordExpires: changed, MustChange: true,
			Factor: &account.Factor{Key: "k", Step: 9, Recovery: []string{"c"}},
		},
		Created: changed, Updated: changed, Version: 7,
	}
	if err != nil || !reflect.DeepEqual(*got, want) {
		t.Errorf("account = %+v, %v, want %+v", got, err, want)
	}
}

func TestAnItemOfAnothersIsReadAsItsFieldsSay(t *testing.T) {
	const pairs = "login=username id=staff_no email=mail email_verified=mail_ok disabled=!enabled groups=roles department=dept level=level"
	person := func(change func(*account.Account)) account.Account {
		a := account.Account{Login: "mara", ID: "4711", Email: "m@example.com", EmailVerified: true}
		change(&a)
		return a
	}
	same := func(*account.Account) {}
	for _, row := range []struct {
		name, pairs string
		item        attributes
		want        account.Account
	}{
		{"as it is", pairs, attributes{}, person(same)},
		{"an id that is text", pairs, attributes{"staff_no": text("4711")}, person(same)},
		{"flags that are 1", pairs, attributes{"mail_ok": n("1"), "enabled": n("1")}, person(same)},
		{"flags that are 0", pairs, attributes{"mail_ok": n("0"), "enabled": n("0")}, person(func(a *account.Account) { a.EmailVerified, a.Disabled = false, true })},
		{"flags that are not there", pairs, attributes{"mail_ok": nil, "enabled": nil}, person(func(a *account.Account) { a.EmailVerified, a.Disabled = false, true })},
		{"flags that are null", pairs, attributes{"mail_ok": null, "enabled": null}, person(func(a *account.Account) { a.EmailVerified, a.Disabled = false, true })},
		{"attributes of any kind", pairs, attributes{"dept": text("R&D"), "level": n("7"), "other": n("1")}, person(func(a *account.Account) { a.Attributes = map[string]string{"department": "R&D", "level": "7"} })},
		{"attributes that are null or empty", pairs, attributes{"dept": null, "level": text("")}, person(func(a *account.Account) { a.Attributes = map[string]string{"level": ""} })},
		{"one group", pairs, attributes{"roles": text("agents, all")}, person(func(a *account.Account) { a.Groups = []string{"agents, all"} })},
		{"one group that is empty", pairs, attributes{"roles": text("")}, person(same)},
		{"what has our names", pairs, attributes{
			"attributes": m(attributes{"k": text("v")}), "alias": text("other"), "version": n("9"), "must_change": yes, "factor": text("f"), "disabled": yes, "groups": text("agents"),
		}, person(same)},
		{"our bookkeeping", pairs, attributes{"loginpage_version": n("9"), "loginpage_must_change": yes, "loginpage_alias": text("other")}, person(func(a *account.Account) { a.Version, a.MustChange = 9, true })},

		{"every address verified", "login=username id=staff_no email=mail email_verified=*", attributes{"mail_ok": no}, person(same)},
		{"a status that blocks", "login=username id=staff_no email=mail email_verified=* disabled=status:blocked", attributes{"status": text("blocked")}, person(func(a *account.Account) { a.Disabled = true })},
		{"a status that does not", "login=username id=staff_no email=mail email_verified=* disabled=status:blocked", attributes{"status": text("Blocked")}, person(same)},
		{"a status that is not there", "login=username id=staff_no email=mail email_verified=* disabled=status:blocked", attributes{}, person(same)},
		{"a status that lets in", "login=username id=staff_no email=mail email_verified=* disabled=!status:active", attributes{"status": text("active")}, person(same)},
		{"a number that lets in", "login=username id=staff_no email=mail email_verified=* disabled=!status:3", attributes{"status": n("3")}, person(same)},
		{"another status", "login=username id=staff_no email=mail email_verified=* disabled=!status:active", attributes{"status": text("invited")}, person(func(a *account.Account) { a.Disabled = true })},
		{"no status", "login=username id=staff_no email=mail email_verified=* disabled=!status:active", attributes{}, person(func(a *account.Account) { a.Disabled = true })},
	} {
		t.Run(row.name, func(t *testing.T) {
			item := attributes{"username": text("mara"), "staff_no": n("4711"), "mail": text("m@example.com"), "mail_ok": yes, "enabled": yes}
			for name, value := range row.item {
				if item[name] = value; value == nil {
					delete(item, name)
				}
			}
			got, err := parse(t, row.pairs).decode(item)
			if err != nil || !reflect.DeepEqual(*got, row.want) {
				t.Errorf("account = %+v, %v, want %+v", got, err, row.want)
			}
		})
	}
}

// What encode writes, decode reads; the rest is left to the contract suite.
func FuzzDecode(f *testing.F) {
	for i := range 40 {
		f.Add(binary.LittleEndian.AppendUint64(nil, math.MaxUint64/uint64(i+1)), i%2 == 0)
	}
	f.Fuzz(func(t *testing.T, data []byte, ours bool) {
		l := layout{}
		if !ours {
			l = parse(t, "id=staff_no disabled=!status:active email_verified=ok department=dept")
		}
		item := arbitrary(data, l)
		decoded, err := l.decode(item)
		if err != nil {
			for _, shown := range []string{needle, "4711"} {
				if strings.Contains(err.Error(), shown) {
					t.Errorf("the error shows %q: %v", shown, err)
				}
			}
			return
		}
		credentials, err := l.credentials(decoded)
		if err != nil {
			t.Errorf("what was read cannot be written: %v", err)
		}
		for name, value := range credentials {
			item[name] = value
		}
		again, err := l.decode(item)
		if err != nil || !reflect.DeepEqual(again.PasswordHash, decoded.PasswordHash) || !again.PasswordExpires.Equal(decoded.PasswordExpires) {
			t.Errorf("%+v is written as %v and read as %+v, %v", decoded, credentials, again, err)
		}
		if ours {
			if _, err := l.whole(decoded); err != nil {
				t.Errorf("what was read cannot be written: %v", err)
			}
		}
	})
}

// arbitrary makes an item of data: of each attribute that there is one of values,
// or of a few that are nearly right.
func arbitrary(data []byte, l layout) attributes {
	kinds := slices.Sorted(maps.Keys(values()))
	names := []string{
		"email", "email_verified", "name", "first_name", "last_name", "groups", "attributes", "disabled", "password_hash", "alias", "status", "ok", "dept",
	}
	for _, name := range []string{fields.MustChange, fields.PasswordExpires, fields.PasswordChanged, fields.Factor, fields.Created, fields.Updated, fields.Version} {
		names = append(names, l.fields.Own(name))
	}
	item := attributes{l.login(): text("mara")}
	for len(data) >= 2 {
		name, pick := names[int(data[0])%len(names)], int(data[1])
		data = data[2:]
		if pick < len(kinds) {
			item[name] = values()[kinds[pick]]
			continue
		}
		item[name] = []types.AttributeValue{
			n(fmt.Sprint(pick)), n("-1"), n("9223372036854775807"), n("0"), text("2026-01-01T00:00:00.5Z"), text("0000-01-01T00:00:00+14:00"), text(""),
			m(attributes{"key": text("k"), "step": n(fmt.Sprint(pick))}), m(attributes{"key": text("k"), "recovery": list([]string{"a"})}), m(nil), list(nil),
		}[pick%11]
	}
	return item
}
