package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/password"
	"deskpro-login/pkg/redact"
)

// newPassword are the flags that say where a new password comes from. There is
// none that takes it: others see a process's arguments.
type newPassword struct {
	file                      string
	initial, none, mustChange bool
	expires                   time.Duration
	rules                     passwordRules
}

const (
	defaultExpiry = 72 * time.Hour
	maxExpiry     = 90 * 24 * time.Hour
)

func (p *newPassword) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&p.file, "password-file", "", "read the password from `FILE`, or - for standard input, instead of asking for it")
	flags.BoolVar(&p.initial, "initial", false, "make up a password and print it, once: good for one sign-in, at which another has to be chosen")
	flags.DurationVar(&p.expires, "expires", defaultExpiry, "how long the password of --initial opens the account, a `TIME` such as 24h")
	flags.BoolVar(&p.none, "no-password", false, "no password opens the account")
	flags.BoolVar(&p.mustChange, "must-change", false, "at the next sign-in another password has to be chosen (implied by --initial)")
	p.rules.flags(cmd, "the password")
}

// check refuses flags that contradict each other.
func (p *newPassword) check(cmd *cobra.Command) error {
	given := cmd.Flags().Changed
	ways := 0
	for _, way := range []bool{given("password-file"), p.initial, p.none} {
		if way {
			ways++
		}
	}
	switch {
	case ways > 1:
		return misuse(cmd, "give one of --password-file, --initial and --no-password")
	case given("expires") && !p.initial:
		return misuse(cmd, "--expires is for the password of --initial")
	case p.initial && (p.expires < time.Minute || p.expires > maxExpiry):
		return misuse(cmd, "--expires is %s: it must be between 1m and %s", lasting(p.expires), lasting(maxExpiry))
	case p.none && p.mustChange:
		return misuse(cmd, "--must-change needs a password to be changed")
	}
	return p.rules.check(cmd)
}

// set gives a, which is not stored, the new password, and returns that of
// --initial, to be shown.
func (p *newPassword) set(cmd *cobra.Command, s *site, a *account.Account, now time.Time) (initial redact.Secret, err error) {
	becomes := account.Credentials{Factor: a.Factor}
	if p.none {
		a.Credentials = becomes
		return redact.Secret{}, nil
	}
	hasher, err := s.hasher()
	if err != nil {
		return redact.Secret{}, err
	}
	chosen, err := p.choose(cmd, s, a)
	if err != nil {
		return redact.Secret{}, err
	}
	if becomes.PasswordHash, err = hasher.Hash(cmd.Context(), chosen); err != nil {
		return redact.Secret{}, fmt.Errorf("hashing the password: %w", err)
	}
	becomes.PasswordChanged = now.UTC().Truncate(time.Second)
	becomes.MustChange = p.mustChange || p.initial
	if p.initial {
		becomes.PasswordExpires = now.Add(p.expires).UTC().Truncate(time.Second)
		initial = chosen
	}
	a.Credentials = becomes
	return initial, nil
}

func (p *newPassword) choose(cmd *cobra.Command, s *site, a *account.Account) (redact.Secret, error) {
	if p.initial {
		return madeUp(), nil
	}
	policy, err := p.rules.policy(s, func(note string) { fmt.Fprintln(cmd.ErrOrStderr(), note) })
	if err != nil {
		return redact.Secret{}, err
	}
	var chosen redact.Secret
	if p.file != "" {
		chosen, err = readSecret(cmd, p.file, "password")
	} else {
		chosen, err = p.ask(cmd, a, policy)
	}
	if err != nil {
		return redact.Secret{}, err
	}
	err = policy.Check(cmd.Context(), chosen, ownWords(a), a.Factor != nil)
	if unfit, ok := errors.AsType[*password.Unfit](err); ok {
		return redact.Secret{}, hint.With(fmt.Errorf("the password is not taken: %s", unfit.Reason()), "%s", least(policy, a))
	}
	return chosen, err
}

func (p *newPassword) ask(cmd *cobra.Command, a *account.Account, policy *password.Policy) (redact.Secret, error) {
	who, done, err := newAsker(cmd)
	if err != nil {
		return redact.Secret{}, hint.With(err, "%s; or give --initial", hint.Of(err))
	}
	defer done()
	fmt.Fprintln(cmd.ErrOrStderr(), least(policy, a))
	return askTwice(cmd.Context(), who, "New password for "+printable(a.Login)+": ", "Again: ")
}

// least says how long the password of a must be.
func least(policy *password.Policy, a *account.Account) string {
	return (&password.Unfit{Rule: password.TooShort, Least: policy.Least(a.Factor != nil)}).Reason()
}

// ownWords are what is known of the account's owner, and so no password.
func ownWords(a *account.Account) []string {
	return []string{a.Login, a.Alias, a.Email, a.Name, a.FirstName, a.LastName}
}

// madeUp returns a password of 99 random bits that can be read out: no letter in
// it is taken for a digit.
func madeUp() redact.Secret {
	const alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
	var text strings.Builder
	for letters := 0; letters < 20; {
		random := []byte{0}
		_, _ = rand.Read(random) // never fails: it ends the program instead
		at := int(random[0] & 31)
		if at >= len(alphabet) {
			continue // another, or some letters would come more often
		}
		if letters > 0 && letters%5 == 0 {
			text.WriteByte('-')
		}
		text.WriteByte(alphabet[at])
		letters++
	}
	return redact.New(text.String())
}
