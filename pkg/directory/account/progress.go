package account

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/factor"
)

// The challenges of a Checker, as the log names them.
const (
	kindCode     = "TOTP"
	kindPassword = "NEW_PASSWORD"
	kindSetup    = "TOTP_SETUP"
	kindCodes    = "RECOVERY_CODES"
	kindRemove   = "TOTP_REMOVAL"
)

// progress is how far a sign-in has come after a right password: a challenge's
// State.
type progress struct {
	// Login is the account's.
	Login string
	// Stamp is that of the credentials by which it came so far: who gets another
	// password or app meanwhile begins anew.
	Stamp string
	Want  directory.Want `json:",omitempty"`
	// Factor: the door wants one. Proved: there was one.
	Factor, Proved bool `json:",omitempty"`
	// Chosen and Enrolled: a new password, or app, was set in this sign-in.
	Chosen, Enrolled bool `json:",omitempty"`
	// Short: the password is too short to be all that there is.
	Short bool `json:",omitempty"`
	// Key is the new app's.
	Key string `json:",omitempty"`
}

// stamp is another one for another password or another app. It tells nothing
// about either.
func stamp(c Credentials) string {
	key := ""
	if c.Factor != nil {
		key = c.Factor.Key
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s %s", len(c.PasswordHash), c.PasswordHash, key))
	return base64.RawStdEncoding.EncodeToString(sum[:])
}

// next returns what comes next for an account of which p is known. Who has an
// app proves it before anything else; a new password comes before a new app, so
// that who knows only an initial password cannot tie the account to theirs and
// leave, and before the app goes beside which less was asked of the old one.
func (c *Checker) next(a *Account, p progress) (directory.Outcome, error) {
	p.Login, p.Stamp = a.Login, stamp(a.Credentials)
	switch {
	case a.Factor != nil && !p.Proved:
		if c.cfg.Factors == nil {
			return directory.Outcome{}, fmt.Errorf("%w: account %q has an authenticator app, but apps are switched off", directory.ErrNoFactor, a.ID)
		}
		return pose(a, p, directory.Challenge{
			Kind: kindCode, Step: directory.StepCode, Medium: directory.MediumApp, Recovery: len(a.Factor.Recovery) > 0,
		})
	case c.leaving(a, p) && c.mustKeep(a, p):
		return directory.Outcome{}, fmt.Errorf("%w: account %q", directory.ErrFactorRequired, a.ID)
	case !p.Chosen && !c.cfg.ReadOnly && (a.MustChange || p.Want == directory.WantPassword || p.Short && c.leaving(a, p)):
		return pose(a, p, directory.Challenge{
			Kind: kindPassword, Step: directory.StepNewPassword, Least: c.cfg.Policy.Least(c.beside(a, p)),
		})
	case c.needsFactor(a, p) && c.cfg.Factors == nil:
		return directory.Outcome{}, fmt.Errorf("%w: a second factor is required, but apps are switched off", directory.ErrMisconfigured)
	case c.needsFactor(a, p), !p.Enrolled && p.Want == directory.WantFactor && c.cfg.Factors != nil:
		p.Key = factor.NewKey().Base32()
		return pose(a, p, directory.Challenge{
			Kind: kindSetup, Step: directory.StepSetup, Medium: directory.MediumApp, Key: p.Key,
		})
	case c.leaving(a, p):
		return pose(a, p, directory.Challenge{Kind: kindRemove, Step: directory.StepRemove})
	}
	user, err := a.user()
	if err != nil {
		return directory.Outcome{}, fmt.Errorf("reading account %q: %w", a.ID, err)
	}
	user.Factor = p.Proved
	return directory.Outcome{User: user}, nil
}

// needsFactor tells of an account that must have an app set up.
func (c *Checker) needsFactor(a *Account, p progress) bool {
	return a.Factor == nil && c.mustHave(a, p)
}

// mustHave tells of an account that may not be without an app, by the door or by
// one of its groups.
func (c *Checker) mustHave(a *Account, p progress) bool {
	return p.Factor || slices.ContainsFunc(a.Groups, func(group string) bool {
		return slices.Contains(c.cfg.FactorGroups, group)
	})
}

// mustKeep tells of an account that may not get rid of its app.
func (c *Checker) mustKeep(a *Account, p progress) bool {
	return c.mustHave(a, p) || slices.ContainsFunc(c.cfg.KeepGroups, func(group string) bool {
		return group == "*" || slices.Contains(a.Groups, group)
	})
}

// leaving tells of an account whose app is to go, which is not one that was set
// up in this sign-in because it had to be.
func (c *Checker) leaving(a *Account, p progress) bool {
	return a.Factor != nil && p.Want == directory.WantNoFactor && !p.Enrolled && c.cfg.Factors != nil
}

// beside tells of an account whose password has, and keeps, an app beside it.
func (c *Checker) beside(a *Account, p progress) bool {
	return a.Factor != nil && !c.leaving(a, p)
}

func pose(a *Account, p progress, challenge directory.Challenge) (directory.Outcome, error) {
	state, err := json.Marshal(p)
	if err != nil {
		return directory.Outcome{}, fmt.Errorf("%w: encoding a challenge: %w", directory.ErrUnavailable, err)
	}
	challenge.State, challenge.Subject = state, a.ID
	return directory.Outcome{Challenge: &challenge}, nil
}
