package password

import (
	"bytes"
	"crypto/sha1" // #nosec G505 -- of hashes that there are: HMAC needs no collision resistance
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"hash"
	"strings"

	"github.com/go-crypt/x/pbkdf2"
)

// minIterations is NIST SP 800-132's minimum (section 5.2).
const minIterations = 1000

// prf is the hash function whose HMAC PBKDF2 iterates.
type prf struct {
	name string
	new  func() hash.Hash
	size int
	// maxIterations is a multiple of the tools' defaults (Django 5.2: a million),
	// and takes 0.65 s of SHA-1, 0.55 s of SHA-256, which is slow where the
	// processor has no instructions for it, and 0.9 s of SHA-512.
	maxIterations int
}

// prfOf returns that of the schemes' names that parse knows.
func prfOf(scheme string) prf {
	switch scheme {
	case "pbkdf2", "pbkdf2_sha1":
		return prf{"PBKDF2-SHA1", sha1.New, sha1.Size, 4_000_000}
	case "pbkdf2-sha256", "pbkdf2_sha256":
		return prf{"PBKDF2-SHA256", sha256.New, sha256.Size, 4_000_000}
	default:
		return prf{"PBKDF2-SHA512", sha512.New, sha512.Size, 2_000_000}
	}
}

// pbkdf2Hash is written
//
//	$pbkdf2-sha256$29000$SALT$TAG        by passlib
//	pbkdf2_sha256$1000000$SALT$TAG       by Django
type pbkdf2Hash struct {
	prf
	iterations int
	salt, tag  []byte
	form       string
}

func parsePBKDF2(scheme string, fields []string, form string) (stored, error) {
	h := pbkdf2Hash{prf: prfOf(scheme), form: form}
	if len(fields) != 3 {
		return nil, errMalformed(h.name)
	}
	var numberOK, saltOK, tagOK bool
	h.iterations, numberOK = number(fields[0])
	if form == formDjango {
		h.salt, saltOK = []byte(fields[1]), djangoSalt(fields[1])
		h.tag, tagOK = unbase64(base64.StdEncoding, fields[2])
	} else {
		h.salt, saltOK = unpasslib64(fields[1])
		h.tag, tagOK = unpasslib64(fields[2])
	}
	switch {
	// A longer tag would cost a multiple; a shorter one is no tool's.
	case !numberOK || !saltOK || !tagOK || len(h.tag) != h.size:
		return nil, errMalformed(h.name)
	case h.iterations > h.maxIterations:
		return nil, fmt.Errorf("%s has %d iterations, at most %d are computed", h.name, h.iterations, h.maxIterations)
	case h.iterations < minIterations:
		return nil, fmt.Errorf("%s has %d iterations, at least %d are required", h.name, h.iterations, minIterations)
	case len(h.salt) < minSaltLength:
		return nil, errSalt(h.name, len(h.salt))
	}
	return h, nil
}

// unpasslib64 reads passlib's base64, which has a dot for the plus.
// https://passlib.readthedocs.io/en/stable/lib/passlib.utils.binary.html
func unpasslib64(s string) ([]byte, bool) {
	if strings.Contains(s, "+") {
		return nil, false
	}
	return unbase64(base64.RawStdEncoding, strings.ReplaceAll(s, ".", "+"))
}

// matches never holds for a password with a NUL: HMAC fills a short key up with
// them (RFC 2104 section 2), so that "a" and "a\x00" have the same hash.
func (h pbkdf2Hash) matches(password []byte) bool {
	tag := pbkdf2.Key(password, h.salt, h.iterations, h.size, h.new)
	return subtle.ConstantTimeCompare(tag, h.tag) == 1 && bytes.IndexByte(password, 0) < 0
}

func (h pbkdf2Hash) describe() Description {
	return Description{Scheme: h.name, Form: h.form, Parameters: fmt.Sprintf("%d iterations", h.iterations)}
}
