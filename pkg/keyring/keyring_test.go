package keyring_test

import (
	"slices"
	"testing"
	"time"

	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/redact"
)

func TestKeysThatDeskproMayHave(t *testing.T) {
	const window = 24 * time.Hour
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	// A version is called by its value's last letters, then by a number if it is
	// not the first with it.
	of := func(version string) keyring.Key {
		t.Helper()
		key, err := keyring.ParseKey(redact.New("practice-key-practice-key-of-the-"+version[:3]), version)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	none := keyring.Key{}
	for _, row := range []struct {
		name                       string
		current, pending, previous keyring.Key
		changed                    time.Duration // ago
		window                     time.Duration
		want                       []string
	}{
		{"all three, the current one first and the previous one last", of("new"), of("due"), of("old"), time.Hour, window, []string{"new", "due", "old"}},
		{"the current one alone where there is no other", of("new"), none, none, time.Hour, window, []string{"new"}},
		{"the current one alone where the window is zero", of("new"), of("due"), of("old"), time.Hour, 0, []string{"new"}},
		{"the current one alone where the window is less than zero", of("new"), of("due"), of("old"), 0, -time.Hour, []string{"new"}},
		{"the previous one up to the window's end", of("new"), none, of("old"), window - time.Second, window, []string{"new", "old"}},
		{"no previous one from then on", of("new"), none, of("old"), window, window, []string{"new"}},
		{"a pending one however long ago the change was", of("new"), of("due"), of("old"), 1000 * window, window, []string{"new", "due"}},
		{"the previous one where the store's clock is ahead", of("new"), none, of("old"), -time.Minute, window, []string{"new", "old"}},
		{"a pending one that is the same as the current one once", of("new"), of("new-2"), of("old"), time.Hour, window, []string{"new", "old"}},
		{"a previous one that is the same as the current one once", of("new"), of("due"), of("new-2"), time.Hour, window, []string{"new", "due"}},
		{"a previous one that is the same as the pending one once", of("new"), of("due"), of("due-2"), time.Hour, window, []string{"new", "due"}},
		{"three versions of one value once", of("new"), of("new-2"), of("new-3"), time.Hour, window, []string{"new"}},
		{"no previous one where nobody knows of a change", of("new"), none, of("old"), now.Sub(time.Time{}), window, []string{"new"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			ring := keyring.Keyring{Current: row.current, Pending: row.pending, Previous: row.previous, Changed: now.Add(-row.changed)}
			var got []string
			for _, key := range ring.Usable(now, row.window) {
				got = append(got, key.Version())
			}
			if !slices.Equal(got, row.want) {
				t.Errorf("usable: %q, want %q", got, row.want)
			}
		})
	}
}

func TestAKeyKeepsWhatItIsToldOfItself(t *testing.T) {
	made := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	plain := key(t, "v1")
	told := plain.MadeAt(made).In(keyring.Pending)
	if told.Stage() != keyring.Pending || !told.Made().Equal(made) || told.Version() != "v1" || !told.Same(plain) || told.IsZero() {
		t.Errorf("stage %q, made %v, version %q", told.Stage(), told.Made(), told.Version())
	}
	if plain.Stage() != "" || !plain.Made().IsZero() {
		t.Errorf("the key that it was made from is in stage %q, made %v", plain.Stage(), plain.Made())
	}
	if !(keyring.Key{}).IsZero() {
		t.Error("no key is one")
	}
}
