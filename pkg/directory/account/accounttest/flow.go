package accounttest

import (
	"encoding/base32"
	"errors"
	"slices"
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
		"what happens to the account meanwhile ends the sign-in": testMeanwhile,
		"no step can be left out":                                testOrder,
		"an outdated hash is replaced by a right password":       testRenew,
		"a key is sealed anew after its secret was":              testReseal,
		"two sign-ins that replace an outdated hash":             testRenewAtOnce,
		"answers of the store that are lost":                     testLost,
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
	policy, err := password.NewPolicy(password.PolicyConfig{})
	if err != nil {
		f.t.Fatal(err)
	}
	checker, err := account.New(account.Config{
		Store: f.lossy, Passwords: plain{}, Policy: policy, Factors: f.vault(), FactorGroups: groups, Now: f.clock,
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

func testCode(t *testing.T, f *flow) {
	c := f.mustBegin(appLogin, oldPassword)
	if c.Step != directory.StepCode || c.Medium != directory.MediumApp || !c.Recovery {
		t.Fatalf("the challenge is %+v", c)
	}
	for name, code := range map[string]string{
		"none": "", "of another app": f.code("MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U", 0), "two steps early": f.code(appKey, 2), "two steps late": f.code(appKey, -2),
		"with a space": f.code(appKey, 0)[:3] + " " + f.code(appKey, 0)[3:], "with a line end": f.code(appKey, 0) + "\n", "with other digits": "٠١٢٣٤٥",
	} {
		t.Run(name, func(t *testing.T) {
			outcome, err := f.answer(c, code)
			f.refuse(outcome, err, directory.ErrWrongCode)
		})
	}
	early := f.code(appKey, -1)
	code := f.code(appKey, 0)
	if user := f.user(f.answer(c, code)); user.ID != "id-abe" || !user.Factor {
		t.Errorf("user is %+v, want id-abe with a factor", user)
	}
	for _, spent := range []string{code, early} {
		outcome, err := f.answer(f.mustBegin(appLogin, oldPassword), spent)
		f.refuse(outcome, err, directory.ErrSpentCode)
	}
	f.user(f.answer(f.mustBegin(appLogin, oldPassword), f.code(appKey, 1)))
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

func testCodeAtOnce(t *testing.T, f *flow) {
	var challenges []directory.Challenge
	for range 8 {
		challenges = append(challenges, f.mustBegin(appLogin, oldPassword))
	}
	code := f.code(appKey, 0)
	in, errs := f.together(len(challenges), func(i int) (directory.Outcome, error) { return f.answer(challenges[i], code) })
	if in != 1 {
		t.Errorf("%d came in, want 1", in)
	}
	for _, err := range errs {
		if !errors.Is(err, directory.ErrSpentCode) && !errors.Is(err, directory.ErrUnavailable) {
			t.Errorf("one of the others got %v", err)
		}
	}
}

func testRecovery(t *testing.T, f *flow) {
	for i, code := range f.codes {
		typed := code
		if i%2 == 1 {
			typed = " " + strings.ToUpper(strings.ReplaceAll(code, "-", "")) + " "
		}
		outcome, err := f.answer(f.mustBegin(appLogin, oldPassword), typed)
		if user := f.user(outcome, err); !user.Factor || !outcome.Recovered {
			t.Errorf("outcome is %+v, want a factor by recovery", outcome)
		}
		if got := len(f.stored(appLogin).Factor.Recovery); got != len(f.codes)-1-i {
			t.Errorf("%d codes are left, want %d", got, len(f.codes)-1-i)
		}
		outcome, err = f.answer(f.mustBegin(appLogin, oldPassword), code)
		f.refuse(outcome, err, directory.ErrWrongCode)
	}
	if c := f.mustBegin(appLogin, oldPassword); c.Recovery {
		t.Error("a recovery code is asked for where none is left")
	}
	outcome, err := f.answer(f.mustBegin(appLogin, oldPassword), factor.NewCodes()[0])
	f.refuse(outcome, err, directory.ErrWrongCode)
}

func testRecoveryAtOnce(t *testing.T, f *flow) {
	var challenges []directory.Challenge
	for range 8 {
		challenges = append(challenges, f.mustBegin(appLogin, oldPassword))
	}
	if in, _ := f.together(len(challenges), func(i int) (directory.Outcome, error) { return f.answer(challenges[i], f.codes[0]) }); in != 1 {
		t.Errorf("%d came in, want 1", in)
	}
	if got := len(f.stored(appLogin).Factor.Recovery); got != len(f.codes)-1 {
		t.Errorf("%d codes are left, want %d", got, len(f.codes)-1)
	}
}

func testMustChange(t *testing.T, f *flow) {
	c := f.mustBegin(mustLogin, oldPassword)
	if c.Step != directory.StepNewPassword || !strings.Contains(c.Policy, "15") {
		t.Fatalf("the challenge is %+v", c)
	}
	for name, chosen := range map[string]string{
		"too short": "fourteen chars", "the one they have": oldPassword, "common": "passwordpassword", "their own name": "Flora.Lovelace.1815",
	} {
		t.Run(name, func(t *testing.T) {
			outcome, err := f.choose(c, chosen)
			f.refuse(outcome, err, directory.ErrUnfitPassword)
			unfit, ok := errors.AsType[*directory.UnfitPassword](err)
			if !ok || unfit.Policy == "" || strings.Contains(unfit.Policy, chosen) {
				t.Errorf("the reason is %+v", unfit)
			}
		})
	}
	f.wait(30 * time.Second)
	outcome, err := f.choose(c, newPassword)
	if user := f.user(outcome, err); user.ID != "id-mo" || outcome.Changed != "id-mo" || user.Factor {
		t.Errorf("the outcome is %+v of %+v", outcome, user)
	}
	a := f.stored(mustLogin)
	if a.MustChange || !a.PasswordExpires.IsZero() || !a.PasswordChanged.Equal(f.clock()) || a.PasswordHash != plainHash(newPassword) {
		t.Errorf("stored is %+v", a.Credentials)
	}
	outcome, err = f.choose(c, "another password altogether")
	f.refuse(outcome, err, directory.ErrOver)
	outcome, err = f.begin(directory.Credentials{Login: mustLogin, Password: redact.New(oldPassword)})
	f.refuse(outcome, err, directory.ErrBadCredentials)
	f.wait(2 * time.Hour) // the initial password's time is no longer of interest
	f.user(f.begin(directory.Credentials{Login: mustLogin, Password: redact.New(newPassword)}))
}

func testInitial(t *testing.T, f *flow) {
	c := f.mustBegin(mustLogin, oldPassword)
	f.wait(time.Hour)
	outcome, err := f.choose(c, newPassword)
	f.refuse(outcome, err, directory.ErrOver)
	outcome, err = f.begin(directory.Credentials{Login: mustLogin, Password: redact.New(oldPassword)})
	f.refuse(outcome, err, directory.ErrBadCredentials)
	if refusal, ok := errors.AsType[*directory.Refusal](err); !ok || refusal.Reason != directory.ReasonExpired {
		t.Errorf("the log is told %v", err)
	}
}

func testChangeAtOnce(t *testing.T, f *flow) {
	passwords := []string{"first of two new passwords", "second of two new passwords", "third of two new passwords"}
	var challenges []directory.Challenge
	for range passwords {
		challenges = append(challenges, f.mustBegin(mustLogin, oldPassword))
	}
	in, errs := f.together(len(passwords), func(i int) (directory.Outcome, error) { return f.choose(challenges[i], passwords[i]) })
	if in != 1 {
		t.Errorf("%d changed it, want 1", in)
	}
	for _, err := range errs {
		if !errors.Is(err, directory.ErrOver) {
			t.Errorf("one of the others got %v", err)
		}
	}
	fits := 0
	for _, chosen := range passwords {
		if f.stored(mustLogin).PasswordHash == plainHash(chosen) {
			fits++
		}
	}
	if fits != 1 {
		t.Errorf("%d of the new passwords fit, want 1", fits)
	}
}

func testWantPassword(t *testing.T, f *flow) {
	c := f.challenge(f.begin(directory.Credentials{Login: plainLogin, Password: redact.New(oldPassword), Want: directory.WantPassword}))
	outcome, err := f.choose(c, newPassword)
	f.user(outcome, err)
	if outcome.Changed != "id-flo" {
		t.Errorf("Changed is %q", outcome.Changed)
	}
	f.user(f.begin(directory.Credentials{Login: plainLogin, Password: redact.New(newPassword)}))

	// Who has an app proves it first, and may have a shorter password.
	c = f.challenge(f.begin(directory.Credentials{Login: appLogin, Password: redact.New(oldPassword), Want: directory.WantPassword}))
	c = f.challenge(f.answer(c, f.code(appKey, 0)))
	if c.Step != directory.StepNewPassword || !strings.Contains(c.Policy, "8") {
		t.Fatalf("the challenge is %+v", c)
	}
	f.user(f.choose(c, "mauve eel"))
}

func testRequired(t *testing.T, f *flow) {
	for name, begin := range map[string]func() directory.Challenge{
		"by the door": func() directory.Challenge {
			return f.challenge(f.begin(directory.Credentials{Login: mustLogin, Password: redact.New(oldPassword), Factor: true}))
		},
		"by a group": func() directory.Challenge {
			f.checker = f.newChecker([]string{"other", "staff"})
			return f.mustBegin(plainLogin, oldPassword)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := begin()
			login, id := plainLogin, "id-flo"
			if c.Step == directory.StepNewPassword { // before an app is tied to the account
				login, id = mustLogin, "id-mo"
				c = f.challenge(f.choose(c, newPassword))
			}
			if c.Step != directory.StepSetup || c.Key == "" {
				t.Fatalf("the challenge is %+v", c)
			}
			outcome, err := f.answer(c, f.code(appKey, 0))
			f.refuse(outcome, err, directory.ErrWrongCode)
			if f.stored(login).Factor != nil {
				t.Fatal("an app is tied to the account without its code")
			}
			outcome, err = f.answer(c, f.code(c.Key, 0))
			kept := f.challenge(outcome, err)
			if kept.Step != directory.StepKeep || len(kept.Codes) != 10 || outcome.Changed != id {
				t.Fatalf("the outcome is %+v of %+v", outcome, kept)
			}
			outcome, err = f.answer(c, f.code(c.Key, 1))
			f.refuse(outcome, err, directory.ErrOver)
			if user := f.user(f.answer(kept, "")); !user.Factor {
				t.Error("the new app is no factor")
			}
			a := f.stored(login)
			text := a.Factor.Key + strings.Join(a.Factor.Recovery, " ")
			if strings.Contains(text, c.Key) || slices.ContainsFunc(kept.Codes, func(code string) bool { return strings.Contains(text, code) }) {
				t.Error("the store has the key or a recovery code in the clear")
			}
			chosen := oldPassword
			if login == mustLogin {
				chosen = newPassword
			}
			outcome, err = f.answer(f.mustBegin(login, chosen), f.code(c.Key, 0))
			f.refuse(outcome, err, directory.ErrSpentCode) // the one that set it up
			f.user(f.answer(f.mustBegin(login, chosen), f.code(c.Key, 1)))
			f.user(f.answer(f.mustBegin(login, chosen), kept.Codes[3]))
		})
	}
}

func testWantFactor(t *testing.T, f *flow) {
	c := f.challenge(f.begin(directory.Credentials{Login: appLogin, Password: redact.New(oldPassword), Want: directory.WantFactor}))
	if c.Step != directory.StepCode {
		t.Fatalf("the first app is not asked for: %+v", c)
	}
	c = f.challenge(f.answer(c, f.code(appKey, 0)))
	kept := f.challenge(f.answer(c, f.code(c.Key, 0)))
	f.user(f.answer(kept, ""))
	f.wait(time.Minute)
	for _, old := range []string{f.code(appKey, 0), f.codes[0]} {
		outcome, err := f.answer(f.mustBegin(appLogin, oldPassword), old)
		f.refuse(outcome, err, directory.ErrWrongCode)
	}
	f.user(f.answer(f.mustBegin(appLogin, oldPassword), f.code(c.Key, 0)))
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

func testRenew(t *testing.T, f *flow) {
	old := f.stored(plainLogin).Clone()
	old.PasswordHash = outdated + plainHash(oldPassword)
	f.Put(t, *old)
	outcome, err := f.begin(directory.Credentials{Login: plainLogin, Password: redact.New("wrong")})
	f.refuse(outcome, err, directory.ErrBadCredentials)
	if got := f.stored(plainLogin).PasswordHash; got != old.PasswordHash {
		t.Errorf("a wrong password made the hash %q", got)
	}
	f.user(f.begin(directory.Credentials{Login: plainLogin, Password: redact.New(oldPassword)}))
	if got := f.stored(plainLogin).PasswordHash; got != plainHash(oldPassword) {
		t.Errorf("the hash is %q still", got)
	}
	f.user(f.begin(directory.Credentials{Login: plainLogin, Password: redact.New(oldPassword)}))
}

func testReseal(t *testing.T, f *flow) {
	sealed := f.stored(appLogin).Factor.Key
	*f.secrets = secrets{current: "v2", previous: "v1"}
	f.user(f.answer(f.mustBegin(appLogin, oldPassword), f.code(appKey, 0)))
	if f.stored(appLogin).Factor.Key == sealed {
		t.Error("the key is sealed by the previous secret still")
	}
	*f.secrets = secrets{current: "v3", previous: "v2"}
	f.user(f.answer(f.mustBegin(appLogin, oldPassword), f.code(appKey, 1)))
	*f.secrets = secrets{current: "v5", previous: "v4"}
	outcome, err := f.answer(f.mustBegin(appLogin, oldPassword), f.code(appKey, 1))
	f.refuse(outcome, err, directory.ErrNoFactor)
}

func testAlias(t *testing.T, f *flow) {
	a := f.stored(appLogin).Clone()
	a.Alias = appAlias
	f.Put(t, *a)
	for _, login := range []string{"Abe", appLogin} {
		f.user(f.answer(f.mustBegin(login, oldPassword), f.codes[len(login)%len(f.codes)]))
	}
}
