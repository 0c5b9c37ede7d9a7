package accounttest

import (
	"errors"
	"testing"
	"time"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/password"
	"deskpro-login/pkg/redact"
)

func testMustChange(t *testing.T, f *flow) {
	c := f.mustBegin(mustLogin, oldPassword)
	if c.Step != directory.StepNewPassword || c.Least != 15 || c.Policy != "" {
		t.Fatalf("the challenge is %+v", c)
	}
	for name, chosen := range map[string]string{
		"too short": "fourteen chars", "the one they have": oldPassword, "common": "passwordpassword", "their own name": "Flora.Lovelace.1815",
	} {
		t.Run(name, func(t *testing.T) {
			outcome, err := f.choose(c, chosen)
			f.refuse(outcome, err, directory.ErrUnfitPassword)
			unfit, ok := errors.AsType[*directory.UnfitPassword](err)
			if !ok || unfit.Rule == "" || unfit.Policy != "" || (unfit.Rule == string(password.TooShort)) != (unfit.Least == 15) {
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
	if c.Step != directory.StepNewPassword || c.Least != 8 {
		t.Fatalf("the challenge is %+v", c)
	}
	f.user(f.choose(c, "mauve eel"))
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
