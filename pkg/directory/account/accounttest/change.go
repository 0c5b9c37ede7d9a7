package accounttest

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/factor"
	"deskpro-login/pkg/redact"
)

// wanting signs the owner of the app in, up to its code, as somebody who came for
// want at a door that asks for a factor or not.
func (f *flow) wanting(want directory.Want, door bool) directory.Challenge {
	f.t.Helper()
	c := f.challenge(f.begin(directory.Credentials{Login: appLogin, Password: redact.New(oldPassword), Want: want, Factor: door}))
	if c.Step != directory.StepCode {
		f.t.Fatalf("the app is not asked for before %s: %+v", want, c)
	}
	return c
}

func testWantNoFactor(t *testing.T, f *flow) {
	code := f.wanting(directory.WantNoFactor, false)
	outcome, err := f.answer(code, "000000")
	f.refuse(outcome, err, directory.ErrWrongCode)
	remove := f.challenge(f.answer(code, f.code(appKey, 0)))
	if remove.Step != directory.StepRemove || f.stored(appLogin).Factor == nil {
		t.Fatalf("the challenge is %+v, of %+v", remove, f.stored(appLogin).Factor)
	}
	outcome, err = f.answer(remove, "")
	if user := f.user(outcome, err); user.Factor || outcome.Changed != "id-abe" {
		t.Errorf("the outcome is %+v of %+v", outcome, user)
	}
	if a := f.stored(appLogin); a.Factor != nil || a.PasswordHash != plainHash(oldPassword) {
		t.Errorf("stored is %+v", a.Credentials)
	}
	outcome, err = f.answer(remove, "")
	f.refuse(outcome, err, directory.ErrOver)
	if user := f.user(f.begin(directory.Credentials{Login: appLogin, Password: redact.New(oldPassword)})); user.Factor {
		t.Error("the app that is gone is a factor")
	}
}

func testNoFactorByRecovery(t *testing.T, f *flow) {
	outcome, err := f.answer(f.wanting(directory.WantNoFactor, false), f.codes[0])
	remove := f.challenge(outcome, err)
	if !outcome.Recovered || remove.Step != directory.StepRemove {
		t.Fatalf("the outcome is %+v of %+v", outcome, remove)
	}
	f.user(f.answer(remove, ""))
	if f.stored(appLogin).Factor != nil {
		t.Error("the app is there still")
	}
}

// A password that was good enough beside an app is not all that an account is left
// with.
func testNoFactorShort(t *testing.T, f *flow) {
	const short = "mauve eel"
	abe := f.stored(appLogin).Clone()
	abe.PasswordHash = plainHash(short)
	f.Put(t, *abe)
	begin := func(door bool) directory.Challenge {
		return f.challenge(f.begin(directory.Credentials{Login: appLogin, Password: redact.New(short), Want: directory.WantNoFactor, Factor: door}))
	}
	outcome, err := f.answer(begin(true), f.codes[0]) // before a password is asked for in vain
	f.refuse(outcome, err, directory.ErrFactorRequired)

	c := f.challenge(f.answer(begin(false), f.codes[1]))
	if c.Step != directory.StepNewPassword || c.Least != 15 {
		t.Fatalf("the challenge is %+v", c)
	}
	skipped := c
	skipped.Kind = "TOTP_REMOVAL"
	outcome, err = f.answer(skipped, "")
	f.refuse(outcome, err, directory.ErrOver)
	outcome, err = f.choose(c, "mauve eels")
	f.refuse(outcome, err, directory.ErrUnfitPassword)
	if unfit, ok := errors.AsType[*directory.UnfitPassword](err); !ok || unfit.Rule != "too_short" || unfit.Least != 15 {
		t.Errorf("the reason is %+v", unfit)
	}
	if a := f.stored(appLogin); a.Factor == nil || a.PasswordHash != plainHash(short) {
		t.Errorf("stored is %+v", a.Credentials)
	}
	remove := f.challenge(f.choose(c, newPassword))
	if remove.Step != directory.StepRemove {
		t.Fatalf("the challenge is %+v", remove)
	}
	f.user(f.answer(remove, ""))
	if a := f.stored(appLogin); a.Factor != nil || a.PasswordHash != plainHash(newPassword) {
		t.Errorf("stored is %+v", a.Credentials)
	}
}

func testNoFactorRequired(t *testing.T, f *flow) {
	outcome, err := f.answer(f.wanting(directory.WantNoFactor, true), "000000")
	f.refuse(outcome, err, directory.ErrWrongCode) // who has not proved it learns nothing
	outcome, err = f.answer(f.wanting(directory.WantNoFactor, true), f.code(appKey, 0))
	f.refuse(outcome, err, directory.ErrFactorRequired)

	// A step from before the account had to have one.
	remove := f.challenge(f.answer(f.wanting(directory.WantNoFactor, false), f.code(appKey, 1)))
	abe := f.stored(appLogin).Clone()
	abe.Groups = []string{"staff"}
	f.Put(t, *abe)
	f.checker = f.newChecker([]string{"other", "staff"})
	outcome, err = f.answer(remove, "")
	f.refuse(outcome, err, directory.ErrFactorRequired)
	f.wait(2 * 60e9)
	outcome, err = f.answer(f.wanting(directory.WantNoFactor, false), f.code(appKey, 0))
	f.refuse(outcome, err, directory.ErrFactorRequired)
	if outcome.Challenge != nil || outcome.Changed != "" {
		t.Errorf("the outcome is %+v", outcome)
	}

	// Of who was let in for something else.
	f.checker = f.newChecker(nil)
	kept := f.challenge(f.answer(f.wanting(directory.WantCodes, false), f.codes[0]))
	kept.Kind = remove.Kind
	outcome, err = f.answer(kept, "")
	f.refuse(outcome, err, directory.ErrOver)
	if f.stored(appLogin).Factor == nil {
		t.Error("the app is gone")
	}
}

func testNoFactorSwitchedOff(t *testing.T, f *flow) {
	remove := f.challenge(f.answer(f.wanting(directory.WantNoFactor, false), f.codes[0]))
	f.checker = f.checkerWith(nil, nil)
	outcome, err := f.answer(remove, "")
	f.refuse(outcome, err, directory.ErrOver)
	if f.stored(appLogin).Factor == nil {
		t.Error("the app is gone")
	}
}

// Who has none, and has to set one up, is not asked whether it is to go.
func testNoFactorOfNone(t *testing.T, f *flow) {
	for _, want := range []directory.Want{directory.WantNoFactor, directory.WantCodes} {
		f.user(f.begin(directory.Credentials{Login: plainLogin, Password: redact.New(oldPassword), Want: want}))
		plain := f.stored(plainLogin).Clone()
		c := f.challenge(f.begin(directory.Credentials{Login: plainLogin, Password: redact.New(oldPassword), Want: want, Factor: true}))
		outcome, err := f.answer(c, f.code(c.Key, 0))
		if kept := f.challenge(outcome, err); kept.Step != directory.StepKeep || outcome.Renewed {
			t.Fatalf("the outcome is %+v of %+v", outcome, kept)
		} else if user := f.user(f.answer(kept, "")); !user.Factor {
			t.Errorf("the new app is no factor of who came for %s", want)
		}
		f.Put(t, *plain)
	}
}

func testRemovalMeanwhile(t *testing.T, f *flow) {
	before := f.stored(appLogin).Clone()
	for name, edit := range map[string]func(*account.Account){
		"it is disabled":           func(a *account.Account) { a.Disabled = true },
		"it gets another password": func(a *account.Account) { a.PasswordHash = plainHash("something else") },
		"it gets another app":      func(a *account.Account) { a.Factor = &account.Factor{Key: "another"} },
		// By one write, which is then no answer of ours that was lost.
		"it is disabled without its app": func(a *account.Account) { a.Disabled, a.Factor = true, nil },
	} {
		for _, late := range []bool{false, true} {
			f.Put(t, *before)
			remove := f.challenge(f.answer(f.wanting(directory.WantNoFactor, false), f.codes[0]))
			happen := func() {
				a := f.stored(appLogin).Clone()
				a.Version++
				edit(a)
				f.Put(t, *a)
			}
			if late {
				f.lossy.set(func(update func() error) error {
					happen()
					return update()
				})
			} else {
				happen()
			}
			outcome, err := f.answer(remove, "")
			if !errors.Is(err, directory.ErrOver) || outcome.User != nil || outcome.Changed != "" {
				t.Errorf("%s, late %t: got %+v, %v, want ErrOver", name, late, outcome, err)
			}
		}
	}
}

func testRemovalAtOnce(t *testing.T, f *flow) {
	var removals []directory.Challenge
	for i := range 4 {
		removals = append(removals, f.challenge(f.answer(f.wanting(directory.WantNoFactor, false), f.codes[i])))
	}
	version := f.stored(appLogin).Version
	_, errs := f.together(len(removals), func(i int) (directory.Outcome, error) { return f.answer(removals[i], "") })
	for _, err := range errs {
		if !errors.Is(err, directory.ErrOver) {
			t.Errorf("one got %v", err)
		}
	}
	if a := f.stored(appLogin); a.Factor != nil || a.Version != version+1 || len(errs) == len(removals) {
		t.Errorf("version %d became %d with the factor %v, and %d were refused", version, a.Version, a.Factor, len(errs))
	}
}

func testWantCodes(t *testing.T, f *flow) {
	code := f.wanting(directory.WantCodes, true)
	version := f.stored(appLogin).Version
	outcome, err := f.answer(code, "000000")
	f.refuse(outcome, err, directory.ErrWrongCode)
	if outcome.Renewed || f.stored(appLogin).Version != version {
		t.Fatalf("the outcome is %+v of a wrong code", outcome)
	}
	known := f.codes
	for i, typed := range []string{f.code(appKey, 0), ""} {
		if typed == "" {
			typed = known[5]
		}
		outcome, err = f.answer(f.wanting(directory.WantCodes, false), typed)
		kept := f.challenge(outcome, err)
		if kept.Step != directory.StepKeep || len(kept.Codes) != 10 || !outcome.Renewed || outcome.Recovered != (i == 1) || outcome.Changed != "" {
			t.Fatalf("the outcome is %+v of %+v", outcome, kept)
		}
		if version++; f.stored(appLogin).Version != version {
			t.Errorf("the version is %d, want %d: one write", f.stored(appLogin).Version, version)
		}
		if user := f.user(f.answer(kept, "")); user.ID != "id-abe" || !user.Factor {
			t.Errorf("user is %+v", user)
		}
		for _, old := range known {
			outcome, err = f.answer(f.mustBegin(appLogin, oldPassword), old)
			f.refuse(outcome, err, directory.ErrWrongCode)
		}
		known = kept.Codes
	}
	outcome, err = f.answer(f.mustBegin(appLogin, oldPassword), f.code(appKey, 0))
	f.refuse(outcome, err, directory.ErrSpentCode) // as before: the app is the same
	f.user(f.answer(f.mustBegin(appLogin, oldPassword), f.code(appKey, 1)))
	f.user(f.answer(f.mustBegin(appLogin, oldPassword), known[0]))
}

func testCodesAtOnce(t *testing.T, f *flow) {
	var challenges []directory.Challenge
	for range 4 {
		challenges = append(challenges, f.wanting(directory.WantCodes, false))
	}
	var (
		mu    sync.Mutex
		shown [][]string
	)
	_, errs := f.together(len(challenges), func(i int) (directory.Outcome, error) {
		outcome, err := f.answer(challenges[i], f.codes[i])
		if outcome.Renewed {
			mu.Lock()
			defer mu.Unlock()
			shown = append(shown, outcome.Challenge.Codes)
		}
		return outcome, err
	})
	if len(shown) != 1 || len(errs) != len(challenges)-1 {
		t.Fatalf("%d were shown new codes and %d refused, want one shown", len(shown), len(errs))
	}
	for _, err := range errs {
		if !errors.Is(err, directory.ErrWrongCode) {
			t.Errorf("one of the others got %v", err)
		}
	}
	f.wantStored(shown[0])

	// Another sign-in that uses the app at that moment is no write of ours.
	f.codes = shown[0]
	c := f.wanting(directory.WantCodes, false)
	f.lossy.set(func(update func() error) error {
		f.user(f.answer(f.mustBegin(appLogin, oldPassword), f.codes[1]))
		return update()
	})
	f.wantStored(f.challenge(f.answer(c, f.codes[0])).Codes)
}

// wantStored checks that codes, as they were shown, are the app's recovery codes.
func (f *flow) wantStored(codes []string) {
	f.t.Helper()
	var hashes []string
	for _, code := range codes {
		hash, _ := factor.HashCode("id-abe", redact.New(code))
		hashes = append(hashes, hash)
	}
	if !slices.Equal(f.stored(appLogin).Factor.Recovery, hashes) {
		f.t.Error("the codes that are stored are not those that were shown")
	}
}

// The next to know the password of who has none would set up an app of their own
// at the door that asks for one.
func testAnotherDoorKeepsTheApp(t *testing.T, f *flow) {
	abe := f.stored(appLogin).Clone()
	abe.Groups = []string{"agents"}
	f.Put(t, *abe)
	for step, row := range []struct {
		keep []string
		err  error
	}{
		{[]string{"agents"}, directory.ErrFactorRequired}, {[]string{"*"}, directory.ErrFactorRequired}, {[]string{"others"}, nil},
	} {
		f.keep = row.keep
		f.checker = f.newChecker(nil)
		f.wait(time.Minute)
		outcome, err := f.answer(f.wanting(directory.WantNoFactor, false), f.code(appKey, 0))
		if row.err == nil {
			f.challenge(outcome, err)
		} else {
			f.refuse(outcome, err, row.err)
		}
		if f.stored(appLogin).Factor == nil {
			t.Errorf("row %d: the app is gone", step)
		}
	}
	// Nobody is made to have one by that.
	f.keep = []string{"*"}
	f.checker = f.newChecker(nil)
	f.user(f.begin(directory.Credentials{Login: plainLogin, Password: redact.New(oldPassword)}))
}
