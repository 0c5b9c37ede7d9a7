package accounttest

import (
	"encoding/base32"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/directory/cognito/cognitotest"
	"deskpro-login/pkg/factor"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/password"
	"deskpro-login/pkg/redact"
)

// Opened is a store under test.
type Opened struct {
	account.Store
	// Put stores an account in place of the one that has its Login, as the
	// directory's own administration would, and Remove removes one.
	Put    func(t *testing.T, a account.Account)
	Remove func(t *testing.T, login string)
	// NoAliases: it has none, as another's table.
	NoAliases bool
}

// RunFlows signs in, by a Checker over the store that open fills, in all the ways
// that there are: codes, recovery codes, new passwords and new apps, one after
// the other and at once.
func RunFlows(t *testing.T, open func(t *testing.T, accounts []account.Account) Opened) {
	for name, test := range map[string]func(*testing.T, *flow){
		"a code of the app is good once":                         testCode,
		"of sign-ins with one code at once one comes in":         testCodeAtOnce,
		"a recovery code is good once":                           testRecovery,
		"of sign-ins with one recovery code at once one does":    testRecoveryAtOnce,
		"a password that must be changed":                        testMustChange,
		"an initial password expires":                            testInitial,
		"of two changes of one password one wins":                testChangeAtOnce,
		"a password is changed by who asks for it":               testWantPassword,
		"an app is set up by who has to":                         testRequired,
		"another app takes the place of the first":               testWantFactor,
		"an app is turned off by who proves it":                  testWantNoFactor,
		"an app is turned off by a recovery code":                testNoFactorByRecovery,
		"a short password does not stay without an app":          testNoFactorShort,
		"an app that must be there stays":                        testNoFactorRequired,
		"an app that another door asks for stays":                testAnotherDoorKeepsTheApp,
		"apps are switched off before one is turned off":         testNoFactorSwitchedOff,
		"who has no app cannot turn it off":                      testNoFactorOfNone,
		"what happens before an app is turned off ends that":     testRemovalMeanwhile,
		"of an app that is turned off twice at once":             testRemovalAtOnce,
		"new recovery codes take the place of the old ones":      testWantCodes,
		"of those who renew the codes at once one does":          testCodesAtOnce,
		"what happens to the account meanwhile ends the sign-in": testMeanwhile,
		"no step can be left out":                                testOrder,
		"an outdated hash is replaced by a right password":       testRenew,
		"a key is sealed anew after its secret was":              testReseal,
		"two sign-ins that replace an outdated hash":             testRenewAtOnce,
		"answers of the store that are lost":                     testLost,
		"new recovery codes that were not written":               testCodesUnwritten,
		"the second login is as good as the first":               testAlias,
	} {
		t.Run(name, func(t *testing.T) { test(t, newFlow(t, open)) })
	}
}

const (
	plainLogin  = "flo@example.com"
	appLogin    = "abe@example.com"
	appAlias    = "abe"
	mustLogin   = "mo@example.com"
	oldPassword = "the old password, long enough"
	newPassword = "seven green horses at lunch"
	appKey      = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" // of RFC 6238
)

// flow is a Checker with its clock.
type flow struct {
	t *testing.T
	Opened
	lossy   *lossy
	secrets *secrets
	checker *account.Checker
	codes   []string
	// keep is the Checker's KeepGroups.
	keep []string

	mu  sync.Mutex
	now time.Time
}

// secrets is a keyring.Versions of two.
type secrets struct{ current, previous string }

func version(id string) (keyring.Version, error) {
	if id == "" {
		return keyring.Version{}, keyring.ErrAbsent
	}
	return keyring.Version{ID: id, Text: redact.New(id + strings.Repeat(" practice", 8))}, nil
}

func newFlow(t *testing.T, open func(t *testing.T, accounts []account.Account) Opened) *flow {
	t.Helper()
	f := &flow{t: t, now: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), secrets: &secrets{current: "v1"}, codes: factor.NewCodes()}
	vault := f.vault()
	key, err := factor.ParseKey(appKey)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := vault.Seal(t.Context(), "id-abe", key)
	if err != nil {
		t.Fatal(err)
	}
	app := &account.Factor{Key: sealed}
	for _, code := range f.codes {
		hash, _ := factor.HashCode("id-abe", redact.New(code))
		app.Recovery = append(app.Recovery, hash)
	}
	person := func(login, id string, c account.Credentials, groups ...string) account.Account {
		c.PasswordHash = plainHash(oldPassword)
		return account.Account{
			Login: login, ID: id, Email: id + "@example.com", EmailVerified: true, Name: "Flora Lovelace", Groups: groups, Credentials: c,
		}
	}
	abe := person(appLogin, "id-abe", account.Credentials{Factor: app})
	f.Opened = open(t, []account.Account{
		person(plainLogin, "id-flo", account.Credentials{}, "staff"),
		abe,
		person(mustLogin, "id-mo", account.Credentials{MustChange: true, PasswordExpires: f.now.Add(time.Hour)}),
	})
	f.lossy = &lossy{Store: f.Store}
	f.checker = f.newChecker(nil)
	return f
}

func (f *flow) newChecker(groups []string) *account.Checker {
	f.t.Helper()
	return f.checkerWith(f.vault(), groups)
}

func (f *flow) checkerWith(factors *factor.Vault, groups []string) *account.Checker {
	f.t.Helper()
	policy, err := password.NewPolicy(password.PolicyConfig{})
	if err != nil {
		f.t.Fatal(err)
	}
	checker, err := account.New(account.Config{
		Store: f.lossy, Passwords: plain{}, Policy: policy, Factors: factors, FactorGroups: groups, KeepGroups: f.keep, Now: f.clock,
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return checker
}

func (f *flow) vault() *factor.Vault {
	f.t.Helper()
	vault, err := factor.NewVault(versions{f.secrets})
	if err != nil {
		f.t.Fatal(err)
	}
	return vault
}

func (f *flow) clock() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *flow) wait(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

// code is what the app with this key shows, so many steps from now.
func (f *flow) code(key string, steps int) string {
	f.t.Helper()
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(key)
	if err != nil {
		f.t.Fatal(err)
	}
	return cognitotest.TOTP(raw, f.clock().Add(time.Duration(steps)*30*time.Second))
}

// begin signs in with a password and returns the challenge, if there is one.
func (f *flow) begin(c directory.Credentials) (directory.Outcome, error) {
	return f.checker.Authenticate(f.t.Context(), c)
}

func (f *flow) mustBegin(login, typed string) directory.Challenge {
	f.t.Helper()
	return f.challenge(f.begin(directory.Credentials{Login: login, Password: redact.New(typed)}))
}

func (f *flow) challenge(outcome directory.Outcome, err error) directory.Challenge {
	f.t.Helper()
	if err != nil || outcome.Challenge == nil {
		f.t.Fatalf("got %+v, %v, want a challenge", outcome, err)
	}
	return *outcome.Challenge
}

func (f *flow) user(outcome directory.Outcome, err error) *directory.User {
	f.t.Helper()
	if err != nil || outcome.User == nil {
		f.t.Fatalf("got %+v, %v, want a user", outcome, err)
	}
	return outcome.User
}

func (f *flow) refuse(outcome directory.Outcome, err, want error) {
	f.t.Helper()
	if !errors.Is(err, want) || outcome.User != nil {
		f.t.Fatalf("got %+v, %v, want %v", outcome, err, want)
	}
}

func (f *flow) answer(c directory.Challenge, code string) (directory.Outcome, error) {
	return f.checker.Respond(f.t.Context(), c, directory.Answer{Code: redact.New(code)})
}

func (f *flow) choose(c directory.Challenge, chosen string) (directory.Outcome, error) {
	return f.checker.Respond(f.t.Context(), c, directory.Answer{Password: redact.New(chosen)})
}

func (f *flow) stored(login string) *account.Account {
	f.t.Helper()
	a, err := f.Find(f.t.Context(), login)
	if err != nil || a == nil {
		f.t.Fatalf("finding %s: %v, %v", login, a, err)
	}
	return a
}

// together runs n sign-ins at the same moment and returns how many came in.
func (f *flow) together(n int, answer func(i int) (directory.Outcome, error)) (in int, errs []error) {
	var (
		all sync.WaitGroup
		mu  sync.Mutex
	)
	for i := range n {
		all.Go(func() {
			outcome, err := answer(i)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, err)
			} else if outcome.User != nil {
				in++
			}
		})
	}
	all.Wait()
	return in, errs
}

func testMeanwhile(t *testing.T, f *flow) {
	change := func(edit func(*account.Account)) func(*account.Account) {
		return func(a *account.Account) {
			edit(a)
			f.Put(t, *a)
		}
	}
	for name, happen := range map[string]func(*account.Account){
		"it is disabled":            change(func(a *account.Account) { a.Disabled = true }),
		"it gets another password":  change(func(a *account.Account) { a.PasswordHash = plainHash("something else") }),
		"it gets another app":       change(func(a *account.Account) { a.Factor = &account.Factor{Key: "another"} }),
		"it is removed":             func(a *account.Account) { f.Remove(t, a.Login) },
		"its initial password ends": change(func(a *account.Account) { a.PasswordExpires = f.clock() }),
	} {
		t.Run(name, func(t *testing.T) {
			before := f.stored(appLogin).Clone()
			code := f.mustBegin(appLogin, oldPassword)
			must := f.mustBegin(mustLogin, oldPassword)
			other := f.stored(mustLogin).Clone()
			happen(f.stored(appLogin))
			outcome, err := f.answer(code, f.code(appKey, 0))
			f.refuse(outcome, err, directory.ErrOver)
			happen(f.stored(mustLogin))
			outcome, err = f.choose(must, newPassword)
			f.refuse(outcome, err, directory.ErrOver)
			f.Put(t, *before)
			f.Put(t, *other)
		})
	}
}

func testOrder(t *testing.T, f *flow) {
	code := f.challenge(f.begin(directory.Credentials{Login: appLogin, Password: redact.New(oldPassword), Want: directory.WantPassword}))
	f.wait(time.Minute)
	later := f.challenge(f.answer(f.challenge(f.begin(directory.Credentials{
		Login: appLogin, Password: redact.New(oldPassword), Want: directory.WantPassword,
	})), f.code(appKey, 0)))
	for _, kind := range []string{later.Kind, "TOTP_SETUP", "RECOVERY_CODES", ""} {
		code.Kind = kind
		outcome, err := f.checker.Respond(t.Context(), code, directory.Answer{Password: redact.New(newPassword), Code: redact.New("000000")})
		f.refuse(outcome, err, directory.ErrOver)
		if outcome.Challenge != nil || outcome.Changed != "" {
			t.Errorf("%q leads to %+v", kind, outcome)
		}
	}
	if f.stored(appLogin).PasswordHash != plainHash(oldPassword) {
		t.Error("the password was changed without a code")
	}
}

func testAlias(t *testing.T, f *flow) {
	if f.NoAliases {
		return
	}
	a := f.stored(appLogin).Clone()
	a.Alias = appAlias
	f.Put(t, *a)
	for _, login := range []string{"Abe", appLogin} {
		f.user(f.answer(f.mustBegin(login, oldPassword), f.codes[len(login)%len(f.codes)]))
	}
}
