package fields_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"deskpro-login/pkg/directory/fields"
)

func parse(t *testing.T, pairs string) fields.Fields {
	t.Helper()
	f, err := fields.Parse(strings.Fields(pairs))
	if err != nil {
		t.Fatalf("Parse(%s): %v", pairs, err)
	}
	return f
}

func TestEveryFieldHasItsAttribute(t *testing.T) {
	texts := []string{fields.Login, fields.ID, fields.Email, fields.Name, fields.FirstName, fields.LastName, fields.Groups, fields.PasswordHash}
	for _, row := range []struct{ name, pairs, want string }{
		{"in our own table by its own name", "", "login id email name first_name last_name groups password_hash"},
		{"by its own name where no pair names it", "name=full_name", "login id email full_name first_name last_name groups password_hash"},
		{
			"where pairs say", "login=username id=staff_no email=mail email_verified=* name=n first_name=given last_name=family groups=roles password_hash=pw",
			"username staff_no mail n given family roles pw",
		},
		{"by its own name where a pair says so", "email=email password_hash=password_hash", "login id email name first_name last_name groups password_hash"},
		{"with the key as the address", "login=mail email=mail email_verified=*", "mail id mail name first_name last_name groups password_hash"},
		{"with the key as the id", "login=username id=username", "username username email name first_name last_name groups password_hash"},
		{"by a text with a dot in it", "name=n disabled=status:a.b", "login id email n first_name last_name groups password_hash"},
		{"by a name with signs in it", "name=!a=b:*", "login id email !a=b:* first_name last_name groups password_hash"},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := parse(t, row.pairs)
			var got []string
			for _, name := range texts {
				got = append(got, f.Attribute(name))
			}
			if got := strings.Join(got, " "); got != row.want {
				t.Errorf("attributes are %s, want %s", got, row.want)
			}
			if f.IsZero() != (row.pairs == "") {
				t.Errorf("IsZero = %t", f.IsZero())
			}
		})
	}
}

func TestAFlagComesFromWherePairsSay(t *testing.T) {
	for _, row := range []struct {
		pairs              string
		verified, disabled fields.Flag
	}{
		{"", fields.Flag{Attribute: "email_verified"}, fields.Flag{Attribute: "disabled"}},
		{"name=n", fields.Flag{Attribute: "email_verified"}, fields.Flag{Attribute: "disabled"}},
		{"email_verified=* disabled=locked", fields.Flag{Always: true}, fields.Flag{Attribute: "locked"}},
		{"email_verified=mail_ok disabled=!enabled", fields.Flag{Attribute: "mail_ok"}, fields.Flag{Attribute: "enabled", Not: true}},
		{"email_verified=!pending disabled=status:blocked", fields.Flag{Attribute: "pending", Not: true}, fields.Flag{Attribute: "status", Value: "blocked"}},
		{"email_verified=state:2 disabled=!status:active:now", fields.Flag{Attribute: "state", Value: "2"}, fields.Flag{Attribute: "status", Not: true, Value: "active:now"}},
	} {
		f := parse(t, row.pairs)
		if got := f.Flag(fields.EmailVerified); got != row.verified {
			t.Errorf("with %q email_verified is %+v, want %+v", row.pairs, got, row.verified)
		}
		if got := f.Flag(fields.Disabled); got != row.disabled {
			t.Errorf("with %q disabled is %+v, want %+v", row.pairs, got, row.disabled)
		}
	}
}

func TestEveryOtherNameIsAnAttributes(t *testing.T) {
	f := parse(t, "phone=tel login=username department=dept status=state office=room level=l boss=b disabled=state:blocked")
	if got, want := strings.Join(f.Attributes(), " "), "boss department level office phone status"; got != want {
		t.Errorf("attributes are %s, want %s", got, want)
	}
	if got := f.Attribute("department"); got != "dept" {
		t.Errorf("department comes from %s, want dept", got)
	}
	if got := parse(t, "").Attributes(); got != nil {
		t.Errorf("our own table has the attributes %q by name, want none", got)
	}
}

func TestBookkeepingIsSetApartInATableOfOthers(t *testing.T) {
	if got := parse(t, "").Own(fields.Version); got != "version" {
		t.Errorf("in our own table it is %s, want version", got)
	}
	if got := parse(t, "version_of=version login=u").Own(fields.Version); got != "loginpage_version" {
		t.Errorf("in another it is %s, want loginpage_version", got)
	}
}

func TestPairsThatCannotBeMeantAreRefused(t *testing.T) {
	for _, row := range []struct{ name, pairs, want string }{
		{"no attribute", "email=", `"email=" is not like email=mail`},
		{"no name", "=mail", `"=mail" is not like email=mail`},
		{"no sign", "email", `"email" is not like email=mail`},
		{"nothing", "|", `"" is not like email=mail`},
		{"broken UTF-8", "name=\xff", "is not like email=mail"},
		{"one name twice", "name=a|name=b", "name is there twice"},
		{"bookkeeping", "must_change=reset", "must_change is kept by the sign-in page itself"},
		{"our map", "attributes=extra", "attributes is kept by the sign-in page itself"},
		{"bookkeeping under another name", "name=loginpage_factor", "name=loginpage_factor: what starts with loginpage_"},
		{"bookkeeping as a flag", "disabled=!loginpage_version:1", "disabled=!loginpage_version:1: what starts with loginpage_"},
		{"everybody disabled", "disabled=*", "disabled=*: nobody could sign in"},
		{"a flag of nothing", "disabled=!", "disabled=!: no attribute is named"},
		{"a value of nothing", "disabled=:blocked", "disabled=:blocked: no attribute is named"},
		{"not always", "email_verified=!*", "email_verified=!*: no attribute is named"},
		{"always of a value", "email_verified=*:yes", "email_verified=*:yes: no attribute is named"},
		{"no value", "disabled=status:", "disabled=status:: no value follows the colon"},
		{"bookkeeping as the other flag", "email_verified=!loginpage_x", "email_verified=!loginpage_x: what starts with loginpage_"},
		{"a hash that is the other flag", "email_verified=!pw|password_hash=pw", "email_verified and password_hash are both pw"},
		{"a name with a capital", "Disabled=locked", `"Disabled=locked": the name before the sign has small letters`},
		{"a name with space before it", " login=x", `" login=x": the name before the sign`},
		{"a name with space behind it", "login =x", `"login =x": the name before the sign`},
		{"a name with a dash", "email-verified=*", `"email-verified=*": the name before the sign`},
		{"a name with a letter of others", "naïve=x", `"naïve=x": the name before the sign`},
		{"a name that starts with a digit", "2fa=x", `"2fa=x": the name before the sign`},
		{"a name that starts with an underscore", "_x=x", `"_x=x": the name before the sign`},
		{"an attribute within another", "disabled=profile.locked", "disabled=profile.locked: an attribute within another"},
		{"one not within another", "disabled=!profile.locked", "disabled=!profile.locked: an attribute within another"},
		{"one within another to be sent", "department=profile.dept", "department=profile.dept: an attribute within another"},
		{"an attribute with space before it", "name= full", `"name= full": there is space around`},
		{"an attribute with space behind it", "disabled=locked :yes", `"disabled=locked :yes": there is space around`},
		{"nearly disabled", "disable=x", "disable=x is no name of ours: did you mean disabled=x?"},
		{"disabled for another word", "blocked=x", "did you mean disabled=x?"},
		{"disabled for a third", "locked=!x", "did you mean disabled=!x?"},
		{"disabled turned round", "enabled=x", "did you mean disabled=!x?"},
		{"disabled turned round otherwise", "active=x", "did you mean disabled=!x?"},
		{"nearly email", "mail=x", "did you mean email=x?"},
		{"nearly groups", "group=x", "did you mean groups=x?"},
		{"nearly password_hash", "password=x", "did you mean password_hash=x?"},
		{"nearly login", "username=x", "did you mean login=x?"},
		{"a hash that is sent", "department=pw|password_hash=pw", "department and password_hash are both pw"},
		{"a hash of its own name that is sent", "department=password_hash", "department and password_hash are both password_hash"},
		{"a hash that is a flag", "disabled=pw:x|password_hash=pw", "disabled and password_hash are both pw"},
		{"a hash that is the key", "password_hash=login", "login and password_hash are both login"},
		{"an address that may not be verified", "email=mail", "email=mail needs email_verified=…"},
		{"an id that is an address", "id=email", "id and email are both email"},
		{"an id and an address that are one", "id=mail|email=mail|email_verified=*", "id and email are both mail"},
	} {
		t.Run(row.name, func(t *testing.T) {
			f, err := fields.Parse(strings.Split(row.pairs, "|"))
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("error = %v, want %q in it", err, row.want)
			}
			if !f.IsZero() {
				t.Errorf("beside the error there are fields: %+v", f)
			}
		})
	}
}

func TestAllProblemsAreToldAtOnce(t *testing.T) {
	_, err := fields.Parse([]string{"email=mail", "oops", "disabled=*", "factor=f"})
	for _, want := range []string{"email=mail needs", `"oops"`, "disabled=*", "factor is kept"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error does not tell %s: %v", want, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, pairs := range []string{
		"", "email=mail\nemail_verified=*", "Disabled=x", "disabled=a.b", "name= n", "disabled=!status:active\nx=y", "id=id\nid=id", "=\n==\n!=!", "disabled=:\nlogin=loginpage_", "a=password_hash",
	} {
		f.Add(pairs)
	}
	names := []string{fields.Login, fields.ID, fields.Email, fields.Name, fields.FirstName, fields.LastName, fields.Groups}
	f.Fuzz(func(t *testing.T, text string) {
		var pairs []string
		if text != "" {
			pairs = strings.Split(text, "\n")
		}
		parsed, err := fields.Parse(pairs)
		if (err != nil || pairs == nil) != parsed.IsZero() {
			t.Errorf("Parse = %+v, %v", parsed, err)
		}
		if err != nil {
			return
		}
		sources := map[string]string{}
		for _, name := range append(slices.Clone(names), parsed.Attributes()...) {
			sources[name] = parsed.Attribute(name)
		}
		for _, name := range []string{fields.EmailVerified, fields.Disabled} {
			flag := parsed.Flag(name)
			if flag.Always != (flag.Attribute == "") {
				t.Errorf("flag %s = %+v", name, flag)
			}
			if !flag.Always {
				sources[name] = flag.Attribute
			}
		}
		for name, source := range maps.All(sources) {
			if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_0123456789") != "" || strings.Contains(source, ".") || strings.TrimSpace(source) != source {
				t.Errorf("%q comes from %q", name, source)
			}
			if source == "" || source == parsed.Attribute(fields.PasswordHash) || strings.HasPrefix(source, "loginpage_") {
				t.Errorf("%s comes from %q", name, source)
			}
		}
	})
}
