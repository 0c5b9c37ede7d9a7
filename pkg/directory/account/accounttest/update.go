package accounttest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/account"
)

// prompt is how soon after its context's end a call must have returned, on a busy
// machine.
const prompt = 3 * time.Second

func wantUnavailable(t *testing.T, what string, err error) {
	t.Helper()
	if err == nil {
		t.Errorf("%s succeeded", what)
	}
	wantError(t, err, directory.ErrUnavailable)
}

// update updates what login has now, and returns what it then is.
func update(t *testing.T, store account.Store, login string, change func(*account.Account)) *account.Account {
	t.Helper()
	was := find(t, store, login)
	before, becomes := was.Clone(), was.Clone()
	change(becomes)
	start := time.Now().Truncate(time.Second)
	if err := store.Update(t.Context(), was, becomes); err != nil {
		t.Fatalf("Update: %v", err)
	}
	wantSame(t, was, before)
	if becomes.Version != was.Version+1 {
		t.Errorf("version %d became %d", was.Version, becomes.Version)
	}
	if u := becomes.Updated; u.Before(start) || u.After(time.Now()) || u.Nanosecond() != 0 {
		t.Errorf("updated is %v, want now, to the second", u)
	}
	return becomes
}

func testUpdate(t *testing.T, open Open) {
	plain := account.Credentials{PasswordHash: hash}
	full := account.Credentials{
		PasswordHash: hash, PasswordChanged: at(3), MustChange: true, PasswordExpires: at(4),
		Factor: &account.Factor{Key: "sealed-key", Step: 58_000_000, Recovery: []string{"code-1", "code-2", "code-3"}},
	}
	for _, row := range []struct {
		name   string
		was    account.Credentials
		change func(*account.Account)
	}{
		{"the hash", plain, func(a *account.Account) { a.PasswordHash = otherHash }},
		{"the hash, and since when", plain, func(a *account.Account) { a.PasswordHash, a.PasswordChanged = otherHash, at(9) }},
		{"the first hash of all", account.Credentials{MustChange: true}, func(a *account.Account) { a.PasswordHash = otherHash }},
		{"the hash, to none", full, func(a *account.Account) { a.PasswordHash = "" }},
		{"since when, to unknown", full, func(a *account.Account) { a.PasswordChanged = time.Time{} }},
		{"that it must be changed", plain, func(a *account.Account) { a.MustChange = true }},
		{"that it need not be changed", full, func(a *account.Account) { a.MustChange = false }},
		{"when it expires", plain, func(a *account.Account) { a.PasswordExpires = at(9) }},
		{"that it never expires", full, func(a *account.Account) { a.PasswordExpires = time.Time{} }},
		{"the first factor", plain, func(a *account.Account) {
			a.Factor = &account.Factor{Key: "sealed-key", Step: 1, Recovery: []string{"code-1", "code-2"}}
		}},
		{"the factor's key", full, func(a *account.Account) { a.Factor.Key = "sealed-key-2" }},
		{"the factor's step", full, func(a *account.Account) { a.Factor.Step++ }},
		{"the codes, less one", full, func(a *account.Account) { a.Factor.Recovery = []string{"code-1", "code-3"} }},
		{"the codes, to none", full, func(a *account.Account) { a.Factor.Recovery = nil }},
		{"the factor, to none", full, func(a *account.Account) { a.Factor = nil }},
		{"all", plain, func(a *account.Account) {
			a.Credentials = full
			a.PasswordHash = otherHash
		}},
		{"all, to none", full, func(a *account.Account) { a.Credentials = account.Credentials{} }},
		{"nothing", full, func(*account.Account) {}},
	} {
		t.Run(row.name, func(t *testing.T) {
			mara := person("mara")
			mara.Credentials = row.was
			store := open(t, []account.Account{*mara.Clone()})
			becomes := update(t, store, "mara", row.change)
			wantSame(t, find(t, store, "mara"), becomes)
			becomes = update(t, store, "mara", func(a *account.Account) { a.PasswordHash = hash + "again" })
			wantSame(t, find(t, store, "mara"), becomes)
		})
	}
	t.Run("of an account that something else made", func(t *testing.T) {
		mara := person("mara")
		mara.Version, mara.Created, mara.Updated = 0, time.Time{}, time.Time{}
		store := open(t, []account.Account{mara})
		becomes := update(t, store, "mara", func(a *account.Account) { a.PasswordHash = otherHash })
		wantSame(t, find(t, store, "mara"), becomes)
	})
}

func testUpdateAlone(t *testing.T, open Open) {
	mara, dora := person("mara"), person("dora")
	store := open(t, []account.Account{mara, dora})
	becomes := update(t, store, "mara", func(a *account.Account) {
		a.PasswordHash = otherHash
		a.Email, a.Name, a.EmailVerified, a.Disabled, a.Groups = "other@example.com", "Other", false, true, []string{"agents"}
		a.Created = at(9)
	})
	want := mara
	want.PasswordHash, want.Version, want.Updated = otherHash, becomes.Version, becomes.Updated
	wantSame(t, find(t, store, "mara"), &want)
	wantSame(t, find(t, store, "dora"), &dora)
}

func testUpdateOfTwo(t *testing.T, open Open) {
	mara, dora := person("mara"), person("dora")
	store := open(t, []account.Account{mara, dora})
	becomes := dora.Clone()
	becomes.PasswordHash = otherHash
	before := becomes.Clone()
	if err := store.Update(t.Context(), find(t, store, "mara"), becomes); err == nil || errors.Is(err, account.ErrConflict) {
		t.Errorf("Update = %v, want an error that says what is wrong", err)
	}
	wantSame(t, becomes, before)
	wantSame(t, find(t, store, "mara"), &mara)
	wantSame(t, find(t, store, "dora"), &dora)
}

func testConflict(t *testing.T, open Open) {
	for _, row := range []struct {
		name   string
		stored account.Credentials
		was    func(*account.Account)
	}{
		{"an older version", account.Credentials{PasswordHash: hash}, func(a *account.Account) { a.Version-- }},
		{"a newer version", account.Credentials{PasswordHash: hash}, func(a *account.Account) { a.Version++ }},
		{"no version", account.Credentials{PasswordHash: hash}, func(a *account.Account) { a.Version = 0 }},
		{"another hash, by what knows no versions", account.Credentials{PasswordHash: hash}, func(a *account.Account) { a.PasswordHash = otherHash }},
		{"no hash where there is one", account.Credentials{PasswordHash: hash}, func(a *account.Account) { a.PasswordHash = "" }},
		{"a hash where there is none", account.Credentials{}, func(a *account.Account) { a.PasswordHash = hash }},
		{"an account that is gone", account.Credentials{PasswordHash: hash}, func(a *account.Account) { a.Login = "gone" }},
		{"an account that is gone, without versions", account.Credentials{}, func(a *account.Account) { a.Login, a.Version = "gone", 0 }},
	} {
		t.Run(row.name, func(t *testing.T) {
			mara := person("mara")
			mara.Credentials = row.stored
			store := open(t, []account.Account{mara})
			was := find(t, store, "mara")
			row.was(was)
			becomes := was.Clone()
			becomes.PasswordHash, becomes.MustChange = "new", true
			before := becomes.Clone()
			wantError(t, store.Update(t.Context(), was, becomes), account.ErrConflict)
			wantSame(t, becomes, before)
			wantSame(t, find(t, store, "mara"), &mara)
			if found, err := store.Find(t.Context(), "gone"); found != nil || err != nil {
				t.Errorf("an account that was not there is: %v, %v", found, err)
			}
		})
	}
	t.Run("what was updated since", func(t *testing.T) {
		store := open(t, []account.Account{person("mara")})
		was := find(t, store, "mara")
		becomes := update(t, store, "mara", func(a *account.Account) { a.MustChange = true })
		late := was.Clone()
		late.PasswordHash = otherHash
		wantError(t, store.Update(t.Context(), was, late), account.ErrConflict)
		wantSame(t, find(t, store, "mara"), becomes)
	})
}

// testRace is two uses of one recovery code, many times over.
func testRace(t *testing.T, open Open) {
	for _, version := range []int64{0, 7} {
		mara := person("mara")
		mara.Version = version
		mara.Factor = &account.Factor{Key: "sealed-key", Recovery: []string{"code-1"}}
		store := open(t, []account.Account{mara})
		const rivals = 8
		var (
			all  sync.WaitGroup
			mu   sync.Mutex
			wins []*account.Account
		)
		start := make(chan struct{})
		for i := range rivals {
			was := find(t, store, "mara")
			becomes := was.Clone()
			becomes.Factor.Recovery, becomes.PasswordHash = nil, fmt.Sprintf("hash-%d", i)
			all.Go(func() {
				<-start
				switch err := store.Update(t.Context(), was, becomes); {
				case err == nil:
					mu.Lock()
					defer mu.Unlock()
					wins = append(wins, becomes)
				case !errors.Is(err, account.ErrConflict):
					t.Errorf("Update: %v, want success or a conflict", err)
				}
			})
		}
		close(start)
		all.Wait()
		if len(wins) != 1 {
			t.Fatalf("%d of %d won, from version %d", len(wins), rivals, version)
		}
		wantSame(t, find(t, store, "mara"), wins[0])
	}
}
