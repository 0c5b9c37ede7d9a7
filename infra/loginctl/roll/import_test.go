package roll_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpro-login/infra/loginctl/roll"
	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/redact"
)

// long is a password that is long enough.
const long = "correct horse battery"

func TestARowBecomesAnAccount(t *testing.T) {
	for _, row := range []struct {
		name, header, cells, json, want string
	}{
		{"with the least there is", "login,email,name", "mara,m@example.com,Mara", `{"login":"mara","email":"m@example.com","name":"Mara"}`,
			`mara "" made-1 m@example.com "Mara" "" ""`},
		{"with all there is", "login,alias,id,email,email_verified,name,first_name,last_name,groups,attribute.dept,disabled,must_change",
			"mara,Mara@Example.com,4711,m@example.com,true,Mara S,Mara,Smith,vip; agents;vip,sales,true,true",
			`{"login":"mara","alias":"Mara@Example.com","id":"4711","email":"m@example.com","email_verified":true,"name":"Mara S","first_name":"Mara","last_name":"Smith","groups":["vip","agents","vip"],"attributes":{"dept":"sales"},"disabled":true,"must_change":true}`,
			`mara "mara@example.com" 4711 m@example.com "Mara S" "Mara" "Smith" groups=["agents" "vip"] attributes=map["dept":"sales"] verified disabled must-change`},
		{"with logins normalised", "login,email,name", "\" \uff2dara \",m@example.com,Mara", `{"login":" \uff2dara ","email":"m@example.com","name":"Mara"}`,
			`mara "" made-1 m@example.com "Mara" "" ""`},
		{"without space around address and name", "login,email,name", "mara, m@example.com , Mara ", `{"login":"mara","email":" m@example.com ","name":" Mara "}`,
			`mara "" made-1 m@example.com "Mara" "" ""`},
		{"with a hash", "login,email,name,password_hash", "mara,m@example.com,Mara,hash:x", `{"login":"mara","email":"m@example.com","name":"Mara","password_hash":"hash:x"}`,
			`mara "" made-1 m@example.com "Mara" "" "" hash=hash:x`},
		{"with a password, to be changed", "login,email,name,password", "mara,m@example.com,Mara," + long, `{"login":"mara","email":"m@example.com","name":"Mara","password":"` + long + `"}`,
			`mara "" made-1 m@example.com "Mara" "" "" must-change hash=hash:` + long + ` changed=2030-01-31T12:00:00Z`},
		{"with a password, not to be changed", "login,email,name,password,must_change", "mara,m@example.com,Mara," + long + ",no", `{"login":"mara","email":"m@example.com","name":"Mara","password":"` + long + `","must_change":false}`,
			`mara "" made-1 m@example.com "Mara" "" "" hash=hash:` + long + ` changed=2030-01-31T12:00:00Z`},
		{"with an initial password, which expires", "login,email,name,initial_password", "mara,m@example.com,Mara," + long, `{"login":"mara","email":"m@example.com","name":"Mara","initial_password":"` + long + `"}`,
			`mara "" made-1 m@example.com "Mara" "" "" must-change hash=hash:` + long + ` changed=2030-01-31T12:00:00Z expires=2030-02-01T12:00:00Z`},
		{"with an initial password, which expires whatever the row leaves open", "login,email,name,password_expires,initial_password", "mara,m@example.com,Mara,," + long, `{"login":"mara","email":"m@example.com","name":"Mara","password_expires":null,"initial_password":"` + long + `"}`,
			`mara "" made-1 m@example.com "Mara" "" "" must-change hash=hash:` + long + ` changed=2030-01-31T12:00:00Z expires=2030-02-01T12:00:00Z`},
		{"with an initial password, which expires when the row says", "login,email,name,initial_password,password_expires", "mara,m@example.com,Mara," + long + ",2030-05-01T12:00:00Z", `{"login":"mara","email":"m@example.com","name":"Mara","initial_password":"` + long + `","password_expires":"2030-05-01T12:00:00Z"}`,
			`mara "" made-1 m@example.com "Mara" "" "" must-change hash=hash:` + long + ` changed=2030-01-31T12:00:00Z expires=2030-05-01T12:00:00Z`},
		{"with a time when a password expires", "login,email,name,password_hash,password_expires", "mara,m@example.com,Mara,hash:x,2031-01-01T01:00:00+01:00", `{"login":"mara","email":"m@example.com","name":"Mara","password_hash":"hash:x","password_expires":"2031-01-01T01:00:00+01:00"}`,
			`mara "" made-1 m@example.com "Mara" "" "" hash=hash:x expires=2031-01-01T00:00:00Z`},
		{"with what is empty left empty", "login,alias,id,email,email_verified,name,groups,attribute.dept,disabled,password_hash,password,initial_password,password_expires,must_change", "mara,,,m@example.com,,Mara,,,,,,,,",
			`{"login":"mara","alias":"","id":"","email":"m@example.com","email_verified":null,"name":"Mara","groups":[],"attributes":{"dept":""},"disabled":null,"password_hash":"","password":"","initial_password":null,"password_expires":"","must_change":null}`,
			`mara "" made-1 m@example.com "Mara" "" ""`},
		{"with odd groups in JSON", "login,email,name,groups", `mara,m@example.com,Mara,"[""a;b"",""[c""]"`, `{"login":"mara","email":"m@example.com","name":"Mara","groups":["a;b","[c"]}`,
			`mara "" made-1 m@example.com "Mara" "" "" groups=["[c" "a;b"]`},
		{"with a line end in an attribute", "login,email,name,attribute.address", "mara,m@example.com,Mara,\"Way 1\r\nTown\"", `{"login":"mara","email":"m@example.com","name":"Mara","attributes":{"address":"Way 1\r\nTown"}}`,
			`mara "" made-1 m@example.com "Mara" "" "" attributes=map["address":"Way 1\r\nTown"]`},
		{"without a refused row's line and reason", "login,email,name,line,reason", "mara,m@example.com,Mara,17,no name", `{"login":"mara","email":"m@example.com","name":"Mara","line":17,"reason":"no name"}`,
			`mara "" made-1 m@example.com "Mara" "" ""`},
	} {
		for _, file := range []struct {
			format  roll.Format
			content string
		}{{roll.CSV, row.header + "\n" + row.cells + "\n"}, {roll.JSONL, row.json + "\n"}} {
			t.Run(string(file.format)+" "+row.name, func(t *testing.T) {
				s := &site{directoryFake: newFake(), change: func(c *roll.Config) { c.InitialLife = 24 * time.Hour }}
				summary := s.run(t, file.format, file.content)
				if got := s.shown(); len(got) != 1 || got[0] != row.want || counts(summary) != "1 added" {
					t.Errorf("%q, %s, %q\nwant %q", got, counts(summary), s.problems, row.want)
				}
			})
		}
	}
}

func TestARowIsRefused(t *testing.T) {
	const most = "longer than 256 bytes"
	for _, row := range []struct{ name, header, cells, want string }{
		{"without a login", "login,email,name", ",m@example.com,Mara", "login: there is none"},
		{"with a login of spaces", "login,email,name", " ,m@example.com,Mara", "login: there is none"},
		{"with a login that is too long", "login,email,name", strings.Repeat("m", 257) + ",m@example.com,Mara", "login: is " + most},
		{"with a tab in the login", "login,email,name", "ma\tra,m@example.com,Mara", "login: holds a control character, such as a line end"},
		{"with a NUL", "login,email,name", "mara,m@example.com,Ma\x00ra", "name: holds a NUL"},
		{"with broken UTF-8", "login,email,name", "mara,m@example.com,Ren\xe9", "name: is not valid UTF-8"},
		{"with lost characters", "login,email,name", "mara,m@example.com,Ren\ufffd", "name: holds U+FFFD, which stands for characters that were lost when the file was made"},
		{"with a NUL in a column that is ignored", "login,email,name,phone", "mara,m@example.com,Mara,\x00", "phone: holds a NUL"},
		{"with the login as alias", "login,alias,email,name", "mara,MARA,m@example.com,Mara", "alias: is the login itself"},
		{"without an address", "login,name", "mara,Mara", "account lacks what Deskpro requires: no email address"},
		{"with an address that is none", "login,email,name", "mara,m at example,Mara", "account lacks what Deskpro requires: the email address is not one"},
		{"with an address that only Deskpro would refuse", "login,email,name", "mara,m@example..com,Mara", "claims refused: the email is not an address"},
		{"without a name", "login,email,first_name", "mara,m@example.com,Mara", "account lacks what Deskpro requires: neither a name nor a first and a last name"},
		{"with a line end in the name", "login,email,name", "mara,m@example.com,\"Mara\nS\"", "name: holds a control character, such as a line end"},
		{"with a name that is too long", "login,email,name", "mara,m@example.com," + strings.Repeat("é", 129), "name: is " + most},
		{"with space around the ID", "login,email,name,id", "mara,m@example.com,Mara, 1", "id: has white space around it"},
		{"with something between true and false", "login,email,name,disabled", "mara,m@example.com,Mara,maybe", "disabled: is neither true nor false"},
		{"with too many groups", "login,email,name,groups", "mara,m@example.com,Mara,g" + strings.Repeat(";g", 100), "groups: are more than 100"},
		{"with a group that is too long", "login,email,name,groups", "mara,m@example.com,Mara," + strings.Repeat("g", 257), "groups: one is " + most},
		{"with broken JSON of groups", "login,email,name,groups", "mara,m@example.com,Mara,[a]", "groups: is not a list of names"},
		{"with space around a group in JSON", "login,email,name,groups", `mara,m@example.com,Mara,"[""a ""]"`, "groups: one is empty, or has white space around it"},
		{"with an attribute that is too long", "login,email,name,attribute.k", "mara,m@example.com,Mara," + strings.Repeat("v", 2049), "attribute.k: is longer than 2048 bytes"},
		{"with an escape in an attribute", "login,email,name,attribute.k", "mara,m@example.com,Mara,\x1b[2J", "attribute.k: holds a control character"},
		{"with a hash that nothing verifies", "login,email,name,password_hash", "mara,m@example.com,Mara,hunter2", "password_hash: could never be verified: hash is of no scheme that is read"},
		{"with a hash and a password", "login,email,name,password_hash,password", "mara,m@example.com,Mara,hash:x," + long, "password: is there beside another password or hash"},
		{"with two passwords", "login,email,name,initial_password,password", "mara,m@example.com,Mara," + long + "," + long, "password: is there beside another password or hash"},
		{"with a password that the policy refuses", "login,email,name,password", "mara,m@example.com,Mara,hunter2", "password: use at least 15 characters"},
		{"with a password that is the account's name", "login,email,name,initial_password", "mara,m@example.com,Mara of the mountains,Mara of the mountains", "initial_password: use at least 15 characters"},
		{"with an initial password that need not be changed", "login,email,name,initial_password,must_change", "mara,m@example.com,Mara," + long + ",false", "must_change: is false, but an initial password must be changed"},
		{"with a time that is none", "login,email,name,password_expires", "mara,m@example.com,Mara,tomorrow", "password_expires: is not a time such as 2030-01-31T12:00:00Z"},
		{"with an initial password that would open it for longer", "login,email,name,password_expires,initial_password", "mara,m@example.com,Mara,2030-05-01T12:00:01Z," + long, "password_expires: is more than 90 days away, but an initial password must expire within these"},
		{"with a login that looks like another", "login,email,name", "m\u0430ra,m@example.com,Mara", "login: has Latin and Cyrillic letters in one word, and looks like another"},
		{"with an alias that has what cannot be seen", "login,alias,email,name", "mara,ma\u200bra,m@example.com,Mara", "alias: has a character that cannot be seen, U+200B"},
		{"with a hash that has several problems, on one line", "login,email,name,password_hash", "mara,m@example.com,Mara,several", "password_hash: could never be verified: one problem; another problem"},
		{"with several problems, for all of them", "login,email,name,disabled,id", ",m@example.com,Mara,maybe, 1", "login: there is none; disabled: is neither true nor false; id: has white space around it"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := &site{directoryFake: newFake(), change: func(c *roll.Config) { c.IgnoreColumns = true }}
			summary := s.run(t, roll.CSV, row.header+"\n"+row.cells+"\n")
			if len(s.problems) != 1 || counts(summary) != "1 bad" || len(s.accounts) > 0 {
				t.Fatalf("%s, %q, %q", counts(summary), s.problems, s.shown())
			}
			_, reason, _ := strings.Cut(s.problems[0], ": ")
			if reason != row.want {
				t.Errorf("refused since %q, want %q", reason, row.want)
			}
			for _, value := range []string{"hunter2", long, "hash:x"} {
				if strings.Contains(s.problems[0], value) {
					t.Errorf("the problem shows %s", value)
				}
			}
		})
	}
}

func TestAJSONRowIsRefused(t *testing.T) {
	for _, row := range []struct{ name, json, want string }{
		{"with a number as id", `{"login":"mara","email":"m@example.com","name":"Mara","id":4711}`, "id: is not text"},
		{"with text as groups", `{"login":"mara","email":"m@example.com","name":"Mara","groups":"a;b"}`, "groups: is not a list of names"},
		{"with a list as attributes", `{"login":"mara","email":"m@example.com","name":"Mara","attributes":["a"]}`, "attributes: is not an object"},
		{"with a number as password", `{"login":"mara","email":"m@example.com","name":"Mara","password":123456789012345}`, "password: is not text"},
		{"with a list as alias", `{"login":"mara","email":"m@example.com","name":"Mara","alias":["a"]}`, "alias: is not text"},
		{"with half a surrogate", `{"login":"mara","email":"m@example.com","name":"\ud83d"}`, "name: holds U+FFFD, which stands for characters that were lost when the file was made"},
		{"with a NUL by escape", `{"login":"mara","email":"m@example.com","name":"Mara","attributes":{"k":"\u0000"}}`, "attributes: holds a NUL"},
		{"with unknown keys", `{"login":"mara","e-mail":"m@example.com","name":"Mara","phone":"1"}`, `there are no keys "e-mail" (email?), "phone"; what is an attribute belongs into the object attributes`},
		{"with one unknown key", `{"login":"mara","email":"m@example.com","name":"Mara","attribute.k":"1"}`, `there is no key "attribute.k" (attributes?); what is an attribute belongs into the object attributes`},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := &site{directoryFake: newFake()}
			s.run(t, roll.JSONL, row.json)
			if len(s.problems) != 1 || s.problems[0] != "line 1: "+row.want || len(s.accounts) > 0 {
				t.Errorf("%q, want %q", s.problems, row.want)
			}
		})
	}
	s := &site{directoryFake: newFake(), change: func(c *roll.Config) { c.IgnoreColumns = true }}
	if got := counts(s.run(t, roll.JSONL, `{"login":"mara","email":"m@example.com","name":"Mara","phone":1}`)); got != "1 added" {
		t.Errorf("with unknown keys ignored: %s, %q", got, s.problems)
	}
}

func TestAHeaderIsRefused(t *testing.T) {
	for _, row := range []struct{ name, file, want string }{
		{"of nothing", "", "the file is empty"},
		{"of nothing but a mark", "\ufeff\n\n", "the file is empty"},
		{"without a login", "email,name\n", "there is no column login, without which no account can be told from another"},
		{"with unknown columns, naming all", "login,E-Mail,First Name,phone,groups\n", `there are no columns "E-Mail" (email?), "First Name" (first_name?), "phone" (attribute.phone?)`},
		{"with one unknown column", "login,emial\n", `there is no column "emial" (email?)`},
		{"with an attribute without a name", "login,attribute.\n", `there is no column "attribute."`},
		{"with a column twice", "login,email,email\n", "the column email is there twice"},
		{"with semicolons", "login;email;name\n", `the columns are separated by ";", not by a comma`},
		{"with tabs", "email\tlogin\n", `the columns are separated by "\t", not by a comma`},
		{"with CR alone", "login,email\rmara,m@example.com\r", "the file's lines end in CR alone"},
		{"with a broken quote", "login,e\"mail\n", "line 1, which names the columns: there is a quote in a cell that does not begin with one (such a cell is put between quotes, and the quote written twice)"},
		{"in UTF-16", "\xff\xfel\x00o\x00", "the file is in UTF-16"},
		{"that is not UTF-8", "login,\xe9\n", "the name of column 2 is not valid UTF-8"},
		{"of too many columns", "login" + strings.Repeat(",", 200) + "\n", "there are 201 columns, at most 200 are read"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := &site{directoryFake: newFake()}
			_, err := roll.Import(t.Context(), s.config(roll.CSV, row.file))
			if err == nil || err.Error() != row.want {
				t.Errorf("error = %v, want %s", err, row.want)
			}
		})
	}
	s := &site{directoryFake: newFake()}
	for file, want := range map[string]string{`[{"login":"mara"}]`: "the file is one JSON array", "": "the file is empty", "\ufeff\n\n": "the file is empty"} {
		if _, err := roll.Import(t.Context(), s.config(roll.JSONL, file)); err == nil || err.Error() != want {
			t.Errorf("of %q as JSON Lines: %v, want %s", file, err, want)
		}
	}
}

func TestAFileMayNotNameAnAccountTwice(t *testing.T) {
	s := &site{directoryFake: newFake()}
	summary := s.run(t, roll.CSV, `login,alias,id,email,name
mara,mara@example.com,1,m@example.com,Mara
MARA,,2,m@example.com,Mara
dora,Mara@Example.com,3,d@example.com,Dora
mara@example.com,,4,e@example.com,Eve
fred,mara,5,f@example.com,Fred
gert,,1,g@example.com,Gert
hugo,,6,,
hugo,,7,h@example.com,Hugo
4711,,mara,i@example.com,Ida
ina,,4711,j@example.com,Ina
`)
	want := []string{
		"line 3: login: is in line 2 already",
		"line 4: alias: is in line 2 already",
		"line 5: login: is in line 2 already",
		"line 6: alias: is in line 2 already",
		"line 7: id: is in line 2 already",
		"line 8: account lacks what Deskpro requires: no email address",
		"line 9: login: is in line 8 already",
	}
	if !slices.Equal(s.problems, want) || counts(summary) != "3 added, 7 bad" || len(s.accounts) != 3 {
		t.Errorf("%s, %q, want %q", counts(summary), s.problems, want)
	}
}

func mara() *account.Account {
	return &account.Account{
		Login: "mara", Alias: "mara@example.com", ID: "id-1", Email: "m@example.com", EmailVerified: true, Name: "Mara",
		Groups: []string{"vip", "agents"}, Attributes: map[string]string{"dept": "sales", "empty": ""},
		Credentials: account.Credentials{PasswordHash: "hash:old password of mara", Factor: &account.Factor{Key: "sealed"}},
	}
}

func TestAnAccountThatIsThere(t *testing.T) {
	const (
		as     = `mara "mara@example.com" id-1 m@example.com "Mara" "" "" groups=["vip" "agents"] attributes=map["dept":"sales" "empty":""] verified hash=hash:old password of mara factor`
		differ = "line 2: the account is there already, and differs in "
	)
	for _, row := range []struct {
		name, header, cells string
		existing            roll.Existing
		passwords           bool
		counts              string
		want                string // as, if it is empty
		problem             string
		leaves              bool
	}{
		{name: "as the row says is unchanged", header: "login,alias,id,email,email_verified,name,groups,attribute.dept,disabled", cells: "Mara,MARA@example.com,id-1,m@example.com,true,Mara,agents;vip,sales,", counts: "1 unchanged"},
		{name: "that the row says little of is unchanged", header: "login", cells: "mara", existing: roll.Update, counts: "1 unchanged"},
		{name: "that differs is a conflict", header: "login,email,name,groups", cells: "mara,new@example.com,Mara S,vip", counts: "1 conflicts", problem: differ + "email, name, groups"},
		{name: "that differs is skipped if that is wanted", header: "login,email", cells: "mara,new@example.com", existing: roll.Skip, counts: "1 skipped"},
		{name: "is updated if that is wanted", header: "login,alias,email,email_verified,name,groups,attribute.dept,attribute.floor", cells: "mara,,new@example.com,no,Mara S,,,3", existing: roll.Update, counts: "1 updated", leaves: true,
			want: `mara "" id-1 new@example.com "Mara S" "" "" attributes=map["empty":"" "floor":"3"] hash=hash:old password of mara factor`},
		{name: "keeps its sessions where nobody must leave", header: "login,name", cells: "mara,Mara S", existing: roll.Update, counts: "1 updated",
			want: strings.Replace(as, `"Mara"`, `"Mara S"`, 1)},
		{name: "that is disabled is signed out", header: "login,disabled", cells: "mara,true", existing: roll.Update, counts: "1 updated", leaves: true,
			want: strings.Replace(as, " hash=", " disabled hash=", 1)},
		{name: "cannot lose its address", header: "login,email", cells: "mara,", existing: roll.Update, counts: "1 bad", problem: "line 2: account lacks what Deskpro requires: no email address"},
		{name: "cannot be given another ID", header: "login,id", cells: "mara,id-2", existing: roll.Update, counts: "1 conflicts", problem: "line 2: id: the account has another one, which never changes"},
		{name: "keeps its password", header: "login,password_hash", cells: "mara,hash:new", existing: roll.Update, counts: "1 unchanged"},
		{name: "keeps what its password must be", header: "login,password,must_change", cells: "mara," + long + ",true", existing: roll.Update, counts: "1 unchanged"},
		{name: "can be told to change its password", header: "login,must_change", cells: "mara,true", existing: roll.Update, counts: "1 updated",
			want: strings.Replace(as, " hash=", " must-change hash=", 1)},
		{name: "is given another hash if that is wanted", header: "login,password_hash", cells: "mara,hash:new", existing: roll.Update, passwords: true, counts: "1 updated", leaves: true,
			want: strings.Replace(as, "hash:old password of mara", "hash:new", 1)},
		{name: "keeps the same hash", header: "login,password_hash", cells: "mara,hash:old password of mara", existing: roll.Update, passwords: true, counts: "1 unchanged"},
		{name: "is given another password if that is wanted", header: "login,password", cells: "mara," + long, existing: roll.Update, passwords: true, counts: "1 updated", leaves: true,
			want: strings.Replace(as, " hash=hash:old password of mara", " must-change hash=hash:"+long+" changed=2030-01-31T12:00:00Z", 1)},
		{name: "keeps the same password", header: "login,password", cells: "mara,old password of mara", existing: roll.Update, passwords: true, counts: "1 unchanged"},
		{name: "is not given a password that the policy refuses", header: "login,password", cells: "mara,short", existing: roll.Update, passwords: true, counts: "1 bad", problem: "line 2: password: use at least 15 characters"},
		{name: "cannot be given an alias that looks like another", header: "login,alias", cells: "mara,m\u0430ra", existing: roll.Update, counts: "1 bad", problem: "line 2: alias: has Latin and Cyrillic letters in one word, and looks like another"},
		{name: "cannot be given another's alias", header: "login,alias", cells: "mara,dora@example.com", existing: roll.Update, counts: "1 conflicts", problem: "line 2: alias: is another account's"},
		{name: "cannot be given another's login as alias", header: "login,alias", cells: "mara,dora", existing: roll.Update, counts: "1 conflicts", problem: "line 2: alias: is another account's"},
		{name: "is not meant by its alias", header: "login,email,name", cells: "dora@example.com,d@example.com,D", existing: roll.Update, counts: "1 conflicts", problem: "line 2: login: is another account's alias"},
		{name: "keeps a new one from its ID", header: "login,email,name,id", cells: "new,n@example.com,N,id-2", existing: roll.Update, counts: "1 conflicts", problem: "line 2: id: is another account's"},
		{name: "keeps a new one from its alias", header: "login,email,name,alias", cells: "new,n@example.com,N,dora@example.com", existing: roll.Update, counts: "1 conflicts", problem: "line 2: alias: is another account's"},
		{name: "that cannot be read is a conflict", header: "login,email,name", cells: "odd,n@example.com,N", existing: roll.Update, counts: "1 conflicts", problem: "line 2: what the directory has under this login or alias cannot be read as an account"},
	} {
		t.Run(row.name, func(t *testing.T) {
			dora := &account.Account{Login: "dora", Alias: "dora@example.com", ID: "id-2", Email: "d@example.com", Name: "Dora"}
			s := &site{directoryFake: newFake(mara(), dora)}
			if strings.Contains(row.cells, "odd") {
				s.unreadable["odd"] = true
			}
			s.change = func(c *roll.Config) { c.Existing, c.UpdatePasswords = row.existing, row.passwords }
			// In a dry run the same, and nothing is written.
			for _, apply := range []bool{false, true} {
				s.problems, s.ended, s.acts = nil, nil, nil
				s.change = func(c *roll.Config) { c.Existing, c.UpdatePasswords, c.Apply = row.existing, row.passwords, apply }
				summary := s.run(t, roll.CSV, row.header+"\n"+row.cells+"\n")
				want := as
				if apply && row.want != "" {
					want = row.want
				}
				if got := s.shown(); got[len(got)-1] != want || len(got) != 2 {
					t.Errorf("apply %v: %q, want %q", apply, got, want)
				}
				if counts(summary) != row.counts || summary.Applied != apply || !summary.Complete {
					t.Errorf("apply %v: %+v, want %s", apply, summary, row.counts)
				}
				if got := strings.Join(s.problems, "; "); got != row.problem {
					t.Errorf("apply %v: %q, want %q", apply, got, row.problem)
				}
				if got, want := len(s.ended) > 0, apply && row.leaves; got != want || got && !slices.Equal(s.ended, []string{"id-1", "id-1"}) {
					t.Errorf("apply %v: sessions ended of %q, want %v", apply, s.ended, want)
				}
				if got, want := len(s.acts) > 0, apply && (row.counts == "1 updated"); got != want {
					t.Errorf("apply %v: acts %q, want %v", apply, s.acts, want)
				}
			}
			// And once more there is nothing to do.
			if row.counts == "1 updated" {
				if got := counts(s.run(t, roll.CSV, row.header+"\n"+row.cells+"\n")); got != "1 unchanged" {
					t.Errorf("a second time: %s", got)
				}
			}
		})
	}
}

func TestTheSameInitialPasswordStillExpires(t *testing.T) {
	s := &site{directoryFake: newFake(), change: func(c *roll.Config) { c.Existing, c.UpdatePasswords = roll.Update, true }}
	const file = "login,email,name,initial_password,password_expires\nmara,m@example.com,Mara," + long + ",\n"
	for _, want := range []string{"1 added", "1 unchanged"} {
		if got := counts(s.run(t, roll.CSV, file)); got != want || !s.accounts["mara"].PasswordExpires.Equal(now.Add(7*24*time.Hour)) {
			t.Errorf("%s, want %s: %s", got, want, show(s.accounts["mara"]))
		}
	}
}

func TestAnAccountThatHasAnOddLoginIsUpdated(t *testing.T) {
	odd := &account.Account{Login: "m\u0430ra", Alias: "ma\u200bra", ID: "id-1", Email: "m@example.com", Name: "Mara"}
	s := &site{directoryFake: newFake(odd), change: func(c *roll.Config) { c.Existing = roll.Update }}
	if got := counts(s.run(t, roll.CSV, "login,alias,name\nm\u0430ra,ma\u200bra,Mara S\n")); got != "1 updated" {
		t.Errorf("%s, %q", got, s.problems)
	}
}

func TestAnAccountHasTheLengthsOfARow(t *testing.T) {
	most := &account.Account{
		ID: strings.Repeat("i", 256), Email: strings.Repeat("e", 256), Name: strings.Repeat("n", 256), FirstName: strings.Repeat("f", 256), LastName: strings.Repeat("l", 256),
		Attributes: map[string]string{strings.Repeat("a", 128): strings.Repeat("v", 2048)},
	}
	for range 100 {
		most.Groups = append(most.Groups, strings.Repeat("g", 256))
	}
	for i := range 49 {
		most.Attributes[fmt.Sprint(i)] = "v"
	}
	if err := roll.CheckLengths(most); err != nil {
		t.Errorf("of the longest: %v", err)
	}
	for _, row := range []struct {
		name, want string
		change     func(*account.Account)
	}{
		{"an ID", "id: is longer than 256 bytes", func(a *account.Account) { a.ID += "x" }},
		{"an address", "email: is longer than 256 bytes", func(a *account.Account) { a.Email += "x" }},
		{"a name", "name: is longer than 256 bytes", func(a *account.Account) { a.Name += "x" }},
		{"both names", "first_name: is longer than 256 bytes; last_name: is longer than 256 bytes", func(a *account.Account) { a.FirstName += "x"; a.LastName += "x" }},
		{"a group", "groups: is longer than 256 bytes", func(a *account.Account) { a.Groups[7] += "x" }},
		{"groups", "groups: are more than 100", func(a *account.Account) { a.Groups = append(a.Groups, "x") }},
		{"an attribute", "attribute.7: is longer than 2048 bytes", func(a *account.Account) { a.Attributes["7"] = strings.Repeat("v", 2049) }},
		{"an attribute's name", "the name of attribute." + strings.Repeat("x", 60) + "\u2026: is longer than 128 bytes", func(a *account.Account) {
			delete(a.Attributes, "7")
			a.Attributes[strings.Repeat("x", 129)] = "v"
		}},
		{"attributes", "attributes: are more than 50", func(a *account.Account) { a.Attributes["x"] = "v" }},
	} {
		a := most.Clone()
		row.change(a)
		if err := roll.CheckLengths(a); err == nil || err.Error() != row.want {
			t.Errorf("of %s: %v, want %s", row.name, err, row.want)
		}
	}
}

// hashing is a test's failure.
type hashing struct{ passwordsFake }

func (hashing) Hash(context.Context, redact.Secret) (string, error) { return "", errors.New("hashed") }

func TestADryRunHashesNothing(t *testing.T) {
	s := &site{directoryFake: newFake(mara()), change: func(c *roll.Config) {
		c.Apply, c.Existing, c.UpdatePasswords, c.Passwords = false, roll.Update, true, hashing{}
	}}
	if got := counts(s.run(t, roll.CSV, "login,email,name,password\nmara,m@example.com,Mara,"+long+"\ndora,d@example.com,Dora,"+long+"\n")); got != "1 added, 1 updated" {
		t.Errorf("%s, %q", got, s.problems)
	}
}

func TestAHashThatCannotBeVerifiedIsOfNoPassword(t *testing.T) {
	odd := mara()
	odd.PasswordHash = "odd"
	s := &site{directoryFake: newFake(odd), change: func(c *roll.Config) { c.Existing, c.UpdatePasswords = roll.Update, true }}
	if got := counts(s.run(t, roll.CSV, "login,password\nmara,"+long+"\n")); got != "1 updated" || s.accounts["mara"].PasswordHash != "hash:"+long {
		t.Errorf("%s, %s", got, show(s.accounts["mara"]))
	}
}

func TestItemsThatCannotBeReadKeepIDsFromBeingGiven(t *testing.T) {
	s := &site{directoryFake: newFake()}
	s.unreadable["odd"] = true
	_, err := roll.Import(t.Context(), s.config(roll.CSV, "login,email,name,id\nnew,n@example.com,N,1\n"))
	if err == nil || !strings.Contains(err.Error(), "1 items of the directory cannot be read") || len(s.accounts) > 0 {
		t.Errorf("error = %v", err)
	}
	if got := counts(s.run(t, roll.CSV, "login,email,name\nnew,n@example.com,N\n")); got != "1 added" || s.calls["All"] != 1 {
		t.Errorf("without IDs: %s, %d scans", got, s.calls["All"])
	}
}

func TestASummaryTellsWhoCannotSignIn(t *testing.T) {
	const file = "login,email,name,email_verified,password_hash\na,a@example.com,A,,\nb,b@example.com,B,true,hash:x\nc,c@example.com,C,no,hash:x\n"
	for _, row := range []struct {
		name     string
		verified bool
		want     int
	}{{"by what the file says", false, 2}, {"by what the operator vouches for", true, 1}} {
		t.Run(row.name, func(t *testing.T) {
			s := &site{directoryFake: newFake(), change: func(c *roll.Config) { c.EmailVerified = row.verified }}
			if got := s.run(t, roll.CSV, file); got.Unverified != row.want || got.NoPassword != 1 || got.Line != 4 || got.Bytes != int64(len(file)) {
				t.Errorf("%+v, want %d unverified", got, row.want)
			}
		})
	}
}

func TestConfigIsChecked(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*roll.Config)
	}{
		{"a source", func(c *roll.Config) { c.Source = nil }},
		{"accounts", func(c *roll.Config) { c.Accounts = nil }},
		{"a way to write down acts", func(c *roll.Config) { c.Act = nil }},
		{"a format that there is", func(c *roll.Config) { c.Format = "xml" }},
		{"a way with existing accounts that there is", func(c *roll.Config) { c.Existing = "ask" }},
		{"passwords changed only in an update", func(c *roll.Config) { c.UpdatePasswords = true }},
		{"initial passwords that expire", func(c *roll.Config) { c.InitialLife = roll.MaxInitialLife + 1 }},
		{"no negative concurrency", func(c *roll.Config) { c.Concurrency = -1 }},
		{"a separator that is no quote", func(c *roll.Config) { c.Separator = '"' }},
	} {
		t.Run("it needs "+row.name, func(t *testing.T) {
			s := &site{directoryFake: newFake(), change: row.change}
			if _, err := roll.Import(t.Context(), s.config(roll.CSV, "login\n")); err == nil {
				t.Error("Import succeeded")
			}
		})
	}
}
