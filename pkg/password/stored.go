package password

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// What holds for the stored hashes of every scheme. Each scheme's file has its
// own bounds: ceilings, under which the worst hash takes at most about a second
// of one processor and 100 MiB (argon2's; 64 for other schemes and new hashes),
// and floors, under which no tool is known to have made hashes in earnest, so that
// what is read may be something else. Times are of one core of a 2023 server
// processor (Xeon with SHA extensions); at 1,024 MB Lambda gives about half of
// that.
const (
	maxHashLength = 256
	minSaltLength = 8 // bytes; RFC 9106 section 3.1 and RFC 8018 section 4.1
	minTagLength  = 16
)

// stored is a stored hash that has been read and is within the bounds.
type stored interface {
	// matches computes the hash of password and compares it. What it takes
	// depends on nothing of password but its length.
	matches(password []byte) bool
	describe() Description
}

// Description is what an operator may see of a stored hash: neither salt nor
// tag.
type Description struct {
	// Scheme is the function's name, such as argon2id or PBKDF2-SHA256.
	Scheme string `json:"scheme"`
	// Form says whose way of writing it is: PHC, crypt, passlib or Django.
	Form string `json:"form"`
	// Parameters are what a computation costs, in words, such as "cost 12".
	Parameters string `json:"parameters"`
}

// String returns d as half a sentence.
func (d Description) String() string {
	return fmt.Sprintf("%s with %s, in %s form", d.Scheme, d.Parameters, d.Form)
}

const (
	formPHC     = "PHC" // https://github.com/P-H-C/phc-string-format
	formCrypt   = "crypt"
	formPasslib = "passlib"
	formDjango  = "Django"
)

// Describe says what hash is. Its error is the one that Verify would return:
// such a hash lets nobody in.
func Describe(hash string) (Description, error) {
	parsed, err := parse(hash)
	if err != nil {
		return Description{}, fmt.Errorf("reading hash: %w", err)
	}
	return parsed.describe(), nil
}

// parse reads a hash of any scheme, in the one spelling that its tool writes.
// It computes nothing. Its errors never quote the hash: someone may have stored
// a password in its place.
func parse(hash string) (stored, error) {
	if len(hash) > maxHashLength {
		return nil, fmt.Errorf("hash has %d bytes, at most %d are read", len(hash), maxHashLength)
	}
	fields := strings.Split(hash, "$")
	if fields[0] == "" && len(fields) > 2 {
		switch scheme, rest := fields[1], fields[2:]; scheme {
		case "argon2id", "argon2i":
			return parseArgon2(scheme, rest, formPHC)
		case "2a", "2b", "2y":
			return parseBcrypt(rest, formCrypt, false)
		case "5", "6":
			return parseSHACrypt(scheme, rest)
		case "pbkdf2", "pbkdf2-sha256", "pbkdf2-sha512":
			return parsePBKDF2(scheme, rest, formPasslib)
		case "scrypt":
			return parseScrypt(rest)
		}
	}
	// Django writes another tool's hash after its own name for the scheme.
	switch scheme, rest := fields[0], fields[1:]; scheme {
	case "argon2":
		if len(rest) > 0 && (rest[0] == "argon2id" || rest[0] == "argon2i") {
			return parseArgon2(rest[0], rest[1:], formDjango)
		}
	case "bcrypt", "bcrypt_sha256":
		if len(rest) > 1 && rest[0] == "" && (rest[1] == "2a" || rest[1] == "2b" || rest[1] == "2y") {
			return parseBcrypt(rest[2:], formDjango, scheme == "bcrypt_sha256")
		}
	case "pbkdf2_sha1", "pbkdf2_sha256", "pbkdf2_sha512":
		return parsePBKDF2(scheme, rest, formDjango)
	case "scrypt":
		return parseDjangoScrypt(rest)
	}
	return nil, errors.New("hash is of no scheme that is read: argon2id, argon2i, bcrypt, PBKDF2, scrypt or SHA-crypt")
}

// errMalformed is the answer to a hash that is not written as its tool does.
func errMalformed(scheme string) error {
	return fmt.Errorf("hash is not in the canonical form of %s", scheme)
}

// errSalt is the answer to a salt that cannot be told from none.
func errSalt(scheme string, length int) error {
	return fmt.Errorf("%s salt has %d bytes, at least %d are required", scheme, length, minSaltLength)
}

// number reads a whole number of at most 31 bits, as %d writes it.
func number(s string) (int, bool) {
	n, err := strconv.ParseUint(s, 10, 31)
	return int(n), err == nil && strconv.FormatUint(n, 10) == s
}

// numbers reads numbers written "m=19456,t=2", under these names in this order.
func numbers(s string, names ...string) ([]int, bool) {
	pairs := strings.Split(s, ",")
	if len(pairs) != len(names) {
		return nil, false
	}
	read := make([]int, len(names))
	for i, name := range names {
		value, named := strings.CutPrefix(pairs[i], name+"=")
		n, ok := number(value)
		if !named || !ok {
			return nil, false
		}
		read[i] = n
	}
	return read, true
}

// unbase64 reads what encoding writes, and no other spelling of it: the decoder
// alone would pass over line ends and stray bits.
func unbase64(encoding *base64.Encoding, s string) ([]byte, bool) {
	decoded, err := encoding.DecodeString(s)
	return decoded, err == nil && encoding.EncodeToString(decoded) == s
}

// djangoSalt reports whether s is a salt that Django may have written: its bytes
// are used as they are.
func djangoSalt(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}
