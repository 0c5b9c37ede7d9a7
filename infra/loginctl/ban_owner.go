package main

import (
	"context"
	"fmt"
	"slices"

	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/regulation"
)

// owner is whose a counter is, as far as that can be told: its store has a mark
// alone of what was typed.
type owner struct {
	// logins are those of the accounts that it may be: one, unless an account's id
	// is another's login.
	logins []string
	id     string
	// typed is what --login has, where there are no accounts to compare it with.
	typed string
	// none: it is no account's. Neither that nor a name: it is not known.
	none bool
}

// String is for people.
func (o *owner) String() string {
	switch {
	case o == nil:
		return ""
	case len(o.logins) == 1:
		return o.logins[0]
	case len(o.logins) > 1:
		return fmt.Sprintf("one of %q", o.logins)
	case o.typed != "":
		return o.typed
	case o.none:
		return "a login that is no account"
	}
	return "not known"
}

// namesOf are what an account's guesses may be counted by.
func namesOf(a *account.Account) []string {
	return slices.DeleteFunc([]string{a.Login, a.Alias, a.ID}, func(name string) bool { return name == "" })
}

// look finds the account that is called so.
func (w *waits) look(ctx context.Context, typed string) error {
	w.names = []string{typed}
	if w.accounts == nil {
		w.named = &owner{typed: typed}
		return nil
	}
	login, ok := account.NormalizeLogin(typed)
	if !ok {
		return nil
	}
	found, err := w.accounts.Get(ctx, login)
	if err != nil {
		return w.explain(err)
	}
	if found != nil {
		w.named, w.names = &owner{logins: []string{found.Login}, id: found.ID}, append(namesOf(found), typed)
	}
	return nil
}

// owners returns whose each counter is, nil for a source's. It reads all accounts
// if it has to; where it may not, that is a note.
func (w *waits) owners(ctx context.Context, counted []regulation.Counted) []*owner {
	all, byMark := make([]*owner, len(counted)), map[string]*owner{}
	for i, c := range counted {
		switch {
		case c.Account == "":
		case w.named != nil:
			all[i] = w.named
		case byMark[c.Account] == nil:
			byMark[c.Account] = &owner{}
			fallthrough
		default:
			all[i] = byMark[c.Account]
		}
	}
	switch {
	case len(byMark) == 0:
	case w.accounts == nil:
		other := "the accounts are in a Cognito user pool"
		if w.where.named() != "" {
			other = "no --table of accounts was given"
		}
		fmt.Fprintf(w.stderr, "note: whose they are cannot be told, since what people type is not kept, and %s: --login finds those of a login, or of an account's id\n", other)
	default:
		if err := w.match(ctx, byMark); err != nil {
			fmt.Fprintln(w.stderr, "note: whose each is cannot be told:", cell(worded(err).Error()))
		}
	}
	return all
}

// match finds the accounts that the marks stand for.
func (w *waits) match(ctx context.Context, byMark map[string]*owner) error {
	unreadable := 0
	for a, err := range w.accounts.All(ctx) {
		switch {
		case err != nil && a == nil && isUnreadable(err):
			unreadable++
			continue
		case err != nil:
			return fmt.Errorf("reading the accounts: %w", err)
		}
		for mark, o := range byMark {
			if slices.ContainsFunc(namesOf(a), func(name string) bool { return w.regulation.Names(regulation.Counted{Account: mark}, name) }) {
				o.logins, o.id = append(o.logins, a.Login), a.ID
			}
		}
	}
	for _, o := range byMark {
		if len(o.logins) > 1 {
			o.id = ""
		}
		o.none = len(o.logins) == 0 && unreadable == 0
	}
	if unreadable > 0 {
		return fmt.Errorf("items in the table of accounts cannot be read as such (%d); loginctl account list tells of each", unreadable)
	}
	return nil
}
