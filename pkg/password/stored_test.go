package password_test

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"deskpro-login/pkg/password"
	"deskpro-login/pkg/redact"
)

// Parts of hashes that are as they should be.
const (
	salt        = "c29tZXNhbHQxMjM0NTY3OA" // 16 bytes in base64
	tag         = "2HQDsqa3QrzuDTvSfLo1IVgfkhdjwFYCWEIeNN2v7yY"
	tag20       = "eXUSkkI5gs3IikXFWZmy6h6vSnA"
	bcryptSalt  = "oqnoFRdSYfY0W29r/F2ZGO"
	bcryptTag   = "SoqXdyFCPsNuANqB48fSlWITsfOuSCe"
	shaSalt     = "saltstringsaltst"
	sha256Tag   = "3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA"
	sha512Tag   = "OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v."
	djangoPlain = "G3rrPBUKt97Wf2auHpHAtv"
)

func TestAnOddStoredHashIsAnErrorAndNeverComputed(t *testing.T) {
	hasher := newHasher(t)
	join := func(fields ...string) string { return "$" + strings.Join(fields, "$") }
	for _, row := range []struct{ name, hash string }{
		{"empty", ""},
		{"a dollar", "$"},
		{"a password in the clear", "hunter2hunter2"},
		{"a password with dollars", "$hunter2$hunter2"},
		{"a password like a scheme", "$6$hunter2"},
		{"a password like Django's", "scrypt$hunter2"},
		{"of a megabyte", strings.Repeat("$", 1<<20)},
		{"of MD5-crypt", "$1$saltsalt$hunter2hunter2hunter2h"},
		{"of DES", "sahunter2hunte"},
		{"of unsalted SHA-1", "hunter2hunter2hunter2hunter2hunter2hunte"},
		{"of Django's MD5", "md5$hunter2$hunter2"},
		{"of yescrypt", "$y$j9T$hunter2$hunter2"},
		{"locked", "!" + join("6", shaSalt, sha512Tag)},

		{"of argon2d", join("argon2d", "v=19", "m=19456,t=2,p=1", salt, tag)},
		{"of an older argon2", join("argon2id", "v=16", "m=19456,t=2,p=1", salt, tag)},
		{"of argon2 without a version", join("argon2id", "m=19456,t=2,p=1", salt, tag)},
		{"of argon2 in Django's form without an argon2", "argon2"},
		{"of argon2d in Django's form", "argon2" + join("argon2d", "v=19", "m=19456,t=2,p=1", salt, tag)},
		{"of argon2id in Django's form for bcrypt", "bcrypt$" + join("argon2id", "v=19", "m=19456,t=2,p=1", salt, tag)},
		{"of argon2 too weak to be believed", join("argon2id", "v=19", "m=511,t=2,p=1", salt, tag)},
		{"of argon2 with no memory", join("argon2id", "v=19", "m=0,t=2,p=1", salt, tag)},
		{"of argon2 with no passes", join("argon2id", "v=19", "m=19456,t=0,p=1", salt, tag)},
		{"of argon2 with no lanes", join("argon2id", "v=19", "m=19456,t=2,p=0", salt, tag)},
		{"of argon2 with too much memory", join("argon2id", "v=19", "m=102401,t=2,p=1", salt, tag)},
		{"of argon2 with all memory", join("argon2id", "v=19", "m=4294967295,t=2,p=1", salt, tag)},
		{"of argon2 with more memory than fits the number", join("argon2id", "v=19", "m=4294986752,t=2,p=1", salt, tag)},
		{"of argon2 with too many passes", join("argon2id", "v=19", "m=19456,t=9,p=1", salt, tag)},
		{"of argon2 with too many lanes", join("argon2id", "v=19", "m=19456,t=2,p=9", salt, tag)},
		{"of argon2 with a second memory", join("argon2id", "v=19", "m=19456,t=2,p=1,m=4294967295", salt, tag)},
		{"of argon2 with a second memory before the version", join("argon2id", "v=19,m=4294967295", "m=19456,t=2,p=1", salt, tag)},
		{"of argon2 with parameters in another order", join("argon2id", "v=19", "t=2,m=19456,p=1", salt, tag)},
		{"of argon2 with a sign", join("argon2id", "v=19", "m=+19456,t=2,p=1", salt, tag)},
		{"of argon2 with a leading zero", join("argon2id", "v=19", "m=019456,t=2,p=1", salt, tag)},
		{"of argon2 with a negative number", join("argon2id", "v=19", "m=19456,t=-2,p=1", salt, tag)},
		{"of argon2 with an underscore", join("argon2id", "v=19", "m=19_456,t=2,p=1", salt, tag)},
		{"of argon2 with a short salt", join("argon2id", "v=19", "m=19456,t=2,p=1", "c29tZXM", tag)},
		{"of argon2 without a salt", join("argon2id", "v=19", "m=19456,t=2,p=1", "", tag)},
		{"of argon2 with a short tag", join("argon2id", "v=19", "m=19456,t=2,p=1", salt, "2HQDsqa3")},
		{"of argon2 without a tag", join("argon2id", "v=19", "m=19456,t=2,p=1", salt, "")},
		{"of argon2 with padding", join("argon2id", "v=19", "m=19456,t=2,p=1", salt+"==", tag)},
		{"of argon2 with a broken tag", join("argon2id", "v=19", "m=19456,t=2,p=1", salt, "*"+tag[1:])},
		{"of argon2 with stray bits after the tag", join("argon2id", "v=19", "m=19456,t=2,p=1", salt, tag[:len(tag)-1]+"Z")},
		{"of argon2 with a line end", join("argon2id", "v=19", "m=19456,t=2,p=1", salt, tag) + "\n"},
		{"of argon2 with a line end within", join("argon2id", "v=19", "m=19456,t=2,p=1", salt, tag[:9]+"\n"+tag[9:])},
		{"of argon2 with a seventh field", join("argon2id", "v=19", "m=19456,t=2,p=1", salt, tag) + "$"},
		{"of argon2 too long", join("argon2id", "v=19", "m=19456,t=2,p=1", strings.Repeat("A", 400), tag)},

		{"of the faulty bcrypt", join("2x", "12", bcryptSalt+bcryptTag)},
		{"of the first bcrypt", join("2", "12", bcryptSalt+bcryptTag)},
		{"of a bcrypt to come", join("2c", "12", bcryptSalt+bcryptTag)},
		{"of bcrypt too cheap", join("2b", "03", bcryptSalt+bcryptTag)},
		{"of bcrypt of no cost", join("2b", "00", bcryptSalt+bcryptTag)},
		{"of bcrypt too costly", join("2b", "15", bcryptSalt+bcryptTag)},
		{"of bcrypt for weeks", join("2b", "31", bcryptSalt+bcryptTag)},
		{"of bcrypt with one digit", join("2b", "8", bcryptSalt+bcryptTag)},
		{"of bcrypt with three digits", join("2b", "012", bcryptSalt+bcryptTag)},
		{"of bcrypt with a sign", join("2b", "+8", bcryptSalt+bcryptTag)},
		{"of bcrypt with a space", join("2b", " 8", bcryptSalt+bcryptTag)},
		{"of bcrypt with a letter that ends as a digit would", join("2b", "J0", bcryptSalt+bcryptTag)},
		{"of bcrypt with a colon for ten", join("2b", "0:", bcryptSalt+bcryptTag)},
		{"of bcrypt that was cut", join("2b", "12", bcryptSalt+bcryptTag[1:])},
		{"of bcrypt with one more", join("2b", "12", bcryptSalt+bcryptTag+"e")},
		{"of bcrypt with a line end", join("2b", "12", bcryptSalt+bcryptTag) + "\n"},
		{"of bcrypt with a line end within", join("2b", "12", bcryptSalt+bcryptTag[:30]+"\n")},
		{"of bcrypt with padding", join("2b", "12", bcryptSalt[:20]+"=="+bcryptTag)},
		{"of bcrypt with stray bits in the salt", join("2b", "12", bcryptSalt[:21]+"P"+bcryptTag)},
		{"of bcrypt with stray bits in the tag", join("2b", "12", bcryptSalt+bcryptTag[:30]+"f")},
		{"of bcrypt with a character of another base64", join("2b", "12", bcryptSalt+"+"+bcryptTag[1:])},
		{"of bcrypt in Django's form with a dollar less", "bcrypt" + join("2b", "12", bcryptSalt+bcryptTag)},
		{"of bcrypt in Django's form with something before it", "bcrypt$hunter2" + join("2b", "12", bcryptSalt+bcryptTag)},
		{"of bcrypt in Django's form too costly", "bcrypt_sha256$" + join("2b", "15", bcryptSalt+bcryptTag)},
		{"of the faulty bcrypt in Django's form", "bcrypt$" + join("2x", "12", bcryptSalt+bcryptTag)},

		{"of PBKDF2 with one iteration", join("pbkdf2-sha256", "1", salt, tag)},
		{"of PBKDF2 with 999", join("pbkdf2-sha256", "999", salt, tag)},
		{"of PBKDF2 with none", join("pbkdf2-sha256", "0", salt, tag)},
		{"of PBKDF2-SHA1 with too many iterations", join("pbkdf2", "4000001", salt, tag20)},
		{"of PBKDF2-SHA256 with too many", join("pbkdf2-sha256", "4000001", salt, tag)},
		{"of PBKDF2-SHA512 with too many", join("pbkdf2-sha512", "2000001", salt, strings.Repeat("A", 86))},
		{"of PBKDF2 with more than fits the number", join("pbkdf2-sha256", "18446744073709561616", salt, tag)},
		{"of PBKDF2 with a leading zero", join("pbkdf2-sha256", "029000", salt, tag)},
		{"of PBKDF2 without a salt", join("pbkdf2-sha256", "29000", "", tag)},
		{"of PBKDF2 with a short salt", join("pbkdf2-sha256", "29000", "c29tZXM", tag)},
		{"of PBKDF2 with the tag of another hash", join("pbkdf2-sha256", "29000", salt, tag20)},
		{"of PBKDF2 with two blocks of tag", join("pbkdf2", "29000", salt, strings.Repeat("A", 54))},
		{"of PBKDF2 with a plus", join("pbkdf2-sha256", "29000", salt, "+"+tag[1:])},
		{"of PBKDF2 with padding", join("pbkdf2-sha256", "29000", salt, tag+"=")},
		{"of PBKDF2 with stray bits after the tag", join("pbkdf2-sha256", "29000", salt, tag[:len(tag)-1]+"Z")},
		{"of PBKDF2 with MD5", join("pbkdf2-md5", "29000", salt, "AAAAAAAAAAAAAAAAAAAAAA")},
		{"of PBKDF2 with a field too many", join("pbkdf2-sha256", "29000", salt, tag, "")},
		{"of Django's PBKDF2 with one iteration", "pbkdf2_sha256$1$" + djangoPlain + "$" + tag + "="},
		{"of Django's PBKDF2 with too many", "pbkdf2_sha256$4000001$" + djangoPlain + "$" + tag + "="},
		{"of Django's PBKDF2 without a salt", "pbkdf2_sha256$29000$$" + tag + "="},
		{"of Django's PBKDF2 without padding", "pbkdf2_sha256$29000$" + djangoPlain + "$" + tag},
		{"of Django's PBKDF2 with a space in the salt", "pbkdf2_sha256$29000$hunter2 hunter2$" + tag + "="},
		{"of Django's PBKDF2 with a letter beyond ASCII in the salt", "pbkdf2_sha256$29000$hunter2ä$" + tag + "="},
		{"of Django's PBKDF2 in passlib's form", "$pbkdf2_sha256$29000$" + djangoPlain + "$" + tag + "="},

		{"of scrypt with too much memory", join("scrypt", "ln=17,r=8,p=1", salt, tag)},
		{"of scrypt with too much memory by r", join("scrypt", "ln=16,r=9,p=1", salt, tag)},
		{"of scrypt with all memory", join("scrypt", "ln=30,r=2147483647,p=2147483647", salt, tag)},
		{"of scrypt with a shift too far", join("scrypt", "ln=64,r=8,p=1", salt, tag)},
		{"of scrypt with too much work", join("scrypt", "ln=16,r=8,p=5", salt, tag)},
		{"of scrypt with too little memory", join("scrypt", "ln=10,r=7,p=1", salt, tag)},
		{"of scrypt with a small N", join("scrypt", "ln=9,r=16,p=1", salt, tag)},
		{"of scrypt with no N", join("scrypt", "ln=0,r=8,p=1", salt, tag)},
		{"of scrypt with no r", join("scrypt", "ln=16,r=0,p=1", salt, tag)},
		{"of scrypt with no p", join("scrypt", "ln=16,r=8,p=0", salt, tag)},
		{"of scrypt with parameters in another order", join("scrypt", "r=8,ln=16,p=1", salt, tag)},
		{"of scrypt with a second r", join("scrypt", "ln=16,r=8,p=1,r=9", salt, tag)},
		{"of scrypt without p", join("scrypt", "ln=16,r=8", salt, tag)},
		{"of scrypt without a salt", join("scrypt", "ln=16,r=8,p=1", "", tag)},
		{"of scrypt with stray bits after the salt", join("scrypt", "ln=16,r=8,p=1", salt[:len(salt)-1]+"B", tag)},
		{"of scrypt with stray bits after the tag", join("scrypt", "ln=16,r=8,p=1", salt, tag[:len(tag)-1]+"Z")},
		{"of scrypt with a short tag", join("scrypt", "ln=16,r=8,p=1", salt, "2HQDsqa3")},
		{"of scrypt with a field too few", join("scrypt", "ln=16,r=8,p=1", tag)},
		{"of Django's scrypt with an odd N", "scrypt$16385$" + djangoPlain + "$8$5$" + tag + "="},
		{"of Django's scrypt with no N", "scrypt$0$" + djangoPlain + "$8$5$" + tag + "="},
		{"of Django's scrypt with too much memory", "scrypt$131072$" + djangoPlain + "$8$1$" + tag + "="},
		{"of Django's scrypt with too much work", "scrypt$16384$" + djangoPlain + "$8$17$" + tag + "="},
		{"of Django's scrypt without a salt", "scrypt$16384$$8$5$" + tag + "="},
		{"of Django's scrypt with a short salt", "scrypt$16384$hunter2$8$5$" + tag + "="},
		{"of Django's scrypt with a space in the salt", "scrypt$16384$hunter2 hunter2$8$5$" + tag + "="},
		{"of Django's scrypt without padding", "scrypt$16384$" + djangoPlain + "$8$5$" + tag},

		{"of SHA-crypt with too few rounds", join("6", "rounds=999", shaSalt, sha512Tag)},
		{"of SHA-crypt with one round", join("5", "rounds=1", shaSalt, sha256Tag)},
		{"of SHA256-crypt with too many rounds", join("5", "rounds=1000001", shaSalt, sha256Tag)},
		{"of SHA512-crypt with too many rounds", join("6", "rounds=700001", shaSalt, sha512Tag)},
		{"of SHA-crypt for days", join("6", "rounds=999999999", shaSalt, sha512Tag)},
		{"of SHA-crypt with a leading zero", join("6", "rounds=05000", shaSalt, sha512Tag)},
		{"of SHA-crypt with rounds of no name", join("6", "5000", shaSalt, sha512Tag)},
		{"of SHA-crypt with rounds twice", join("6", "rounds=5000,rounds=999999999", shaSalt, sha512Tag)},
		{"of SHA-crypt without a salt", join("6", "", sha512Tag)},
		{"of SHA-crypt with a short salt", join("6", "hunter2", sha512Tag)},
		{"of SHA-crypt with a long salt", join("6", shaSalt+"r", sha512Tag)},
		{"of SHA-crypt with another character in the salt", join("6", "salt-string", sha512Tag)},
		{"of SHA-crypt with another character in the tag", join("6", shaSalt, "-"+sha512Tag[1:])},
		{"of SHA256-crypt with the tag of SHA512-crypt", join("5", shaSalt, sha512Tag)},
		{"of SHA-crypt that was cut", join("6", shaSalt, sha512Tag[1:])},
		{"of SHA-crypt with stray bits", join("6", shaSalt, sha512Tag[:85]+"2")},
		{"of SHA-crypt without a tag", join("6", shaSalt, "")},
		{"of SHA-crypt with a line end", join("6", shaSalt, sha512Tag) + "\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			ok, err := hasher.Verify(ended(t), row.hash, redact.New("hunter2hunter2"))
			if ok || err == nil {
				t.Fatalf("Verify = %v, %v, want an error", ok, err)
			}
			if errors.Is(err, context.Canceled) {
				t.Fatal("the hash would have been computed")
			}
			for _, secret := range []string{"hunter2", salt, tag, tag20, bcryptSalt, bcryptTag, shaSalt, sha256Tag, sha512Tag, djangoPlain} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("error quotes the hash: %v", err)
				}
			}
		})
	}
}

// The greatest and the least that are read. Each scheme's most costly is in
// BenchmarkTheWorstHash.
func TestAStoredHashWithinTheBoundsIsComputed(t *testing.T) {
	hasher := newHasher(t)
	for _, hash := range append(worst(),
		"$argon2id$v=19$m=512,t=2,p=1$"+salt+"$"+tag,
		"$argon2i$v=19$m=1024,t=1,p=8$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
		"$2a$04$"+bcryptSalt+bcryptTag,
		"bcrypt$$2y$04$"+bcryptSalt+bcryptTag,
		"$pbkdf2-sha256$1000$c29tZXNhbHQ$"+tag,
		"pbkdf2_sha1$1000$saltsalt$"+tag20+"=",
		"$scrypt$ln=10,r=8,p=1$c29tZXNhbHQ$"+tag,
		"scrypt$1024$saltsalt$8$1$AAAAAAAAAAAAAAAAAAAAAA==",
		"$5$rounds=1000$saltsalt$"+sha256Tag,
		"$6$saltsalt$"+sha512Tag,
	) {
		if _, err := hasher.Verify(ended(t), hash, redact.New("p")); !errors.Is(err, context.Canceled) {
			t.Errorf("Verify against %s = %v, would not have been computed", hash, err)
		}
	}
}

// worst returns hashes that cost as much as is computed.
func worst() []string {
	return []string{
		"$argon2id$v=19$m=102400,t=8,p=1$" + salt + "$" + tag,
		"$argon2i$v=19$m=65536,t=8,p=8$" + salt + "$" + tag,
		"$2b$14$" + bcryptSalt + bcryptTag,
		"$pbkdf2$4000000$" + salt + "$" + tag20,
		"$pbkdf2-sha256$4000000$" + salt + "$" + tag,
		"$pbkdf2-sha512$2000000$" + salt + "$" + strings.Repeat("A", 86),
		"$scrypt$ln=16,r=8,p=4$" + salt + "$" + tag,
		"$scrypt$ln=19,r=1,p=4$" + salt + "$" + tag,
		"scrypt$1024$" + djangoPlain + "$8$256$" + tag + "=",
		"$5$rounds=1000000$" + shaSalt + "$" + sha256Tag,
		"$6$rounds=700000$" + shaSalt + "$" + sha512Tag,
	}
}

// BenchmarkTheWorstHash is where the numbers beside the ceilings come from:
// go test -run '^$' -bench Worst -benchmem -cpu 1 ./pkg/password
func BenchmarkTheWorstHash(b *testing.B) {
	hasher := newHasher(b)
	for _, hash := range worst() {
		description, err := password.Describe(hash)
		if err != nil {
			b.Fatal(err)
		}
		for _, length := range []int{16, password.MaxLength} {
			b.Run(description.String()+", password of "+strconv.Itoa(length), func(b *testing.B) {
				typed := redact.New(strings.Repeat("x", length))
				for b.Loop() {
					if _, err := hasher.Verify(b.Context(), hash, typed); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func FuzzStoredHash(f *testing.F) {
	hasher := newHasher(f)
	f.Add(hasher.Decoy())
	f.Add("$argon2id$v=19$m=19456,t=2,p=1,m=4294967295$" + salt + "$" + tag)
	f.Add("$argon2id$v=19$m=65536,t=3,p=4,k=1$" + salt + "$" + tag)
	f.Add("$$$$$")
	for _, hash := range worst() {
		f.Add(hash)
	}
	for _, name := range vectorFiles {
		for _, v := range vectors(f, name) {
			f.Add(v.hash)
		}
	}
	// What each scheme's hash looks like, and the most that its numbers may be.
	const b64 = `[A-Za-z0-9+/]`
	canonical := []struct {
		form  *regexp.Regexp
		bound func(n []int) bool
	}{
		{regexp.MustCompile(`^(?:argon2)?\$argon2id?\$v=19\$m=([1-9]\d*),t=([1-8]),p=[1-8]\$` + b64 + `{11,}\$` + b64 + `{22,}$`),
			func(n []int) bool { return n[0] <= 102400 && n[0]*n[1] >= 1024 }},
		{regexp.MustCompile(`^(?:bcrypt(?:_sha256)?\$)?\$2[aby]\$(0[4-9]|1[0-4])\$[A-Za-z0-9./]{21}[.Oeu][A-Za-z0-9./]{31}$`),
			func([]int) bool { return true }},
		{regexp.MustCompile(`^\$pbkdf2(?:-sha256)?\$([1-9]\d*)\$[A-Za-z0-9./]{11,}\$[A-Za-z0-9./]{27}(?:[A-Za-z0-9./]{16})?$`),
			func(n []int) bool { return 1000 <= n[0] && n[0] <= 4_000_000 }},
		{regexp.MustCompile(`^\$pbkdf2-sha512\$([1-9]\d*)\$[A-Za-z0-9./]{11,}\$[A-Za-z0-9./]{86}$`),
			func(n []int) bool { return 1000 <= n[0] && n[0] <= 2_000_000 }},
		{regexp.MustCompile(`^pbkdf2_sha(?:1|256)\$([1-9]\d*)\$[!-#%-~]{8,}\$` + b64 + `{27}(?:` + b64 + `{16})?=$`),
			func(n []int) bool { return 1000 <= n[0] && n[0] <= 4_000_000 }},
		{regexp.MustCompile(`^pbkdf2_sha512\$([1-9]\d*)\$[!-#%-~]{8,}\$` + b64 + `{86}==$`),
			func(n []int) bool { return 1000 <= n[0] && n[0] <= 2_000_000 }},
		{regexp.MustCompile(`^\$scrypt\$ln=(1\d),r=([1-9]\d*),p=([1-9]\d*)\$` + b64 + `{11,}\$` + b64 + `{22,}$`),
			func(n []int) bool { return n[1]<<n[0] <= 1<<19 && n[1]*n[2]<<n[0] <= 1<<21 }},
		{regexp.MustCompile(`^scrypt\$([1-9]\d*)\$[!-#%-~]{8,}\$([1-9]\d*)\$([1-9]\d*)\$` + b64 + `{22,}={0,2}$`),
			func(n []int) bool { return n[0] >= 1024 && n[0]*n[1] <= 1<<19 && n[0]*n[1]*n[2] <= 1<<21 }},
		{regexp.MustCompile(`^\$5(?:\$rounds=([1-9]\d*))?\$[A-Za-z0-9./]{8,16}\$[A-Za-z0-9./]{43}$`),
			func(n []int) bool { return 1000 <= n[0] && n[0] <= 1_000_000 }},
		{regexp.MustCompile(`^\$6(?:\$rounds=([1-9]\d*))?\$[A-Za-z0-9./]{8,16}\$[A-Za-z0-9./]{86}$`),
			func(n []int) bool { return 1000 <= n[0] && n[0] <= 700_000 }},
	}
	f.Fuzz(func(t *testing.T, hash string) {
		_, err := hasher.Verify(ended(t), hash, redact.New("p"))
		if _, described := password.Describe(hash); (described == nil) != errors.Is(err, context.Canceled) {
			t.Errorf("Describe(%q) says %v, Verify %v", hash, described, err)
		}
		if !errors.Is(err, context.Canceled) {
			return
		}
		for _, c := range canonical {
			if found := c.form.FindStringSubmatch(hash); found != nil {
				var numbers []int
				for _, s := range found[1:] {
					if s == "" {
						s = "5000" // rounds that go without saying
					}
					n, err := strconv.Atoi(s)
					if err != nil {
						t.Fatalf("%q would have been computed: %v", hash, err)
					}
					numbers = append(numbers, n)
				}
				if c.bound(numbers) {
					return
				}
			}
		}
		t.Errorf("%q would have been computed", hash)
	})
}
