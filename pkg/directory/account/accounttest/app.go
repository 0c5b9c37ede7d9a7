package accounttest

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/factor"
	"deskpro-login/pkg/redact"
)

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
