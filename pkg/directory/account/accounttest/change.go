package accounttest

import (
	"testing"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/redact"
)

// wanting signs the owner of the app in, up to what they came for.
func (f *flow) wanting(want directory.Want, door bool) directory.Challenge {
	f.t.Helper()
	return f.challenge(f.begin(directory.Credentials{Login: appLogin, Password: redact.New(oldPassword), Want: want, Factor: door}))
}

func testWantNoFactor(t *testing.T, f *flow) {
	code := f.wanting(directory.WantNoFactor, false)
	if code.Step != directory.StepCode {
		t.Fatalf("an app is turned off without its code: %+v", code)
	}
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
	f.user(f.begin(directory.Credentials{Login: appLogin, Password: redact.New(oldPassword)}))

	// Who has none comes in.
	f.user(f.begin(directory.Credentials{Login: plainLogin, Password: redact.New(oldPassword), Want: directory.WantNoFactor}))
}

func testNoFactorRequired(t *testing.T, f *flow) {
	code := f.wanting(directory.WantNoFactor, true)
	outcome, err := f.answer(code, f.code(appKey, 0))
	f.refuse(outcome, err, directory.ErrFactorRequired)

	// One that has to be there by now is not removed by a step from before.
	code = f.wanting(directory.WantNoFactor, false)
	remove := f.challenge(f.answer(code, f.code(appKey, 1)))
	abe := f.stored(appLogin).Clone()
	abe.Groups = []string{"staff"}
	f.Put(t, *abe)
	f.checker = f.newChecker([]string{"staff"})
	outcome, err = f.answer(remove, "")
	f.refuse(outcome, err, directory.ErrFactorRequired)

	// Nor by one that was posed for something else.
	f.checker = f.newChecker(nil)
	forged := f.wanting(directory.WantCodes, false)
	forged.Kind = remove.Kind
	outcome, err = f.answer(forged, "")
	f.refuse(outcome, err, directory.ErrOver)
	if f.stored(appLogin).Factor == nil {
		t.Error("the app is gone")
	}
}

func testWantCodes(t *testing.T, f *flow) {
	outcome, err := f.answer(f.wanting(directory.WantCodes, false), f.codes[0])
	keep := f.challenge(outcome, err)
	if keep.Step != directory.StepKeep || len(keep.Codes) != len(f.codes) || !outcome.Renewed || !outcome.Recovered || outcome.Changed != "" {
		t.Fatalf("the outcome is %+v, %+v", outcome, keep)
	}
	if user := f.user(f.answer(keep, "")); user.ID != "id-abe" || !user.Factor {
		t.Errorf("user is %+v", user)
	}
	outcome, err = f.answer(f.mustBegin(appLogin, oldPassword), f.codes[1])
	f.refuse(outcome, err, directory.ErrWrongCode)
	f.user(f.answer(f.mustBegin(appLogin, oldPassword), keep.Codes[0]))

	f.user(f.begin(directory.Credentials{Login: plainLogin, Password: redact.New(oldPassword), Want: directory.WantCodes}))
}
