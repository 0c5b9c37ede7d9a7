package password_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/password"
	"deskpro-login/pkg/redact"
)

// over returns hashes above a ceiling, each by what is too much, besides those of
// TestAnOddStoredHashIsAnErrorAndNeverComputed.
func over() map[string]string {
	argon2 := func(m, t, p string) string {
		return "$argon2id$v=19$m=" + m + ",t=" + t + ",p=" + p + "$" + salt + "$" + tag
	}
	scrypt := func(ln, r, p string) string {
		return "$scrypt$ln=" + ln + ",r=" + r + ",p=" + p + "$" + salt + "$" + tag
	}
	django := func(n, r, p string) string {
		return "scrypt$" + n + "$" + djangoPlain + "$" + r + "$" + p + "$" + tag + "="
	}
	const most31, over31, over32, over64 = "2147483647", "2147483648", "4294967296", "18446744073709551616"
	return map[string]string{
		"argon2's memory by one":                     argon2("102401", "1", "1"),
		"argon2's memory by a bit":                   argon2(most31, "1", "1"),
		"argon2's memory by 31 bits":                 argon2(over31, "1", "1"),
		"argon2's memory, nothing in 32 bits":        argon2(over32, "2", "1"),
		"argon2's memory, the floor in 32 bits":      argon2("4294968320", "1", "1"),
		"argon2's memory, the floor in 64 bits":      argon2("18446744073709552640", "1", "1"),
		"argon2's memory of a hundred digits":        argon2(strings.Repeat("9", 100), "1", "1"),
		"argon2's time by one":                       argon2("19456", "9", "1"),
		"argon2's time with the least memory":        argon2("8", most31, "1"),
		"argon2's time, one in 32 bits":              argon2("19456", "4294967297", "1"),
		"argon2's memory times its time, in 32 bits": argon2("65536", "65536", "1"),
		"argon2's lanes by one":                      argon2("19456", "2", "9"),
		"argon2's lanes by a byte":                   argon2("19456", "2", "257"),
		"argon2's lanes by 24 bits":                  argon2("102400", "8", "16777215"),
		"argon2's lanes, one in 32 bits":             argon2("19456", "2", "4294967297"),
		"all of argon2's":                            argon2(most31, most31, most31),
		"argon2i's memory":                           strings.Replace(argon2("102401", "1", "1"), "argon2id", "argon2i", 1),
		"argon2's memory in Django's form":           "argon2" + argon2("102401", "1", "1"),

		"bcrypt's cost by one":                  "$2b$15$" + bcryptSalt + bcryptTag,
		"bcrypt's cost by all":                  "$2y$99$" + bcryptSalt + bcryptTag,
		"bcrypt's cost in Django's form":        "bcrypt$$2b$15$" + bcryptSalt + bcryptTag,
		"bcrypt's cost in Django's second form": "bcrypt_sha256$$2b$31$" + bcryptSalt + bcryptTag,

		"PBKDF2-SHA1's iterations by one":           "$pbkdf2$4000001$" + salt + "$" + tag20,
		"PBKDF2-SHA256's iterations by 31 bits":     "$pbkdf2-sha256$" + over31 + "$" + salt + "$" + tag,
		"PBKDF2-SHA256's, the floor in 32 bits":     "$pbkdf2-sha256$4294968296$" + salt + "$" + tag,
		"PBKDF2-SHA256's, the floor in 64 bits":     "pbkdf2_sha256$18446744073709552616$" + djangoPlain + "$" + tag + "=",
		"PBKDF2-SHA512's iterations by one":         "$pbkdf2-sha512$2000001$" + salt + "$" + strings.Repeat("A", 86),
		"PBKDF2-SHA512's with SHA256's ceiling":     "$pbkdf2-sha512$4000000$" + salt + "$" + strings.Repeat("A", 86),
		"PBKDF2-SHA1's by Django's name":            "pbkdf2_sha1$4000001$" + djangoPlain + "$" + tag20 + "=",
		"PBKDF2-SHA512's by Django's name":          "pbkdf2_sha512$2000001$" + djangoPlain + "$" + strings.Repeat("A", 86) + "==",
		"PBKDF2's output by a block":                "$pbkdf2-sha256$4000000$" + salt + "$" + strings.Repeat("A", 86),
		"PBKDF2-SHA1's output by 200 bytes":         "$pbkdf2$4000000$" + salt[:11] + "$" + strings.Repeat("A", 200),
		"PBKDF2's output by Django's of two blocks": "pbkdf2_sha1$4000000$" + djangoPlain + "$" + strings.Repeat("A", 54) + "==",
		"PBKDF2's salt by 250 bytes":                "$pbkdf2-sha256$29000$" + strings.Repeat("A", 250) + "$" + tag,
		"PBKDF2's salt by Django's of a megabyte":   "pbkdf2_sha256$29000$" + strings.Repeat("A", 1<<20) + "$" + tag + "=",

		"scrypt's N by one":                      scrypt("17", "8", "1"),
		"scrypt's N by 30 bits":                  scrypt("30", "1", "1"),
		"scrypt's N by 31 bits":                  scrypt("31", "1", "1"),
		"scrypt's N by 64 bits":                  scrypt("64", "8", "1"),
		"scrypt's N by a shift of 32 bits":       scrypt("4294967306", "8", "1"),
		"scrypt's r by one":                      scrypt("16", "9", "1"),
		"scrypt's r with the least N":            scrypt("10", "513", "1"),
		"scrypt's N·r, nothing in 32 bits":       scrypt("30", "4", "1"),
		"scrypt's N·r, nothing in 64 bits":       scrypt("30", "17179869184", "1"),
		"scrypt's p by one":                      scrypt("16", "8", "5"),
		"scrypt's p with the least N and r":      scrypt("10", "8", "257"),
		"scrypt's p by all":                      scrypt("13", "1", most31),
		"scrypt's N·r·p, nothing in 32 bits":     scrypt("13", "1", "524288"),
		"scrypt's r·p beyond what it takes":      scrypt("10", "512", "4194304"),
		"all of scrypt's":                        scrypt("30", most31, most31),
		"scrypt's N in Django's form":            django("131072", "8", "1"),
		"scrypt's N in Django's, by 31 bits":     django(over31, "1", "1"),
		"scrypt's N in Django's, by 64 bits":     django(over64, "8", "1"),
		"scrypt's p in Django's form":            django("16384", "8", "17"),
		"scrypt's N·r·p in Django's form":        django("1024", "8", most31),
		"scrypt's output by 256 bytes":           "$scrypt$ln=16,r=8,p=4$" + salt + "$" + strings.Repeat("A", 342),
		"scrypt's output by a gigabyte, in name": "$scrypt$ln=16,r=8,p=1,l=1073741824$" + salt + "$" + tag,

		"SHA256-crypt's rounds by one":               "$5$rounds=1000001$" + shaSalt + "$" + sha256Tag,
		"SHA512-crypt's rounds by one":               "$6$rounds=700001$" + shaSalt + "$" + sha512Tag,
		"SHA512-crypt's with SHA256's ceiling":       "$6$rounds=1000000$" + shaSalt + "$" + sha512Tag,
		"SHA-crypt's rounds, the default in 32 bits": "$6$rounds=4294972296$" + shaSalt + "$" + sha512Tag,
		"SHA-crypt's rounds, which crypt would cut":  "$6$rounds=9999999999$" + shaSalt + "$" + sha512Tag,
		"SHA-crypt's salt, which crypt would cut":    "$6$rounds=5000$" + strings.Repeat("s", 100) + "$" + sha512Tag,

		"all length":                  strings.Repeat("$", 16<<20),
		"all length, of a good start": "$argon2id$v=19$m=19456,t=2,p=1$" + strings.Repeat("A", 16<<20),
	}
}

// fastest is the least that something took of several times: what else runs on the
// machine can only add to it.
func fastest(times int, do func()) time.Duration {
	least := time.Duration(1<<63 - 1)
	for range times {
		began := time.Now()
		do()
		least = min(least, time.Since(began))
	}
	return least
}

// Who can write a hash must not be able to spend the function's time: what is over
// a ceiling costs next to nothing, in time and in memory. Time is told by a measure
// of the same machine: a 32nd of the most that any hash may cost.
func TestRefusingAHashOverACeilingCostsNothing(t *testing.T) {
	hasher := newHasher(t)
	measure := fastest(3, func() {
		if _, err := hasher.Verify(t.Context(), "$2b$09$"+bcryptSalt+bcryptTag, redact.New("p")); err != nil {
			t.Fatal(err)
		}
	})
	typed := redact.New(strings.Repeat("x", password.MaxLength))
	for name, hash := range over() {
		refuse := func() {
			if ok, err := hasher.Verify(t.Context(), hash, typed); ok || err == nil {
				t.Fatalf("%s: Verify = %t, %v, want an error", name, ok, err)
			}
		}
		if _, err := hasher.Verify(ended(t), hash, typed); err == nil || errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, would have been computed", name, err)
			continue
		}
		if took := fastest(20, refuse); took > measure/100 {
			t.Errorf("%s: refused in %v, and the costliest that is allowed takes about %v", name, took, 32*measure)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range 10 {
			refuse()
		}
		runtime.ReadMemStats(&after)
		// fmt's text of it is most of that.
		if bytes := (after.TotalAlloc - before.TotalAlloc) / 10; bytes > 16<<10 {
			t.Errorf("%s: refused with %d bytes", name, bytes)
		}
	}
}

// The ceilings of all schemes are one: the worst of one costs no multiple of the
// worst of another. Each hash is of a 32nd of its scheme's ceiling.
func TestTheCeilingsCostAlike(t *testing.T) {
	hasher := newHasher(t)
	typed := redact.New(strings.Repeat("x", password.MaxLength))
	costs := map[string]time.Duration{}
	for _, hash := range []string{
		"$argon2id$v=19$m=25600,t=1,p=1$" + salt + "$" + tag,
		"$argon2i$v=19$m=25600,t=1,p=1$" + salt + "$" + tag,
		"$2b$09$" + bcryptSalt + bcryptTag,
		"$pbkdf2$125000$" + salt + "$" + tag20,
		"$pbkdf2-sha256$125000$" + salt + "$" + tag,
		"$pbkdf2-sha512$62500$" + salt + "$" + strings.Repeat("A", 86),
		"$scrypt$ln=13,r=8,p=1$" + salt + "$" + tag,
		"$scrypt$ln=14,r=1,p=4$" + salt + "$" + tag,
		"scrypt$1024$" + djangoPlain + "$8$8$" + tag + "=",
		"$5$rounds=31250$" + shaSalt + "$" + sha256Tag,
		"$6$rounds=21875$" + shaSalt + "$" + sha512Tag,
	} {
		costs[hash] = fastest(2, func() {
			if _, err := hasher.Verify(t.Context(), hash, typed); err != nil {
				t.Fatal(err)
			}
		})
	}
	measure := costs["$2b$09$"+bcryptSalt+bcryptTag]
	for hash, cost := range costs {
		t.Logf("%3.1f of bcrypt's: %s", float64(cost)/float64(measure), fmt.Sprintf("%.40s", hash))
		if cost > 8*measure {
			t.Errorf("%.40s takes %v for a 32nd of its ceiling, and bcrypt %v", hash, cost, measure)
		}
	}
}
