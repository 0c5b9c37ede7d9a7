package accounttest

import (
	"errors"
	"testing"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/redact"
)

// answers that get lost: what was written is known all the same where nobody
// else could have written it, and otherwise counts as somebody else's.
func testLost(t *testing.T, f *flow) {
	for name, lost := range map[string]error{"and the call was made again": account.ErrConflict, "and that was all": directory.ErrUnavailable} {
		t.Run("a password was written "+name, func(t *testing.T) {
			chosen := newPassword + name
			must := f.stored(mustLogin).Clone()
			c := f.mustBegin(mustLogin, oldPassword)
			f.lossy.set(written(lost))
			outcome, err := f.choose(c, chosen)
			f.user(outcome, err)
			if outcome.Changed != "id-mo" {
				t.Errorf("the outcome is %+v", outcome)
			}
			f.user(f.begin(directory.Credentials{Login: mustLogin, Password: redact.New(chosen)}))
			f.Put(t, *must)
		})
		t.Run("an app was written "+name, func(t *testing.T) {
			plain := f.stored(plainLogin).Clone()
			c := f.challenge(f.begin(directory.Credentials{Login: plainLogin, Password: redact.New(oldPassword), Want: directory.WantFactor}))
			f.lossy.set(written(lost))
			outcome, err := f.answer(c, f.code(c.Key, 0))
			kept := f.challenge(outcome, err)
			if outcome.Changed != "id-flo" || len(kept.Codes) == 0 {
				t.Errorf("the outcome is %+v of %+v", outcome, kept)
			}
			f.user(f.answer(kept, ""))
			f.Put(t, *plain)
		})
		t.Run("that an app is gone was written "+name, func(t *testing.T) {
			abe := f.stored(appLogin).Clone()
			remove := f.challenge(f.answer(f.wanting(directory.WantNoFactor, false), f.codes[0]))
			f.lossy.set(written(lost))
			outcome, err := f.answer(remove, "")
			if user := f.user(outcome, err); outcome.Changed != "id-abe" || user.Factor {
				t.Errorf("the outcome is %+v of %+v", outcome, user)
			}
			f.Put(t, *abe)
		})
		t.Run("new recovery codes were written "+name, func(t *testing.T) {
			abe := f.stored(appLogin).Clone()
			c := f.wanting(directory.WantCodes, false)
			f.lossy.set(written(lost))
			outcome, err := f.answer(c, f.codes[0]) // which is used up: these are all that is left
			kept := f.challenge(outcome, err)
			if !outcome.Renewed || !outcome.Recovered {
				t.Errorf("the outcome is %+v of %+v", outcome, kept)
			}
			f.user(f.answer(kept, ""))
			f.user(f.answer(f.mustBegin(appLogin, oldPassword), kept.Codes[0]))
			f.Put(t, *abe)
		})
		t.Run("a code was written "+name, func(t *testing.T) {
			code := f.code(appKey, 0)
			c := f.mustBegin(appLogin, oldPassword)
			f.lossy.set(written(lost))
			outcome, err := f.answer(c, code)
			if err == nil || outcome.User != nil {
				t.Errorf("the outcome is %+v: another sign-in may have had that code", outcome)
			}
			outcome, err = f.answer(f.mustBegin(appLogin, oldPassword), code)
			f.refuse(outcome, err, directory.ErrSpentCode)
			f.wait(60e9)
		})
		t.Run("a replaced hash was written "+name, func(t *testing.T) {
			plain := f.stored(appLogin).Clone()
			plain.PasswordHash = outdated + plainHash(oldPassword)
			f.Put(t, *plain)
			f.lossy.set(written(lost))
			c := f.mustBegin(appLogin, oldPassword)
			if lost == account.ErrConflict {
				f.user(f.answer(c, f.code(appKey, 0)))
				f.wait(60e9)
			}
		})
	}
	for name, challenge := range map[string]func() directory.Challenge{
		"a password": func() directory.Challenge { return f.mustBegin(mustLogin, oldPassword) },
		"an app": func() directory.Challenge {
			return f.challenge(f.begin(directory.Credentials{Login: plainLogin, Password: redact.New(oldPassword), Want: directory.WantFactor}))
		},
		"that an app is gone": func() directory.Challenge {
			return f.challenge(f.answer(f.wanting(directory.WantNoFactor, false), f.codes[1]))
		},
	} {
		t.Run(name+" that may have been written", func(t *testing.T) {
			c := challenge()
			f.lossy.set(unwritten)
			outcome, err := f.checker.Respond(t.Context(), c, directory.Answer{Password: redact.New(newPassword), Code: redact.New(f.codeOf(c))})
			if !errors.Is(err, directory.ErrUnavailable) || outcome.Changed == "" {
				t.Errorf("got %+v, %v, want ErrUnavailable and whose it is", outcome, err)
			}
			outcome, err = f.checker.Respond(t.Context(), c, directory.Answer{Password: redact.New(newPassword), Code: redact.New(f.codeOf(c))})
			if err != nil {
				t.Errorf("it cannot be tried again: %v", err)
			}
		})
	}
}

// New recovery codes that were not written leave the one that was typed as good as
// before.
func testCodesUnwritten(t *testing.T, f *flow) {
	c := f.wanting(directory.WantCodes, false)
	f.lossy.set(unwritten)
	outcome, err := f.answer(c, f.codes[0])
	if !errors.Is(err, directory.ErrUnavailable) || outcome.Renewed || outcome.Recovered || outcome.Challenge != nil {
		t.Errorf("got %+v, %v, want ErrUnavailable", outcome, err)
	}
	outcome, err = f.answer(c, f.codes[0])
	if kept := f.challenge(outcome, err); !outcome.Renewed || len(kept.Codes) != 10 {
		t.Errorf("the outcome is %+v of %+v", outcome, kept)
	}
}

// codeOf is the code for a new app's key, if c has one.
func (f *flow) codeOf(c directory.Challenge) string {
	if c.Key == "" {
		return ""
	}
	return f.code(c.Key, 0)
}

// Two sign-ins at once that both replace the hash: both go on.
func testRenewAtOnce(t *testing.T, f *flow) {
	old := f.stored(appLogin).Clone()
	old.PasswordHash = outdated + plainHash(oldPassword)
	f.Put(t, *old)
	f.lossy.set(func(update func() error) error {
		first, err := f.Store.Find(t.Context(), appLogin)
		if err != nil {
			return err
		}
		becomes := first.Clone()
		becomes.PasswordHash = plainHash(oldPassword)
		if err := f.Opened.Store.Update(t.Context(), first, becomes); err != nil {
			return err
		}
		return update()
	})
	f.user(f.answer(f.mustBegin(appLogin, oldPassword), f.code(appKey, 0)))

	// But not if what was first was another password.
	f.Put(t, *old)
	f.lossy.set(func(update func() error) error {
		changed := f.stored(appLogin).Clone()
		changed.PasswordHash, changed.Version = plainHash("something else"), changed.Version+1
		f.Put(t, *changed)
		return update()
	})
	outcome, err := f.begin(directory.Credentials{Login: appLogin, Password: redact.New(oldPassword)})
	f.refuse(outcome, err, directory.ErrBadCredentials)

	// Or if whoever was first has disabled or removed the account.
	for _, happen := range []func(){
		func() {
			disabled := old.Clone()
			disabled.Disabled, disabled.Version = true, old.Version+1
			f.Put(t, *disabled)
		},
		func() { f.Remove(t, appLogin) },
	} {
		f.Put(t, *old)
		f.lossy.set(func(update func() error) error {
			happen()
			return update()
		})
		outcome, err := f.begin(directory.Credentials{Login: appLogin, Password: redact.New(oldPassword)})
		f.refuse(outcome, err, directory.ErrBadCredentials)
	}
}
