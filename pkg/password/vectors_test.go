package password_test

import (
	"bufio"
	"embed"
	"encoding/json"
	"strings"
	"testing"

	"deskpro-login/pkg/password"
	"deskpro-login/pkg/redact"
)

//go:embed testdata/*.txt
var testdata embed.FS

// vector is a hash that a tool has made of a password.
type vector struct{ password, hash string }

// vectors reads one of testdata's files, each of which says what made it.
func vectors(t testing.TB, name string) []vector {
	t.Helper()
	file, err := testdata.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var all []vector
	for lines := bufio.NewScanner(file); lines.Scan(); {
		quoted, hash, ok := strings.Cut(lines.Text(), "\t")
		if !ok {
			continue
		}
		v := vector{hash: hash}
		if err := json.Unmarshal([]byte(quoted), &v.password); err != nil {
			t.Fatalf("reading vector %s: %v", quoted, err)
		}
		all = append(all, v)
	}
	if len(all) == 0 {
		t.Fatalf("%s holds no vector", name)
	}
	return all
}

var vectorFiles = []string{"reference.txt", "php.txt", "django.txt", "passlib.txt", "bcrypt.txt", "crypt.txt"}

// made returns the vector whose hash begins with prefix.
func made(t testing.TB, name, prefix string) vector {
	t.Helper()
	for _, v := range vectors(t, name) {
		if strings.HasPrefix(v.hash, prefix) {
			return v
		}
	}
	t.Fatalf("%s holds no hash that begins with %s", name, prefix)
	return vector{}
}

// costly is what the hashes with the tools' default parameters are of.
const costly = "Correct-Horse 9 battery!"

func TestHashesOfOtherToolsVerify(t *testing.T) {
	hasher := newHasher(t)
	for _, name := range vectorFiles {
		for _, v := range vectors(t, name) {
			t.Run(strings.TrimSuffix(name, ".txt")+"/"+v.hash[:12], func(t *testing.T) {
				t.Parallel()
				candidates := map[string]bool{v.password: true, v.password[1:]: false}
				if v.password == costly {
					delete(candidates, v.password[1:]) // the cheaper ones show that
				}
				for candidate, want := range candidates {
					got, err := hasher.Verify(t.Context(), v.hash, redact.New(candidate))
					if err != nil || got != want {
						t.Errorf("Verify(%q) against %s = %v, %v, want %v", candidate, v.hash, got, err, want)
					}
				}
			})
		}
	}
}

func TestDescribeShowsSchemeAndParametersAlone(t *testing.T) {
	for _, row := range []struct{ file, prefix, want string }{
		{"reference.txt", "$argon2id$v=19$m=19456", "argon2id with memory 19456 KiB, time 2, parallelism 1, in PHC form"},
		{"php.txt", "$argon2i$v=19$m=65536", "argon2i with memory 65536 KiB, time 4, parallelism 1, in PHC form"},
		{"php.txt", "$2y$10", "bcrypt with cost 10, in crypt form"},
		{"django.txt", "argon2$", "argon2id with memory 102400 KiB, time 2, parallelism 8, in Django form"},
		{"django.txt", "bcrypt$$2b$04", "bcrypt with cost 4, in Django form"},
		{"django.txt", "bcrypt_sha256$$2b$12", "bcrypt-SHA256 with cost 12, in Django form"},
		{"django.txt", "pbkdf2_sha1$1000000", "PBKDF2-SHA1 with 1000000 iterations, in Django form"},
		{"django.txt", "pbkdf2_sha256$1000$", "PBKDF2-SHA256 with 1000 iterations, in Django form"},
		{"django.txt", "pbkdf2_sha512$1000$", "PBKDF2-SHA512 with 1000 iterations, in Django form"},
		{"django.txt", "scrypt$16384", "scrypt with N 16384, r 8, p 5, in Django form"},
		{"passlib.txt", "$pbkdf2$131000", "PBKDF2-SHA1 with 131000 iterations, in passlib form"},
		{"passlib.txt", "$pbkdf2-sha512$25000", "PBKDF2-SHA512 with 25000 iterations, in passlib form"},
		{"passlib.txt", "$scrypt$ln=16", "scrypt with N 65536, r 8, p 1, in passlib form"},
		{"passlib.txt", "$6$rounds=656000", "SHA512-crypt with 656000 rounds, in crypt form"},
		{"crypt.txt", "$5$saltstring", "SHA256-crypt with 5000 rounds, in crypt form"},
	} {
		t.Run(row.want, func(t *testing.T) {
			got, err := password.Describe(made(t, row.file, row.prefix).hash)
			if err != nil || got.String() != row.want {
				t.Errorf("Describe = %q, %v, want %q", got, err, row.want)
			}
		})
	}
	if got, err := password.Describe("hunter2hunter2"); err == nil || got != (password.Description{}) {
		t.Errorf("Describe of a password in the clear = %v, %v", got, err)
	}
}

func TestAHashIsOutdatedUnlessItIsAsANewOne(t *testing.T) {
	hasher := newHasher(t)
	stronger, err := password.New(password.Config{Memory: 65536, Time: 3, Parallelism: 4})
	if err != nil {
		t.Fatal(err)
	}
	own, err := hasher.Hash(t.Context(), redact.New("p"))
	if err != nil {
		t.Fatal(err)
	}
	reference := made(t, "reference.txt", "$argon2id$v=19$m=19456,t=2,p=1$c29").hash
	for _, row := range []struct {
		name   string
		hasher *password.Hasher
		hash   string
		want   bool
	}{
		{"its own", hasher, own, false},
		{"another tool's with its parameters", hasher, reference, false},
		{"its own, once the parameters have grown", stronger, own, true},
		{"one with greater parameters", hasher, stronger.Decoy(), true},
		{"one with a shorter salt", hasher, made(t, "reference.txt", "$argon2id$v=19$m=19456,t=2,p=1$ZWl").hash, true},
		{"one with a shorter tag", hasher, reference[:len(reference)-21] + "A", true},
		{"one of argon2i", hasher, strings.Replace(own, "argon2id", "argon2i", 1), true},
		{"one that Django wrote", hasher, "argon2" + own, true},
		{"one of bcrypt", hasher, made(t, "php.txt", "$2y$10").hash, true},
		{"one that cannot be read", hasher, "hunter2", true},
		{"none", hasher, "", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := row.hasher.Outdated(row.hash); got != row.want {
				t.Errorf("Outdated(%s) = %v, want %v", row.hash, got, row.want)
			}
		})
	}
	for _, name := range vectorFiles[1:] {
		for _, v := range vectors(t, name) {
			if !hasher.Outdated(v.hash) {
				t.Errorf("Outdated(%s) = false", v.hash)
			}
		}
	}
}
