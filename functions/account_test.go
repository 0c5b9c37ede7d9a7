package functions_test

import (
	"bytes"
	"encoding/base32"
	"encoding/json"
	"html"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/directory/cognito/cognitotest"
)

const (
	another = "four plain words in a row"
	// bcryptHash is of "practice-helpdesk", made by PHP's password_hash.
	bcryptHash = "$2y$10$f7IEzU8TE8m5Mjd78F7NdOdZ8X.RpfSjiqi8fao80SSOXLdhi6lP6"
)

// updates plays AWS and notes what UpdateItem asks of the table of accounts.
type updates struct {
	aws *awstest.Server

	mu    sync.Mutex
	named map[string]bool // attributes
	odd   []string
}

func (u *updates) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var in struct {
		TableName, ReturnValues, ReturnValuesOnConditionCheckFailure string
		Key                                                          map[string]any
		ExpressionAttributeNames                                     map[string]string
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if err := json.Unmarshal(body, &in); err == nil && in.TableName == "accounts" && operation != "GetItem" {
		u.mu.Lock()
		if operation != "UpdateItem" || in.ReturnValues != "NONE" || in.ReturnValuesOnConditionCheckFailure != "" {
			u.odd = append(u.odd, operation+" "+in.ReturnValues+" "+in.ReturnValuesOnConditionCheckFailure)
		}
		for name := range in.Key {
			u.named[name] = true
		}
		for name := range maps.Values(in.ExpressionAttributeNames) {
			u.named[name] = true
		}
		u.mu.Unlock()
	}
	u.aws.ServeHTTP(w, r)
}

// withinTheRole holds what was asked to what template.yaml lets authenticate do
// with a table of the stack's own.
func (u *updates) withinTheRole(t *testing.T) {
	t.Helper()
	u.mu.Lock()
	defer u.mu.Unlock()
	template, err := os.ReadFile("../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	list := regexp.MustCompile(`dynamodb:Attributes: \[([^\]]*)\]`).FindSubmatch(template)
	if list == nil {
		t.Fatal("template.yaml bounds no attributes")
	}
	may := strings.Split(string(list[1]), ", ")
	for _, name := range slices.Sorted(maps.Keys(u.named)) {
		if !slices.Contains(may, name) {
			t.Errorf("authenticate names the attribute %s, which its role does not permit", name)
		}
	}
	if len(u.odd) > 0 {
		t.Errorf("its role does not permit %q", u.odd)
	}
	if len(u.named) == 0 {
		t.Error("nothing was written")
	}
}

// tableOf is a cloud with these accounts besides, each an item in DynamoDB's JSON.
func tableOf(t *testing.T, items ...string) (*awstest.Server, *updates, []string) {
	t.Helper()
	aws, _ := cloud(t)
	for _, item := range items {
		aws.PutItem("accounts", item)
	}
	u := &updates{aws: aws, named: map[string]bool{}}
	server := httptest.NewServer(u)
	t.Cleanup(func() { aws.Clear(); server.Close() })
	return aws, u, environment(server.URL)
}

// signIn submits the form, with a password and what the person came for besides.
func (v *visitor) signIn(login, password, want string) events.APIGatewayV2HTTPResponse {
	v.t.Helper()
	return v.send("authenticate", "POST /{door}/login", "", url.Values{
		"username": {login}, "password": {password}, "want": {want}, "return": {"/login/authenticate-callback/1?x=1"},
	})
}

// stored is the account's item.
func stored(t *testing.T, aws *awstest.Server, login string) (item struct {
	Hash    struct{ S string }      `json:"password_hash"`
	Must    struct{ BOOL bool }     `json:"must_change"`
	Factor  struct{ M any }         `json:"factor"`
	Version struct{ N json.Number } `json:"version"`
}) {
	t.Helper()
	if err := json.Unmarshal([]byte(aws.Items("accounts")[login]), &item); err != nil {
		t.Fatal(err)
	}
	return item
}

// told is which events a log tells of, in their order.
func told(log string) []string {
	var names []string
	for _, match := range regexp.MustCompile(`"event":"([a-z_]+)"`).FindAllStringSubmatch(log, -1) {
		names = append(names, match[1])
	}
	return names
}

func (v *visitor) wantLog(events ...string) {
	v.t.Helper()
	if got := told(v.log.String()); !slices.Equal(got, events) {
		v.t.Errorf("the logs tell of %v, want %v:\n%s", got, events, v.log.String())
	}
}

func (v *visitor) wantNoneOf(secrets ...string) {
	v.t.Helper()
	for _, secret := range secrets {
		if strings.Contains(v.log.String(), secret) {
			v.t.Errorf("a log shows %q:\n%s", secret, v.log.String())
		}
	}
}

func TestAnAccountThatMustChangeItsPasswordOverProcesses(t *testing.T) {
	aws, u, env := tableOf(t, account("u-2001", "nia@example.com", "Nia Mensah", `,"must_change":{"BOOL":true}`))
	other := &visitor{t: t, env: env}
	open := other.password("nia@example.com")
	want(t, open, 200, "Choose a new password")
	want(t, open, 200, "Use at least 15 characters.")
	v := &visitor{t: t, env: env}
	page := v.password("nia@example.com")
	page = v.answer(page, url.Values{"new_password": {"short"}})
	want(t, page, 422, "DPL-2010")
	page = v.answer(page, url.Values{"new_password": {"nia.mensah.acme.1"}})
	want(t, page, 422, "more in it than your name")
	page = v.answer(page, url.Values{"new_password": {"practice-helpdesk"}})
	want(t, page, 422, "the password that you have now")
	want(t, v.answer(page, url.Values{"new_password": {another}}), 302, arrived)
	if item := stored(t, aws, "nia@example.com"); item.Hash.S == hash() || !strings.HasPrefix(item.Hash.S, "$argon2id$") || item.Must.BOOL || item.Version.N != "1" {
		t.Errorf("what is stored is %+v", item)
	}
	v.wantLog("challenged", "refused", "refused", "refused", "password_changed", "signed_in", "token_issued")
	v.wantNoneOf("practice-helpdesk", another, "nia@example.com", "nia.mensah", "$argon2id$", hash())
	want(t, other.password("nia@example.com"), 401, "DPL-2001")
	want(t, (&visitor{t: t, env: env}).signIn("nia@example.com", another, ""), 302, arrived)
	// Who knew the first password, too, and was on the way.
	want(t, other.answer(open, url.Values{"new_password": {"some other words to have"}}), 401, "DPL-2012")
	u.withinTheRole(t)
	wroteOnly(t, aws, "session#", "devices#", "challenge#", "ended#", "guesses#", "known#")
}

func TestNewPasswordsAreHeldToWhatIsConfigured(t *testing.T) {
	asked := make(chan string, 9)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Method + " " + r.Host
		w.WriteHeader(http.StatusBadGateway)
	}))
	t.Cleanup(proxy.Close)
	_, _, env := tableOf(t)
	v := &visitor{t: t, env: append(env, "PASSWORD_MIN_LENGTH=20", "PASSWORD_WORDS=sprocketeer", "BREACH_CHECK=on", "HTTPS_PROXY="+proxy.URL)}
	page := v.signIn("ugo@example.com", "practice-helpdesk", "password")
	want(t, page, 200, "Use at least 20 characters.")
	for _, row := range []struct{ password, says string }{
		{"nineteen of letters", "at least 20"},
		{"a sprocketeer: 20261124", "company’s name"},
		{"Acme, acme.deskpro.com 1", "company’s name"},
	} {
		page = v.answer(page, url.Values{"new_password": {row.password}})
		want(t, page, 422, row.says)
	}
	if len(asked) > 0 {
		t.Errorf("%s was asked about what is unfit anyway", <-asked)
	}
	want(t, v.answer(page, url.Values{"new_password": {another}}), 302, ownAccount) // as nobody answers
	if len(asked) == 0 {
		t.Fatal("nobody was asked")
	}
	if got := <-asked; got != "CONNECT api.pwnedpasswords.com:443" {
		t.Errorf("the request was %s", got)
	}
	if !strings.Contains(v.log.String(), "was not looked up among leaked ones") {
		t.Errorf("the log does not say that nobody answered:\n%s", v.log.String())
	}
}

func TestAnotherPasswordEndsTheOtherSessions(t *testing.T) {
	aws, _, env := tableOf(t)
	thief, v := &visitor{t: t, env: env}, &visitor{t: t, env: env}
	want(t, thief.password("ugo@example.com"), 302, arrived)
	want(t, thief.send("login", "GET /{door}/login", "", nil), 302, "jwt=")
	page := v.signIn("ugo@example.com", "practice-helpdesk", "password")
	want(t, page, 200, "Choose a new password")
	want(t, v.answer(page, url.Values{"new_password": {another}}), 302, ownAccount)
	want(t, thief.send("login", "GET /{door}/login", "", nil), 200, "Password")
	want(t, v.send("login", "GET /{door}/login", "", nil), 302, "jwt=")
	wroteOnly(t, aws, "session#", "devices#", "challenge#", "ended#", "guesses#", "known#")
}

// ownAccount is where people come to who came for it.
const ownAccount = "/users/account?return="

var keyPattern = regexp.MustCompile(`class="key" dir="ltr">([A-Z2-7 ]+)<`)

// enrol sets up an app and returns its key and the recovery codes.
func (v *visitor) enrol(page events.APIGatewayV2HTTPResponse) (key []byte, codes []string) {
	v.t.Helper()
	want(v.t, page, 200, "Set up your authenticator app")
	shown := keyPattern.FindStringSubmatch(page.Body)
	if shown == nil {
		v.t.Fatalf("there is no key:\n%s", page.Body)
	}
	text := strings.ReplaceAll(shown[1], " ", "")
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text)
	if err != nil {
		v.t.Fatal(err)
	}
	page = v.answer(page, url.Values{"code": {"000000"}})
	want(v.t, page, 401, "DPL-2008")
	page = v.answer(page, url.Values{"code": {cognitotest.TOTP(key, time.Now())}})
	want(v.t, page, 200, "Keep your recovery codes")
	for _, code := range regexp.MustCompile(`<li><code>([^<]+)</code></li>`).FindAllStringSubmatch(page.Body, -1) {
		codes = append(codes, html.UnescapeString(code[1]))
	}
	if len(codes) != 10 {
		v.t.Fatalf("%d recovery codes are shown:\n%s", len(codes), page.Body)
	}
	if kept := v.answer(page, url.Values{}); !strings.Contains(kept.Headers["Location"], ownAccount) { // unless they had to
		want(v.t, kept, 302, arrived)
	}
	v.wantNoneOf(append(codes, text, factorsKey)...)
	return key, codes
}

// nextCode is one that is taken where the present one was, whatever happens to
// the clock meanwhile.
func nextCode(key []byte) string { return cognitotest.TOTP(key, time.Now().Add(30*time.Second)) }

func TestADoorThatAsksForASecondFactorOverProcesses(t *testing.T) {
	aws, u, env := tableOf(t)
	env = append(env, "USERS_FACTOR=required")
	v := &visitor{t: t, env: env}
	key, codes := v.enrol(v.password("ugo@example.com"))
	v.wantLog("challenged", "refused", "factor_added", "challenged", "signed_in", "token_issued")
	want(t, v.send("login", "GET /{door}/login", "", nil), 302, "jwt=")
	for login, item := range aws.Items("accounts") {
		for _, secret := range append(codes, codes[0][:4], string(key)) {
			if strings.Contains(item, secret) {
				t.Errorf("the account of %s shows %q: %s", login, secret, item)
			}
		}
	}

	// Each code once.
	next := &visitor{t: t, env: env}
	page := next.password("ugo@example.com")
	want(t, page, 200, "the code that it shows")
	code := nextCode(key)
	want(t, next.answer(page, url.Values{"code": {code}}), 302, arrived)
	late := &visitor{t: t, env: env}
	page = late.password("ugo@example.com")
	want(t, late.answer(page, url.Values{"code": {code}}), 401, "DPL-2009")
	late.wantNoneOf(code)

	// A session of the door without is not enough for the one that asks.
	weak := &visitor{t: t, env: without(env, "USERS_FACTOR")}
	want(t, weak.password("ana@example.com"), 302, arrived)
	weak.env = env
	want(t, weak.send("login", "GET /{door}/login", "", nil), 200, "asks for more than a password")
	u.withinTheRole(t)
	wroteOnly(t, aws, "session#", "devices#", "challenge#", "ended#", "guesses#", "known#")
}

// without is env without a variable.
func without(env []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(variable string) bool { return strings.HasPrefix(variable, name+"=") })
}

func TestARecoveryCodeStandsInForTheAppOnce(t *testing.T) {
	_, u, env := tableOf(t)
	v := &visitor{t: t, env: env}
	_, codes := v.enrol(v.signIn("ugo@example.com", "practice-helpdesk", "factor"))
	lost := &visitor{t: t, env: env}
	page := lost.password("ugo@example.com")
	want(t, page, 200, "Without your phone?")
	want(t, lost.answer(page, url.Values{"code": {strings.ToLower(strings.ReplaceAll(codes[3], "-", " "))}}), 302, arrived)
	lost.wantLog("challenged", "recovery_code_used", "signed_in", "token_issued")
	again := &visitor{t: t, env: env}
	page = again.password("ugo@example.com")
	page = again.answer(page, url.Values{"code": {codes[3]}})
	want(t, page, 401, "DPL-2008")
	want(t, again.answer(page, url.Values{"code": {codes[4]}}), 302, arrived)
	lost.wantNoneOf(codes...)
	again.wantNoneOf(codes...)
	u.withinTheRole(t)
}

func TestMembersOfAGroupNeedASecondFactor(t *testing.T) {
	_, _, env := tableOf(t)
	env = append(env, "FACTOR_GROUPS=finance, deskpro-agents")
	want(t, (&visitor{t: t, env: env}).password("ana@example.com"), 200, "Set up your authenticator app")
	want(t, (&visitor{t: t, env: env}).password("ugo@example.com"), 302, arrived)
}

// The one before still opens, and the app's key is sealed anew.
func TestTheSecretOfTheAppsIsChanged(t *testing.T) {
	aws, _, env := tableOf(t)
	v := &visitor{t: t, env: env}
	key, codes := v.enrol(v.signIn("ugo@example.com", "practice-helpdesk", "factor"))
	sealed := aws.Items("accounts")["ugo@example.com"]
	aws.PutSecret("factors", "another-key-another-key-another-key-another")
	v = &visitor{t: t, env: env}
	want(t, v.answer(v.password("ugo@example.com"), url.Values{"code": {nextCode(key)}}), 302, arrived)
	aws.PutSecret("factors", "third-key-third-key-third-key-third-key-third")
	aws.PutItem("accounts", regexp.MustCompile(`"step":\{"N":"\d+"\}`).ReplaceAllString(aws.Items("accounts")["ugo@example.com"], `"step":{"N":"0"}`))
	v = &visitor{t: t, env: env}
	want(t, v.answer(v.password("ugo@example.com"), url.Values{"code": {nextCode(key)}}), 302, arrived)

	aws.PutItem("accounts", sealed) // whoever did not sign in meanwhile
	v = &visitor{t: t, env: env}
	page := v.password("ugo@example.com")
	want(t, v.answer(page, url.Values{"code": {nextCode(key)}}), 403, "DPL-2013")
	if !strings.Contains(v.log.String(), "loginctl account mfa reset") {
		t.Errorf("the log does not say what to do:\n%s", v.log.String())
	}
	v.wantNoneOf("another-key", "third-key", factorsKey)
	v = &visitor{t: t, env: env}
	want(t, v.answer(v.password("ugo@example.com"), url.Values{"code": {codes[0]}}), 302, arrived)
}

// Switched off, an app that somebody has is not just forgotten.
func TestAnAppIsAskedForOrNobodyGetsIn(t *testing.T) {
	_, _, env := tableOf(t)
	v := &visitor{t: t, env: env}
	v.enrol(v.signIn("ugo@example.com", "practice-helpdesk", "factor"))
	off := &visitor{t: t, env: without(without(env, "FACTORS"), "FACTOR_SECRET")}
	want(t, off.password("ugo@example.com"), 403, "DPL-2013")
	if !strings.Contains(off.log.String(), "authenticator app") {
		t.Errorf("the log does not say why:\n%s", off.log.String())
	}
}

func TestAHashOfAnotherToolIsReplacedOverProcesses(t *testing.T) {
	for _, row := range []struct {
		name string
		env  string
		cost string
	}{
		{"by a hash of the default cost", "HASH_TIME=2", "$argon2id$v=19$m=19456,t=2,p=1$"},
		{"by a hash that costs what is configured", "HASH_TIME=3", "$argon2id$v=19$m=19456,t=3,p=1$"},
	} {
		t.Run(row.name, func(t *testing.T) {
			aws, u, env := tableOf(t, strings.ReplaceAll(account("u-3001", "max@example.com", "Max Roth", ""), hash(), bcryptHash))
			v := &visitor{t: t, env: append(env, row.env)}
			want(t, v.password("max@example.com"), 302, arrived)
			if got := stored(t, aws, "max@example.com").Hash.S; !strings.HasPrefix(got, row.cost) {
				t.Errorf("the hash is %s, want one that begins %s", got, row.cost)
			}
			want(t, (&visitor{t: t, env: v.env}).password("max@example.com"), 302, arrived)
			v.wantNoneOf(bcryptHash, "practice-helpdesk")
			u.withinTheRole(t)
		})
	}
}

// A table that a company has, of which nothing is known but what is configured.
func TestATableOfOthersThatIsOnlyRead(t *testing.T) {
	aws, u, env := tableOf(t)
	aws.CreateTable("people", "username")
	person := func(username, status string) string {
		return `{"username":{"S":"` + username + `"},"staff_no":{"N":"4711"},"mail":{"S":"` + username + `@example.com"},"full_name":{"S":"Max Roth"},` +
			`"roles":{"SS":["staff","deskpro-agents"]},"dept":{"S":"Research"},"pw":{"S":"` + bcryptHash + `"},"status":{"S":"` + status + `"}}`
	}
	aws.PutItem("people", person("max", "active"))
	aws.PutItem("people", person("eva", "left"))
	before := aws.Items("people")
	env = append(without(without(env, "FACTORS"), "FACTOR_SECRET"), "ACCOUNTS_TABLE=people", "ACCOUNTS_WRITES=off", "USERS_ATTRIBUTES=department",
		"ACCOUNTS_FIELDS=login=username id=staff_no email=mail email_verified=* name=full_name groups=roles department=dept password_hash=pw disabled=!status:active")
	v := &visitor{t: t, env: env}
	page := v.signIn(" MAX ", "practice-helpdesk", "password") // which is not offered
	want(t, page, 302, arrived)
	for _, claim := range []string{`"id":"4711"`, `"email":"max@example.com"`, `"name":"Max Roth"`, `"department":"Research"`} {
		want(t, page, 302, claim)
	}
	want(t, (&visitor{t: t, env: env}).password("eva"), 401, "DPL-2001")
	want(t, (&visitor{t: t, env: env}).signIn("max", "practice-helpdesk2", ""), 401, "DPL-2001")
	if form := v.send("login", "GET /{door}/login", "prompt=login", nil); strings.Contains(form.Body, "Change your password") || strings.Contains(form.Body, "authenticator") {
		t.Errorf("the page offers what is not to be had:\n%s", form.Body)
	}
	if !maps.Equal(aws.Items("people"), before) || aws.Calls("UpdateItem") > 0 || len(u.named) > 0 {
		t.Error("the table was written to")
	}
}
