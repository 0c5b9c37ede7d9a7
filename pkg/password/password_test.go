package password_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"deskpro-login/pkg/password"
	"deskpro-login/pkg/redact"
)

func newHasher(t testing.TB) *password.Hasher {
	t.Helper()
	hasher, err := password.New(password.Config{})
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return hasher
}

func TestAPasswordVerifiesExactlyAsTyped(t *testing.T) {
	hasher := newHasher(t)
	const typed = " Caf\u00e9 \x00 1 "
	hash, err := hasher.Hash(t.Context(), redact.New(typed))
	if err != nil {
		t.Fatalf("Hash: %v", err)
	}
	if prefix := "$argon2id$v=19$m=19456,t=2,p=1$"; !strings.HasPrefix(hash, prefix) {
		t.Errorf("hash = %s, want prefix %s", hash, prefix)
	}
	for _, row := range []struct {
		name, candidate string
		want            bool
	}{
		{"the same", typed, true},
		{"trimmed", strings.TrimSpace(typed), false},
		{"decomposed", strings.Replace(typed, "\u00e9", "e\u0301", 1), false},
		{"cut at the NUL", typed[:strings.IndexByte(typed, 0)], false},
		{"in other case", strings.ToLower(typed), false},
		{"empty", "", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := hasher.Verify(t.Context(), hash, redact.New(row.candidate))
			if err != nil || got != row.want {
				t.Errorf("Verify = %v, %v, want %v", got, err, row.want)
			}
		})
	}
}

func TestTwoHashesOfOnePasswordDiffer(t *testing.T) {
	hasher := newHasher(t)
	first, err := hasher.Hash(t.Context(), redact.New("same"))
	if err != nil {
		t.Fatalf("Hash: %v", err)
	}
	second, err := hasher.Hash(t.Context(), redact.New("same"))
	if err != nil {
		t.Fatalf("Hash: %v", err)
	}
	if first == second {
		t.Error("both have the same salt")
	}
}

func TestALengthBeyondTheLimitIsNeitherHashedNorMatched(t *testing.T) {
	hasher := newHasher(t)
	longest := strings.Repeat("x", password.MaxLength)
	hash, err := hasher.Hash(t.Context(), redact.New(longest))
	if err != nil {
		t.Fatalf("Hash of the longest password: %v", err)
	}
	for candidate, want := range map[string]bool{longest: true, longest + "x": false} {
		if got, err := hasher.Verify(t.Context(), hash, redact.New(candidate)); err != nil || got != want {
			t.Errorf("Verify of %d bytes = %v, %v, want %v", len(candidate), got, err, want)
		}
	}
	if ok, err := hasher.Verify(ended(t), hash, redact.New(longest+"x")); ok || err != nil {
		t.Errorf("Verify of a longer password = %v, %v: would have been computed", ok, err)
	}
	for _, refused := range []string{"", longest + "x"} {
		if _, err := hasher.Hash(t.Context(), redact.New(refused)); err == nil {
			t.Errorf("Hash of %d bytes succeeded", len(refused))
		}
	}
}

func TestConfig(t *testing.T) {
	for _, row := range []struct {
		name   string
		config password.Config
		ok     bool
	}{
		{"the zero value is OWASP's minimum", password.Config{}, true},
		{"OWASP's minimum of one pass", password.Config{Memory: 47104, Time: 1}, true},
		{"RFC 9106's option for little memory", password.Config{Memory: 65536, Time: 3, Parallelism: 4}, true},
		{"too little memory", password.Config{Memory: 19452}, false},
		{"too few passes", password.Config{Time: 1}, false},
		{"more memory than a new hash may take", password.Config{Memory: 65540}, false},
		{"more passes than would be verified", password.Config{Time: 9}, false},
		{"more lanes than would be verified", password.Config{Memory: 65536, Parallelism: 16}, false},
		{"memory that is rounded below the minimum", password.Config{Parallelism: 3}, false},
		{"a negative number at once", password.Config{AtOnce: -1}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			hasher, err := password.New(row.config)
			if (err == nil) != row.ok {
				t.Fatalf("New: %v, want success %v", err, row.ok)
			}
			if err != nil {
				return
			}
			hash, err := hasher.Hash(t.Context(), redact.New("p"))
			if err != nil {
				t.Fatalf("Hash: %v", err)
			}
			if ok, err := hasher.Verify(t.Context(), hash, redact.New("p")); err != nil || !ok {
				t.Errorf("Verify of its own hash = %v, %v", ok, err)
			}
			if ok, err := hasher.Verify(t.Context(), hasher.Decoy(), redact.New("p")); err != nil || ok {
				t.Errorf("Verify of its decoy = %v, %v", ok, err)
			}
			if got, want := parameters(hasher.Decoy()), parameters(hash); got != want {
				t.Errorf("decoy costs %s, a hash %s", got, want)
			}
			if len(hasher.Decoy()) != len(hash) {
				t.Errorf("decoy has %d bytes, a hash %d", len(hasher.Decoy()), len(hash))
			}
		})
	}
}

func parameters(hash string) string {
	return hash[:strings.LastIndex(hash[:strings.LastIndex(hash, "$")], "$")]
}

// ended returns a context under which Verify fails with context.Canceled just
// when it would compute a hash.
func ended(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

func TestAHashWaitsForItsTurnNoLongerThanItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hasher, err := password.New(password.Config{AtOnce: 1})
		if err != nil {
			t.Fatalf("New: %v", err)
		}
		release := hasher.Occupy(t)
		ctx, cancel := context.WithCancel(t.Context())
		var waiting sync.WaitGroup
		waiting.Go(func() {
			if _, err := hasher.Verify(ctx, hasher.Decoy(), redact.New("p")); !errors.Is(err, context.Canceled) {
				t.Errorf("Verify = %v, want context.Canceled", err)
			}
		})
		waiting.Go(func() {
			if _, err := hasher.Hash(ctx, redact.New("p")); !errors.Is(err, context.Canceled) {
				t.Errorf("Hash = %v, want context.Canceled", err)
			}
		})
		synctest.Wait()
		cancel()
		waiting.Wait()

		release()
		for range 20 { // a select would find the free slot in half of them
			if _, err := hasher.Verify(ctx, hasher.Decoy(), redact.New("p")); !errors.Is(err, context.Canceled) {
				t.Fatalf("Verify after ctx's end with a free slot = %v, want context.Canceled", err)
			}
		}
		if _, err := hasher.Verify(t.Context(), hasher.Decoy(), redact.New("p")); err != nil {
			t.Errorf("Verify after the slot was freed: %v", err)
		}
	})
}

func TestManyHashesAtOnce(t *testing.T) {
	hasher := newHasher(t)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			typed := redact.New(fmt.Sprint("p", i))
			hash, err := hasher.Hash(t.Context(), typed)
			if err != nil {
				t.Errorf("Hash: %v", err)
				return
			}
			if ok, err := hasher.Verify(t.Context(), hash, typed); err != nil || !ok {
				t.Errorf("Verify = %v, %v", ok, err)
			}
		})
	}
	all.Wait()
}

func BenchmarkVerify(b *testing.B) {
	hasher := newHasher(b)
	for b.Loop() {
		if _, err := hasher.Verify(b.Context(), hasher.Decoy(), redact.New("Correct-Horse 9 battery!")); err != nil {
			b.Fatal(err)
		}
	}
}
