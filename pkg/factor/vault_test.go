package factor_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"deskpro-login/pkg/factor"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/redact"
)

const (
	account = "account-1"
	secret  = "practice-secret-practice-secret-practice"
	other   = "practice-secret-practice-secret-practicf"
	// sealedByOthers is rfcKey, sealed for account by version-1 with secret, as
	// Python's cryptography package makes it.
	sealedByOthers = "v1.version-1.AAECAwQFBgcICQoLzFHAs1jSCxAk6L9c6aYfEQFjbtwXMThWhAgV7tXcVcy9Vind"
)

// store is a keyring.Versions that returns what it is told.
type store struct {
	current, previous       keyring.Version
	currentErr, previousErr error
	// asked is called when the previous version is asked for.
	asked func(*store)
}

func (s *store) Current(context.Context) (keyring.Version, error) { return s.current, s.currentErr }

func (s *store) Previous(context.Context) (keyring.Version, error) {
	if s.asked != nil {
		s.asked(s)
	}
	return s.previous, s.previousErr
}

func version(id, text string) keyring.Version {
	return keyring.Version{ID: id, Text: redact.New(text)}
}

// before is a store before its first change.
func before(v keyring.Version) *store {
	return &store{current: v, previousErr: fmt.Errorf("secret x: %w: it has no previous version", keyring.ErrAbsent)}
}

func vault(t testing.TB, versions keyring.Versions) *factor.Vault {
	t.Helper()
	v, err := factor.NewVault(versions)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func seal(t testing.TB, versions keyring.Versions) string {
	t.Helper()
	sealed, err := vault(t, versions).Seal(t.Context(), account, key(t, rfcKey))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

// wantOpened fails t unless sealed opens to rfcKey, stale or not.
func wantOpened(t *testing.T, versions keyring.Versions, sealed string, stale bool) {
	t.Helper()
	got, isStale, err := vault(t, versions).Open(t.Context(), account, sealed)
	if err != nil || got.Base32() != rfcKey || isStale != stale {
		t.Errorf("opened to the key: %t, stale %t with error %v, want stale %t", got.Base32() == rfcKey, isStale, err, stale)
	}
}

// wantClosed fails t unless sealed does not open for accountID, for the reason
// want alone, and returns the error.
func wantClosed(t *testing.T, versions keyring.Versions, accountID, sealed string, want error) string {
	t.Helper()
	got, stale, err := vault(t, versions).Open(t.Context(), accountID, sealed)
	if err == nil || got.Base32() != "" || stale {
		t.Fatalf("%q opened: stale %t, error %v", sealed, stale, err)
	}
	for _, sentinel := range []error{factor.ErrSealed, keyring.ErrAbsent, keyring.ErrUnavailable, keyring.ErrUnusable} {
		if errors.Is(err, sentinel) != (sentinel == want) {
			t.Errorf("%q: error = %v, want %v", sealed, err, want)
		}
	}
	wantNoSecret(t, err)
	return err.Error()
}

func wantNoSecret(t *testing.T, err error) {
	t.Helper()
	for _, shown := range []string{rfcKey, rfcBytes, secret, other, account} {
		if strings.Contains(err.Error(), shown) {
			t.Errorf("the error shows %q: %v", shown, err)
		}
	}
}

func TestASealedKeyOpensAgain(t *testing.T) {
	for _, id := range []string{"1", "version-1", "v1.2.3", strings.Repeat("x", 64)} {
		versions := before(version(id, secret))
		one, two := seal(t, versions), seal(t, versions)
		if one == two {
			t.Errorf("sealed twice alike: %s", one)
		}
		for _, sealed := range []string{one, two} {
			if !strings.HasPrefix(sealed, "v1."+id+".") || len(sealed) > 132 || strings.ContainsFunc(sealed, func(r rune) bool { return r <= ' ' || r > '~' }) {
				t.Errorf("sealed as %q", sealed)
			}
			if strings.Contains(sealed, rfcKey) {
				t.Errorf("not sealed: %s", sealed)
			}
			wantOpened(t, versions, sealed, false)
		}
	}
}

func TestWhatWasSealedBeforeThisReleaseOpens(t *testing.T) {
	wantOpened(t, before(version("version-1", secret)), sealedByOthers, false)
}

func TestTheTextOfTheSecretIsTakenAsItIs(t *testing.T) {
	withNewline := before(version("version-1", secret+"\n"))
	wantOpened(t, withNewline, seal(t, withNewline), false)
	wantClosed(t, withNewline, account, sealedByOthers, factor.ErrSealed)
}

func TestWhatThePreviousVersionSealedIsStale(t *testing.T) {
	sealed := seal(t, before(version("version-1", secret)))
	changed := &store{current: version("version-2", other), previous: version("version-1", secret)}
	wantOpened(t, changed, sealed, true)
	wantOpened(t, changed, seal(t, changed), false)
}

func TestThePreviousVersionIsNotAskedForInVain(t *testing.T) {
	versions := before(version("version-1", secret))
	versions.asked = func(*store) { t.Error("it was asked for") }
	wantOpened(t, versions, seal(t, versions), false)
	wantClosed(t, versions, account, "odd", factor.ErrSealed)
	wantClosed(t, versions, "account-2", sealedByOthers, factor.ErrSealed)
}

func TestWhatNeitherVersionSealedSaysWhatToDo(t *testing.T) {
	sealed := seal(t, before(version("version-1", secret)))
	for _, row := range []struct {
		name     string
		versions *store
		says     string
	}{
		{"changed twice", &store{current: version("version-3", secret), previous: version("version-2", secret)}, "changed twice"},
		{"no previous version", before(version("version-3", secret)), "it has no previous version"},
	} {
		t.Run(row.name, func(t *testing.T) {
			text := wantClosed(t, row.versions, account, sealed, factor.ErrSealed)
			for _, want := range []string{row.says, "version version-1", "`loginctl account mfa reset`"} {
				if !strings.Contains(text, want) {
					t.Errorf("error = %s, want it to say %q", text, want)
				}
			}
		})
	}
}

func TestWhatANewerInstanceSealedOpensAtAnOlderOne(t *testing.T) {
	first, second := version("version-1", secret), version("version-2", other)
	sealed := seal(t, before(second))
	older := &store{current: first, previous: first, asked: func(s *store) { s.current = second }}
	wantOpened(t, older, sealed, false)
}

func TestAChangedTextDoesNotOpen(t *testing.T) {
	// Two versions whose IDs are a bit apart and whose text is the same.
	versions := &store{current: version("version-1", secret), previous: version("version-3", secret)}
	sealed := seal(t, versions)
	for at := range len(sealed) {
		for bit := range 8 {
			changed := []byte(sealed)
			changed[at] ^= 1 << bit
			wantClosed(t, versions, account, string(changed), factor.ErrSealed)
		}
		wantClosed(t, versions, account, sealed[:at], factor.ErrSealed)
		wantClosed(t, versions, account, sealed[at+1:], factor.ErrSealed)
		wantClosed(t, versions, account, sealed[:at]+"\n"+sealed[at:], factor.ErrSealed)
		wantClosed(t, versions, account, sealed[:at]+"\n"+sealed[at+1:], factor.ErrSealed)
	}
	wantClosed(t, versions, account, sealed+"A", factor.ErrSealed)
	wantClosed(t, versions, account, sealed+sealed, factor.ErrSealed)
}

func TestNothingElseOpensIt(t *testing.T) {
	versions := before(version("version-1", secret))
	sealed := seal(t, versions)
	for _, id := range []string{"", "account-2", "account-11", "account-1 ", "1\x00account-1"} {
		wantClosed(t, versions, id, sealed, factor.ErrSealed)
	}
	wantClosed(t, before(version("version-1", other)), account, sealed, factor.ErrSealed)
	for name, odd := range map[string]string{
		"nothing": "", "the form alone": "v1.", "dots": "v1...", "no version": "v1." + sealed[len("v1.version-1"):], "another form": "v2" + sealed[2:],
		"a key that was not sealed": rfcKey, "far too long": "v1." + strings.Repeat("x", 1<<20), "a version that is far too long": "v1." + strings.Repeat("x", 1<<20) + sealed[len("v1.version-1"):],
		"padding": sealed + "==", "a version with a space": "v1.version 1" + sealed[len("v1.version-1"):],
	} {
		t.Run(name, func(t *testing.T) {
			text := wantClosed(t, versions, account, odd, factor.ErrSealed)
			if !strings.Contains(text, "`loginctl account mfa reset`") || len(text) > 500 {
				t.Errorf("error = %s", text)
			}
		})
	}
}

func TestWhatTheKeyringSaysIsPassedOn(t *testing.T) {
	sealed := seal(t, before(version("version-1", secret)))
	for _, sentinel := range []error{keyring.ErrAbsent, keyring.ErrUnavailable, keyring.ErrUnusable} {
		down := &store{currentErr: fmt.Errorf("secret x: %w: practice", sentinel)}
		if text := wantClosed(t, down, account, sealed, sentinel); !strings.Contains(text, "secret x") {
			t.Errorf("error = %s, want it to name the secret", text)
		}
		if _, err := vault(t, down).Seal(t.Context(), account, key(t, rfcKey)); !errors.Is(err, sentinel) {
			t.Errorf("sealing: %v, want %v", err, sentinel)
		}
	}
	for _, sentinel := range []error{keyring.ErrUnavailable, keyring.ErrUnusable} {
		half := &store{current: version("version-2", other), previousErr: sentinel}
		wantClosed(t, half, account, sealed, sentinel)
	}
	suddenly := before(version("version-2", other))
	suddenly.asked = func(s *store) { s.currentErr = keyring.ErrUnavailable }
	wantClosed(t, suddenly, account, sealed, keyring.ErrUnavailable)
}

func TestAnUnfitSecretSealsNothing(t *testing.T) {
	for _, row := range []struct {
		name    string
		version keyring.Version
		says    string
	}{
		{"no text", version("version-1", ""), "has 0 bytes"},
		{"31 bytes", version("version-1", secret[:31]), "has 31 bytes and needs at least 32; store a generated one"},
		{"31 bytes and white space", version("version-1", "  "+secret[:31]+"\n\n\n"), "has 31 bytes"},
		{"a version without an ID", version("", secret), "printable ASCII"},
		{"a version with an overlong ID", version(strings.Repeat("x", 65), secret), "printable ASCII"},
		{"a version with a space in its ID", version("version 1", secret), "printable ASCII"},
		{"a version with an ID that is not ASCII", version("vérsion", secret), "printable ASCII"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := vault(t, before(row.version)).Seal(t.Context(), account, key(t, rfcKey))
			if !errors.Is(err, keyring.ErrUnusable) || !strings.Contains(err.Error(), row.says) {
				t.Fatalf("error = %v, want ErrUnusable that says %q", err, row.says)
			}
			wantNoSecret(t, err)
			if strings.Contains(err.Error(), "practice") {
				t.Errorf("the error shows the secret: %v", err)
			}
		})
	}
	wantClosed(t, before(version("version-1", secret[:31])), account, sealedByOthers, keyring.ErrUnusable)
	exact := before(version("version-1", secret[:32]))
	wantOpened(t, exact, seal(t, exact), false)
}

func TestAKeyIsSealedForAnAccount(t *testing.T) {
	v := vault(t, before(version("version-1", secret)))
	if sealed, err := v.Seal(t.Context(), "", key(t, rfcKey)); err == nil || sealed != "" {
		t.Errorf("sealed %q for no account: %v", sealed, err)
	}
	if sealed, err := v.Seal(t.Context(), account, factor.Key{}); err == nil || sealed != "" {
		t.Errorf("sealed the zero Key as %q: %v", sealed, err)
	}
	if v, err := factor.NewVault(nil); err == nil || v != nil {
		t.Errorf("a vault without a secret: %v, %v", v, err)
	}
}

func TestManySealAndOpenAtOnce(t *testing.T) {
	v := vault(t, &store{current: version("version-1", secret), previous: version("version-0", other)})
	var all sync.WaitGroup
	for n := range 20 {
		all.Go(func() {
			id, k := fmt.Sprint("account-", n), factor.NewKey()
			for range 50 {
				sealed, err := v.Seal(t.Context(), id, k)
				if err != nil {
					t.Error(err)
					return
				}
				if got, _, err := v.Open(t.Context(), id, sealed); err != nil || got.Base32() != k.Base32() {
					t.Errorf("opened to another key, with error %v", err)
				}
			}
		})
	}
	all.Wait()
}

func FuzzOpen(f *testing.F) {
	f.Add(account, sealedByOthers)
	f.Add(account, "v1.version-0"+sealedByOthers[len("v1.version-1"):])
	f.Add("", "v1..")
	f.Add("account-2", "v1.version-1.\n")
	v := vault(f, &store{current: version("version-1", secret), previous: version("version-0", secret)})
	f.Fuzz(func(t *testing.T, accountID, sealed string) {
		k, stale, err := v.Open(t.Context(), accountID, sealed)
		if accountID == account && sealed == sealedByOthers {
			if err != nil || stale || k.Base32() != rfcKey {
				t.Errorf("stale %t, error %v", stale, err)
			}
		} else if !errors.Is(err, factor.ErrSealed) || k.Base32() != "" || stale {
			t.Errorf("%q of %q opened: stale %t, error %v", sealed, accountID, stale, err)
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	v := vault(b, before(version("version-1", secret)))
	for b.Loop() {
		if _, _, err := v.Open(b.Context(), account, sealedByOthers); err != nil {
			b.Fatal(err)
		}
	}
}
