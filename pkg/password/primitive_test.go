package password_test

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strings"
	"testing"
	_ "unsafe" // for go:linkname

	_ "github.com/go-crypt/x/argon2"
	"github.com/go-crypt/x/bcrypt"
	"github.com/go-crypt/x/pbkdf2"
	"github.com/go-crypt/x/scrypt"
)

// The standards' vectors are of salts, costs and inputs that no stored hash may
// have, so these tests go to the functions beneath Verify.

// deriveKey is what IDKey and IKey call. RFC 9106's vectors have a secret and
// associated data, which those cannot be given.
//
//go:linkname deriveKey github.com/go-crypt/x/argon2.deriveKey
func deriveKey(mode int, password, salt, secret, data []byte, time, memory uint32, threads, keyLen uint32) []byte

// RFC 9106, section 5.
func TestArgon2AsInRFC9106(t *testing.T) {
	of := func(b string, n int) []byte { return []byte(strings.Repeat(b, n)) }
	for _, row := range []struct {
		name string
		mode int // the y of section 3.2
		tag  string
	}{
		{"argon2i", 1, "c814d9d1dc7f37aa13f0d77f2494bda1c8de6b016dd388d29952a4c4672b6ce8"},
		{"argon2id", 2, "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := deriveKey(row.mode, of("\x01", 32), of("\x02", 16), of("\x03", 8), of("\x04", 12), 3, 32, 4, 32)
			if hex.EncodeToString(got) != row.tag {
				t.Errorf("tag = %x, want %s", got, row.tag)
			}
		})
	}
}

// RFC 6070, and RFC 7914 section 11. The vector of 2²⁴ iterations is left out.
func TestPBKDF2AsInRFC6070AndRFC7914(t *testing.T) {
	for _, row := range []struct {
		new            func() hash.Hash
		password, salt string
		iterations     int
		key            string
	}{
		{sha1.New, "password", "salt", 1, "0c60c80f961f0e71f3a9b524af6012062fe037a6"},
		{sha1.New, "password", "salt", 2, "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957"},
		{sha1.New, "password", "salt", 4096, "4b007901b765489abead49d926f721d065a429c1"},
		{sha1.New, "passwordPASSWORDpassword", "saltSALTsaltSALTsaltSALTsaltSALTsalt", 4096, "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038"},
		{sha1.New, "pass\x00word", "sa\x00lt", 4096, "56fa6aa75548099dcc37d7f03425e0c3"},
		{sha256.New, "passwd", "salt", 1, "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc" +
			"49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"},
		{sha256.New, "Password", "NaCl", 80000, "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56" +
			"a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d"},
	} {
		got := pbkdf2.Key([]byte(row.password), []byte(row.salt), row.iterations, len(row.key)/2, row.new)
		if hex.EncodeToString(got) != row.key {
			t.Errorf("%q with %q, %d iterations: key = %x, want %s", row.password, row.salt, row.iterations, got, row.key)
		}
	}
}

// RFC 7914, section 12. The vector of a gibibyte is left out.
func TestScryptAsInRFC7914(t *testing.T) {
	for _, row := range []struct {
		password, salt string
		n, r, p        int
		key            string
	}{
		{"", "", 16, 1, 1, "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442" +
			"fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"},
		{"password", "NaCl", 1024, 8, 16, "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162" +
			"2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"},
		{"pleaseletmein", "SodiumChloride", 16384, 8, 1, "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2" +
			"d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"},
	} {
		got, err := scrypt.Key([]byte(row.password), []byte(row.salt), row.n, row.r, row.p, len(row.key)/2)
		if err != nil || hex.EncodeToString(got) != row.key {
			t.Errorf("%q with %q: key = %x, %v, want %s", row.password, row.salt, got, err, row.key)
		}
	}
}

// That bcrypt sees 72 bytes and takes a NUL for the end is why bcryptHash.matches
// refuses what it does.
func TestBcryptItselfWouldMatchWhatIsRefused(t *testing.T) {
	salt := []byte("sixteen bytes...")
	of := func(password string) string {
		tag, err := bcrypt.Key([]byte(password), salt, 4)
		if err != nil {
			t.Fatal(err)
		}
		return string(tag)
	}
	if of(strings.Repeat("x", 72)) != of(strings.Repeat("x", 73)) {
		t.Error("it sees the 73rd byte")
	}
	if of(strings.Repeat("x", 71)) == of(strings.Repeat("x", 72)) {
		t.Error("it does not see the 72nd byte")
	}
	if of("a") != of("a\x00a") {
		t.Error("it sees the NUL")
	}
}
