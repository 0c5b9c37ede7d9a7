package roll

import (
	"context"
	"fmt"
	"strings"

	"deskpro-login/pkg/directory/account"
)

// decide compares an item with what was found and settles it, or says in its
// act what is to be written. Its error ends the import.
func (r *run) decide(it *item, found map[string]*account.Account) error {
	row, tried := it.row, it.becomes
	wasNew := it.act != nil && it.act.Added
	it.was, it.becomes, it.act = found[row.login], nil, nil
	if it.was != nil && it.was.Login != row.login {
		it.refuse(conflicting, "login: is another account's alias")
		return nil
	}
	if other := found[row.otherLogin()]; row.otherLogin() != "" && other != nil && other.Login != row.login {
		it.refuse(conflicting, "alias: is another account's")
		return nil
	}
	switch {
	case it.was == nil && !wasNew:
		return r.decideNew(it, nil) // not with the ID of one that was deleted since
	case it.was == nil:
		return r.decideNew(it, tried)
	case tried != nil && tried.ID == it.was.ID && len(differences(tried, it.was)) == 0:
		// An attempt whose answer was lost.
		if it.becomes = tried; wasNew {
			it.settle(added)
		} else {
			it.settle(updated)
		}
		return nil
	}
	return r.decideExisting(it)
}

// decideNew makes an account, as one tried before if that is not nil.
func (r *run) decideNew(it *item, tried *account.Account) error {
	row := it.row
	made := &account.Account{Login: row.login, ID: row.id, EmailVerified: r.EmailVerified}
	switch {
	case row.id != "" && r.taken.has(ids, row.id):
		it.refuse(conflicting, "id: is another account's")
		return nil
	case row.id == "" && tried != nil:
		made.ID = tried.ID
	case row.id == "":
		made.ID = r.NewID()
	}
	row.onto(made)
	if problems := newLogins(nil, made); len(problems) > 0 {
		it.refuse(bad, problems...)
		return nil
	}
	if err := check(made); err != nil {
		it.refuse(bad, err.Error())
		return nil
	}
	if row.hasPassword() {
		if ok, err := r.setPassword(it, made); !ok {
			return err
		}
	}
	it.becomes, it.act = made, &Act{ID: made.ID, Added: true, Disabled: made.Disabled}
	return nil
}

func (r *run) decideExisting(it *item) error {
	row, becomes := it.row, it.was.Clone()
	if row.id != "" && row.id != it.was.ID {
		it.refuse(conflicting, "id: the account has another one, which never changes")
		return nil
	}
	row.onto(becomes)
	if r.UpdatePasswords && row.hasPassword() {
		same, err := r.samePassword(row, it.was.PasswordHash)
		if err != nil {
			return err
		}
		if same {
			row.besidePassword(becomes)
		} else if ok, err := r.setPassword(it, becomes); !ok {
			return err
		}
	}
	changes := differences(it.was, becomes)
	switch {
	case len(changes) == 0:
		it.settle(unchanged)
		return nil
	case r.Existing == Skip:
		it.settle(skipped)
		return nil
	case r.Existing == Fail:
		it.refuse(conflicting, "the account is there already, and differs in "+strings.Join(changes, ", "))
		return nil
	}
	if problems := newLogins(it.was, becomes); len(problems) > 0 {
		it.refuse(bad, problems...)
		return nil
	}
	if err := check(becomes); err != nil {
		it.refuse(bad, err.Error())
		return nil
	}
	it.becomes, it.act = becomes, &Act{ID: becomes.ID, Changes: changes, Disabled: becomes.Disabled}
	it.act.Leaves = becomes.Disabled && !it.was.Disabled || becomes.PasswordHash != it.was.PasswordHash || r.MustLeave(it.was, becomes)
	return nil
}

// setPassword gives a the row's password, hashed if it is in the clear and is
// going to be written. It reports false where it refused the item, or with an
// error that ends the import.
func (r *run) setPassword(it *item, a *account.Account) (bool, error) {
	row, hash := it.row, it.row.hash
	if row.clear() {
		column := colPassword
		if row.initial {
			column = colInitialPassword
		}
		own := []string{a.Login, a.Alias, a.Email, a.Name, a.FirstName, a.LastName}
		if err := r.CheckPassword(r.work, row.password, own); err != nil {
			if r.work.Err() != nil {
				return false, fmt.Errorf("checking a password: %w", err)
			}
			it.refuse(bad, column+": "+err.Error())
			return false, nil
		}
		// Only told apart from what was.
		hash = "not hashed in a dry run"
		if r.Apply {
			var err error
			if hash, err = r.Passwords.Hash(r.work, row.password); err != nil {
				return false, fmt.Errorf("hashing a password: %w", err)
			}
		}
	}
	row.passwordOnto(a, hash, r.Now(), r.InitialLife)
	return true, nil
}

// samePassword tells whether hash is already of the row's password. One that
// cannot be verified is of none.
func (r *run) samePassword(row *row, hash string) (bool, error) {
	if !row.clear() || hash == "" {
		return row.hash == hash, nil
	}
	same, err := r.Passwords.Verify(r.work, hash, row.password)
	if err != nil && r.work.Err() != nil {
		return false, fmt.Errorf("verifying a password: %w", context.Cause(r.work))
	}
	return same && err == nil, nil
}
