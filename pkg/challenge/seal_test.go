package challenge_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/challenge"
	"deskpro-login/pkg/state"
	"deskpro-login/pkg/state/memory"
)

func TestWhatIsStoredTellsNothing(t *testing.T) {
	const result, answer, source = "signed in as u-1: a token", "correct horse battery staple", "2001:db8::7"
	store := &spy{}
	s := newSteps(t, store)
	id := open(t, s)
	attempt, err := s.Answer(t.Context(), id, []byte(answer), source)
	if err != nil || !attempt.Won {
		t.Fatalf("won %t, %v", attempt.Won, err)
	}
	if err := s.Settle(t.Context(), attempt, []byte(result)); err != nil {
		t.Fatal(err)
	}
	if len(store.values) != 3 {
		t.Fatalf("%d values were stored, want 3: opened, claimed, settled", len(store.values))
	}
	all := strings.Join(store.values, "\n")
	sum := sha256.Sum256([]byte(answer))
	for _, secret := range []string{content, result, answer, source, id.Reveal(), string(sum[:]), "content", "claim"} {
		for _, shape := range []string{secret, base64.StdEncoding.EncodeToString([]byte(secret)), hex.EncodeToString([]byte(secret))} {
			if strings.Contains(all, shape) {
				t.Errorf("the store was given %q as %q", secret, shape)
			}
		}
	}
}

func TestEqualStepsAreSealedDifferentlyEachTime(t *testing.T) {
	store := &spy{}
	s := newSteps(t, store)
	attempt := win(t, s, open(t, s))
	settle(t, s, attempt, "done")
	settle(t, s, attempt, "done") // the same record under the same key
	if a, b := store.values[2], store.values[3]; a == b || a[:12] == b[:12] {
		t.Error("one nonce was used twice")
	}
}

func TestAStepThatWasTamperedWithIsNone(t *testing.T) {
	tampered := func(t *testing.T, settled bool, change func(value []byte) []byte) {
		t.Helper()
		store := &spy{}
		s := newSteps(t, store)
		id := open(t, s)
		if settled {
			settle(t, s, win(t, s, id), "done")
		}
		store.edit(t, func(item *state.Item) { item.Value = change(item.Value) })
		wantNone(t, s, id)
	}
	for _, settled := range []bool{false, true} {
		size := 0
		tampered(t, settled, func(value []byte) []byte { size = len(value); return nil })
		for i := range size {
			tampered(t, settled, func(value []byte) []byte { value[i%len(value)] ^= 1 << (i % 8); return value })
		}
		for _, n := range []int{1, 11, 12, 27, 28, 29} { // about the nonce's 12 bytes and the tag's 16
			tampered(t, settled, func(value []byte) []byte { return value[:n] })
		}
		tampered(t, settled, func(value []byte) []byte { return value[:len(value)-1] })
		tampered(t, settled, func(value []byte) []byte { return value[1:] })
		tampered(t, settled, func(value []byte) []byte { return append(value, 0) })
		tampered(t, settled, func([]byte) []byte { return []byte(`{"content":"e30=","expires":"2999-01-01T00:00:00Z"}`) })
	}
}

func TestAStepDoesNotOpenUnderAnothersKey(t *testing.T) {
	store := &spy{}
	s := newSteps(t, store)
	a, b := open(t, s), open(t, s)
	first, second := store.values[0], store.values[1]
	for i, value := range []string{second, first} {
		item, err := store.Get(t.Context(), store.keys[i])
		if err != nil {
			t.Fatal(err)
		}
		item.Value = []byte(value)
		if err := store.Store.Put(t.Context(), store.keys[i], item); err != nil {
			t.Fatal(err)
		}
	}
	wantNone(t, s, a)
	wantNone(t, s, b)
}

func TestStepsOfOnePrefixAreNoneOfAnothers(t *testing.T) {
	store := &spy{}
	s, other := newSteps(t, store), newStepsFor(t, store, "federation#")
	id := open(t, s)
	wantNone(t, other, id)
	// Not even where the table's writer puts it there.
	item, err := store.Get(t.Context(), store.keys[0])
	if err != nil {
		t.Fatal(err)
	}
	item.Version = 0
	hash, _ := strings.CutPrefix(store.keys[0], "challenge#")
	if err := store.Put(t.Context(), "federation#"+hash, item); err != nil {
		t.Fatal(err)
	}
	wantNone(t, other, id)
	if _, err := s.Take(t.Context(), id); err != nil {
		t.Errorf("where it belongs it is gone: %v", err)
	}
}

// TestTheFormatIsFixed opens and seals by other means than the package, so
// that a change of the format, by which a deploy ends every sign-in that is
// under way, is noticed.
func TestTheFormatIsFixed(t *testing.T) {
	for _, prefix := range []string{"challenge#", "federation#"} {
		t.Run(prefix, func(t *testing.T) {
			store := &spy{}
			s := newStepsFor(t, store, prefix)
			id := open(t, s)
			win(t, s, id)
			gcm := aesGCM(t, derive(t, id, prefix+"seal"))

			var got [2]struct {
				Content []byte
				Expires time.Time
				Claim   struct{ Answer []byte }
			}
			for i, value := range store.values {
				plain, err := gcm.Open(nil, []byte(value[:12]), []byte(value[12:]), []byte(store.keys[0]))
				if err != nil {
					t.Fatal(err)
				}
				if err := json.Unmarshal(plain, &got[i]); err != nil {
					t.Fatal(err)
				}
			}
			mac := hmac.New(sha256.New, derive(t, id, prefix+"answer"))
			mac.Write([]byte("\x00\x00\x00\x00\x00\x00\x00\x09192.0.2.1123456"))
			opened, claimed := got[0], got[1]
			if string(opened.Content) != content || opened.Claim.Answer != nil || time.Until(opened.Expires).Round(time.Minute) != life {
				t.Errorf("opened: %+v", opened)
			}
			if string(claimed.Content) != content || !bytes.Equal(claimed.Claim.Answer, mac.Sum(nil)) || !claimed.Expires.Equal(opened.Expires) {
				t.Errorf("claimed: %+v", claimed)
			}
		})
	}
}

func TestOnlyWhatIsSealedForItsKeyOpens(t *testing.T) {
	store := &spy{}
	s := newSteps(t, store)
	id := open(t, s)
	gcm := aesGCM(t, derive(t, id, "challenge#seal"))
	const good = `{"content":"e30=","expires":"2999-01-01T00:00:00Z"}`
	for _, row := range []struct {
		name, plain, additional string
		want                    error
	}{
		{"a step sealed for its key", good, store.keys[0], nil},
		{"for no key", good, "", challenge.ErrNone},
		{"for another key", good, "challenge#other", challenge.ErrNone},
		{"what does not parse, as of another release", `{"content":"e30=","expires":"2999-01-01T00:00:00Z","settled":7}`, store.keys[0], challenge.ErrNone},
		{"what has no expiry", `{"content":"e30="}`, store.keys[0], challenge.ErrNone},
	} {
		t.Run(row.name, func(t *testing.T) {
			store.edit(t, func(item *state.Item) {
				nonce := make([]byte, 12)
				item.Value = gcm.Seal(nonce, nonce, []byte(row.plain), []byte(row.additional))
			})
			_, err := s.Answer(t.Context(), id, nil, "")
			wantOnly(t, "Answer", err, row.want)
		})
	}
}

func derive(t *testing.T, id challenge.ID, info string) []byte {
	t.Helper()
	key, err := hkdf.Key(sha256.New, []byte(id.Reveal()), nil, info, 32)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func aesGCM(t *testing.T, key []byte) cipher.AEAD {
	t.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	return gcm
}

func TestContentMayBeAnyBytes(t *testing.T) {
	s := newSteps(t, &memory.Store{})
	for _, want := range []string{"", "\x00\xff\xfe", `"}{`, "\u2028é"} {
		id, err := s.Open(t.Context(), []byte(want))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Take(t.Context(), id); err != nil || string(got) != want {
			t.Errorf("Take = %q, %v, want %q", got, err, want)
		}
	}
}
