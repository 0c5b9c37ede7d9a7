package password_test

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"deskpro-login/pkg/password"
	"deskpro-login/pkg/redact"
)

//go:embed testdata/reference.txt
var reference []byte

func newHasher(t testing.TB) *password.Hasher {
	t.Helper()
	hasher, err := password.New(password.Config{})
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return hasher
}

func TestHashesOfTheReferenceImplementationVerify(t *testing.T) {
	hasher := newHasher(t)
	lines := bufio.NewScanner(bytes.NewReader(reference))
	for lines.Scan() {
		quoted, hash, ok := strings.Cut(lines.Text(), "\t")
		if !ok {
			continue
		}
		var typed string
		if err := json.Unmarshal([]byte(quoted), &typed); err != nil {
			t.Fatalf("reading vector %s: %v", quoted, err)
		}
		t.Run(typed, func(t *testing.T) {
			for candidate, want := range map[string]bool{typed: true, typed + " ": false, strings.ToUpper(typed): false} {
				got, err := hasher.Verify(t.Context(), hash, redact.New(candidate))
				if err != nil || got != want {
					t.Errorf("Verify(%q) = %v, %v, want %v", candidate, got, err, want)
				}
			}
		})
	}
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
		{"more memory than would be verified", password.Config{Memory: 65540}, false},
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

const (
	salt = "c29tZXNhbHQxMjM0NTY3OA"
	tag  = "2HQDsqa3QrzuDTvSfLo1IVgfkhdjwFYCWEIeNN2v7yY"
)

func TestAnOddStoredHashIsAnErrorAndNeverComputed(t *testing.T) {
	hasher := newHasher(t)
	form := func(scheme, version, parameters, salt, tag string) string {
		return "$" + strings.Join([]string{scheme, version, parameters, salt, tag}, "$")
	}
	for _, row := range []struct{ name, hash string }{
		{"empty", ""},
		{"a password in the clear", "hunter2hunter2"},
		{"a password with dollars", "$hunter2$hunter2"},
		{"of argon2i", form("argon2i", "v=19", "m=19456,t=2,p=1", salt, tag)},
		{"of argon2d", form("argon2d", "v=19", "m=19456,t=2,p=1", salt, tag)},
		{"of bcrypt", "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW"},
		{"of an older version", form("argon2id", "v=16", "m=19456,t=2,p=1", salt, tag)},
		{"without a version", "$argon2id$m=19456,t=2,p=1$" + salt + "$" + tag},
		{"weaker than the minimum", form("argon2id", "v=19", "m=19455,t=2,p=1", salt, tag)},
		{"of no memory", form("argon2id", "v=19", "m=0,t=2,p=1", salt, tag)},
		{"of no passes", form("argon2id", "v=19", "m=19456,t=0,p=1", salt, tag)},
		{"of no lanes", form("argon2id", "v=19", "m=19456,t=2,p=0", salt, tag)},
		{"of too much memory", form("argon2id", "v=19", "m=65537,t=2,p=1", salt, tag)},
		{"of all memory", form("argon2id", "v=19", "m=4294967295,t=2,p=1", salt, tag)},
		{"of more memory than fits the number", form("argon2id", "v=19", "m=4294986752,t=2,p=1", salt, tag)},
		{"of too many passes", form("argon2id", "v=19", "m=19456,t=9,p=1", salt, tag)},
		{"of too many lanes", form("argon2id", "v=19", "m=19456,t=2,p=9", salt, tag)},
		{"with a second memory", form("argon2id", "v=19", "m=19456,t=2,p=1,m=4294967295", salt, tag)},
		{"with a second memory before the version", form("argon2id", "v=19,m=4294967295", "m=19456,t=2,p=1", salt, tag)},
		{"with parameters in another order", form("argon2id", "v=19", "t=2,m=19456,p=1", salt, tag)},
		{"with a sign", form("argon2id", "v=19", "m=+19456,t=2,p=1", salt, tag)},
		{"with a leading zero", form("argon2id", "v=19", "m=019456,t=2,p=1", salt, tag)},
		{"with a negative number", form("argon2id", "v=19", "m=19456,t=-2,p=1", salt, tag)},
		{"with a short salt", form("argon2id", "v=19", "m=19456,t=2,p=1", "c29tZXM", tag)},
		{"with a short tag", form("argon2id", "v=19", "m=19456,t=2,p=1", salt, "2HQDsqa3")},
		{"without a tag", form("argon2id", "v=19", "m=19456,t=2,p=1", salt, "")},
		{"with padding", form("argon2id", "v=19", "m=19456,t=2,p=1", salt+"==", tag)},
		{"with a broken tag", form("argon2id", "v=19", "m=19456,t=2,p=1", salt, "*"+tag[1:])},
		{"with stray bits after the tag", form("argon2id", "v=19", "m=19456,t=2,p=1", salt, tag[:len(tag)-1]+"Z")},
		{"with a line end", form("argon2id", "v=19", "m=19456,t=2,p=1", salt, tag) + "\n"},
		{"with a seventh field", form("argon2id", "v=19", "m=19456,t=2,p=1", salt, tag) + "$"},
		{"too long", form("argon2id", "v=19", "m=19456,t=2,p=1", strings.Repeat("A", 400), tag)},
		{"of a megabyte", strings.Repeat("$", 1<<20)},
	} {
		t.Run(row.name, func(t *testing.T) {
			ok, err := hasher.Verify(ended(t), row.hash, redact.New("hunter2hunter2"))
			if ok || err == nil {
				t.Fatalf("Verify = %v, %v, want an error", ok, err)
			}
			if errors.Is(err, context.Canceled) {
				t.Fatal("the hash would have been computed")
			}
			for _, secret := range []string{"hunter2", salt, tag} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("error quotes the hash: %v", err)
				}
			}
		})
	}
}

// ended returns a context under which Verify fails with context.Canceled just
// when it would compute a hash.
func ended(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

func FuzzStoredHash(f *testing.F) {
	hasher := newHasher(f)
	f.Add(hasher.Decoy())
	f.Add("$argon2id$v=19$m=19456,t=2,p=1,m=4294967295$" + salt + "$" + tag)
	f.Add("$argon2id$v=19$m=65536,t=3,p=4,k=1$" + salt + "$" + tag)
	f.Add("$$$$$")
	canonical := regexp.MustCompile(`^\$argon2id\$v=19\$m=[1-9]\d{3,4},t=[1-8],p=[1-8]\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{22,}$`)
	f.Fuzz(func(t *testing.T, hash string) {
		_, err := hasher.Verify(ended(t), hash, redact.New("p"))
		if errors.Is(err, context.Canceled) && !canonical.MatchString(hash) {
			t.Errorf("%q would have been computed", hash)
		}
	})
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
