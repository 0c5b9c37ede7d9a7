package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"deskpro-login/pkg/directory/account"
)

// twins are other accounts that Deskpro takes for the same person.
type twins struct {
	// id is how many have the same id, login that of one of them.
	id    int
	login string
	// email is how many have the same address.
	email int
	// unreadable is the error of an item that may be one.
	unreadable error
}

// twins reads the whole table for those of a.
func (s *site) twins(ctx context.Context, a *account.Account) (twins, error) {
	var found twins
	for other, err := range s.accounts.All(ctx) {
		switch {
		case err != nil && isUnreadable(err):
			found.unreadable = err
			continue
		case err != nil:
			return twins{}, err
		case other.Login == a.Login:
			continue
		}
		if other.ID == a.ID {
			found.id, found.login = found.id+1, other.Login
		}
		if a.Email != "" && strings.EqualFold(strings.TrimSpace(other.Email), strings.TrimSpace(a.Email)) {
			found.email++
		}
	}
	return found, nil
}

// tellAddresses notes that others have the address. That this cannot be told is
// no reason to do nothing.
func (s *site) tellAddresses(cmd *cobra.Command, found twins, err error) error {
	switch {
	case cmd.Context().Err() != nil:
		return s.explain(err)
	case err != nil:
		fmt.Fprintln(cmd.ErrOrStderr(), "note: whether other accounts have this address cannot be told:", cell(worded(err).Error()))
	case found.email > 0:
		fmt.Fprintf(cmd.ErrOrStderr(), "note: %s this address: Deskpro knows people by it, and takes them for one person\n", others(found.email))
	}
	return nil
}

// others is the subject, and the verb, of what n other accounts have.
func others(n int) string {
	if n == 1 {
		return "another account has"
	}
	return fmt.Sprintf("%d other accounts have", n)
}
