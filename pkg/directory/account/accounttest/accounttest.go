// Package accounttest holds the suite that every account.Store passes: Run, or
// of one that keeps accounts for somebody else RunUpdate, and RunReadOnly.
//
// What only one adapter promises (how it stores, its errors from AWS) is tested
// beside that adapter.
package accounttest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/account"
)

// Open returns a new Store that holds exactly these accounts, with the Version,
// Created and Updated that they have.
type Open func(t *testing.T, accounts []account.Account) account.Store

// Run runs the whole suite.
func Run(t *testing.T, open Open) {
	t.Run("an account is found by its logins", func(t *testing.T) { testFind(t, open) })
	t.Run("an account comes back exactly", func(t *testing.T) { testExact(t, open) })
	RunUpdate(t, open)
}

// RunUpdate runs what needs neither aliases nor more than ID, Email, Name and
// Credentials.
func RunUpdate(t *testing.T, open Open) {
	t.Run("each credential is updated", func(t *testing.T) { testUpdate(t, open) })
	t.Run("an update touches nothing else", func(t *testing.T) { testUpdateAlone(t, open) })
	t.Run("an update of what has changed meanwhile is a conflict", func(t *testing.T) { testConflict(t, open) })
	t.Run("an update is of one account", func(t *testing.T) { testUpdateOfTwo(t, open) })
	t.Run("exactly one of many updates at once wins", func(t *testing.T) { testRace(t, open) })
	t.Run("what is found is the caller's to change", func(t *testing.T) { testOwned(t, open) })
	t.Run("an ended context", func(t *testing.T) { testContext(t, open) })
}

// RunReadOnly runs the suite of a Store that may not write.
func RunReadOnly(t *testing.T, open Open) {
	mara := person("mara")
	store := open(t, []account.Account{mara})
	was := find(t, store, "mara")
	wantSame(t, was, &mara)
	becomes := was.Clone()
	becomes.PasswordHash = otherHash
	wantError(t, store.Update(t.Context(), was, becomes), account.ErrReadOnly)
	if becomes.Version != was.Version || !becomes.Updated.Equal(was.Updated) {
		t.Errorf("becomes has version %d of %v, want them as they were", becomes.Version, becomes.Updated)
	}
	wantSame(t, find(t, store, "mara"), &mara)
}

// hash and otherHash are needles: no error may show them.
const (
	hash      = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQxMjM0NTY3OA$hy+DWUjtlMy9MYbEYiaJZmBjZizBbrBFOnxLJDRNHuQ"
	otherHash = "$argon2id$v=19$m=19456,t=2,p=1$b3RoZXJzYWx0MTIzNDU2Nw$qL1jX0o0m0j3r6M2l8g0XnRZ0nF4y6m0m9a2h8iHq5E"
)

// person returns an account as a company's own table may have it, too.
func person(login string) account.Account {
	return account.Account{
		Login: login, ID: "id-" + login, Email: login + "@example.com", EmailVerified: true, Name: "Mara Ó Briain",
		Credentials: account.Credentials{PasswordHash: hash},
		Version:     3, Created: at(1), Updated: at(2),
	}
}

// at returns a moment, to the second.
func at(n int) time.Time { return time.Date(2026, 3, n, 23, 59, n, 0, time.UTC) }

// find finds an account that is there.
func find(t *testing.T, store account.Store, login string) *account.Account {
	t.Helper()
	found, err := store.Find(t.Context(), login)
	if err != nil || found == nil {
		t.Fatalf("Find(%+q) = %v, %v, want an account", login, found, err)
	}
	return found
}

// wantError checks that err is want, no other sentinel, and shows nothing that it
// must not.
func wantError(t *testing.T, err, want error) {
	t.Helper()
	for _, sentinel := range []error{
		account.ErrConflict, account.ErrReadOnly, account.ErrUnreadable, account.ErrExists,
		directory.ErrThrottled, directory.ErrMisconfigured, directory.ErrUnavailable,
	} {
		if errors.Is(err, sentinel) != (sentinel == want) {
			t.Errorf("error = %v, want %v and nothing else", err, want)
		}
	}
	for _, secret := range []string{"mara", hash, otherHash, "sealed-key"} {
		if text := fmt.Sprintf("%v %+v", err, err); strings.Contains(text, secret) {
			t.Errorf("error shows %q: %s", secret, text)
		}
	}
}

// wantSame compares all that an account has. Nil and empty are one.
func wantSame(t *testing.T, got, want *account.Account) {
	t.Helper()
	if got, want := show(got), show(want); got != want {
		t.Errorf("account is\n%s, want\n%s", got, want)
	}
}

func show(a *account.Account) string {
	moment := func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
	factor := "none"
	if f := a.Factor; f != nil {
		factor = fmt.Sprintf("%+q %d %+q", f.Key, f.Step, f.Recovery)
	}
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(a.Attributes)) {
		pairs = append(pairs, fmt.Sprintf("%+q=%+q", name, a.Attributes[name]))
	}
	return fmt.Sprintf("%+q %+q %+q <%+q %t> %+q %+q %+q groups %+q attributes %s disabled %t\nhash %+q of %s must change %t expires %s factor %s\ncreated %s updated %s version %d",
		a.Login, a.Alias, a.ID, a.Email, a.EmailVerified, a.Name, a.FirstName, a.LastName, a.Groups, pairs, a.Disabled,
		a.PasswordHash, moment(a.PasswordChanged), a.MustChange, moment(a.PasswordExpires), factor,
		moment(a.Created), moment(a.Updated), a.Version)
}

// ended returns contexts that have ended.
func ended(t *testing.T) map[string]context.Context {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	late, stop := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	t.Cleanup(stop)
	return map[string]context.Context{"cancelled": cancelled, "past its deadline": late}
}
