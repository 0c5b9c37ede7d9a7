package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/spf13/cobra"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/pkg/password"
	"deskpro-login/pkg/password/pwned"
	"deskpro-login/pkg/redact"
)

// passwordRules are the flags that say what a new password must be, where it is
// not what the stack's sign-in page asks for.
type passwordRules struct {
	least int
	words []string
}

func (r *passwordRules) flags(cmd *cobra.Command, what string) {
	flags := cmd.Flags()
	flags.IntVar(&r.least, "min-length", 0, "least `LENGTH` of "+what+" (default: the stack's PasswordMinLength, or 15; 8 beside an authenticator app)")
	flags.StringArrayVar(&r.words, "company-word", nil, "a further `WORD` of the company that is no password, nor the most of one, beside those of the stack (PasswordWords, BrandName); may be repeated")
}

func (r passwordRules) check(cmd *cobra.Command) error {
	if _, err := password.NewPolicy(password.PolicyConfig{MinLength: r.least}); err != nil {
		return misuse(cmd, "%w", err)
	}
	return nil
}

// policy is that of the site's sign-in page, but for what the flags say. What the
// operator should know is told by note, from whichever goroutine checks.
func (r passwordRules) policy(s *site, note func(string)) (*password.Policy, error) {
	config := password.PolicyConfig{
		MinLength: cmp.Or(r.least, s.passwords.MinLength),
		Words:     slices.Concat(s.passwords.Words, r.words),
	}
	if s.passwords.BreachCheck {
		checker, err := pwned.New(pwned.Config{})
		if err != nil {
			return nil, fmt.Errorf("preparing to look passwords up: %w", err)
		}
		config.Breached = untilUnanswered(checker.Breached, func(err error) {
			note(fmt.Sprintf("note: no password is looked up among leaked ones, though the stack's BreachCheck is on: %v", err))
		})
	}
	return password.NewPolicy(config)
}

// untilUnanswered asks until there is no answer once, which it tells: without a
// way to the internet, each password of a file would wait for one.
func untilUnanswered(ask func(context.Context, redact.Secret) (bool, error), tell func(error)) func(context.Context, redact.Secret) (bool, error) {
	var silent atomic.Bool
	return func(ctx context.Context, typed redact.Secret) (bool, error) {
		if silent.Load() {
			return false, nil
		}
		known, err := ask(ctx, typed)
		if err != nil {
			if !silent.Swap(true) {
				tell(err)
			}
			return false, nil
		}
		return known, nil
	}
}

// hasher makes hashes of what they cost at the site's sign-in page.
func (s *site) hasher() (*password.Hasher, error) {
	hasher, err := password.New(password.Config{Memory: s.passwords.Memory, Time: s.passwords.Time, Parallelism: s.passwords.Parallelism})
	if err != nil {
		return nil, hint.With(fmt.Errorf("preparing to hash as %s does: %w", s.name, err), "correct HashMemory, HashTime and HashParallelism, and deploy again")
	}
	return hasher, nil
}
