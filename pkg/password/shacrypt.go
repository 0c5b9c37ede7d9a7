package password

import (
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"fmt"
	"hash"
	"strings"

	"github.com/go-crypt/x/crypt"
)

// https://www.akkadia.org/drepper/SHA-crypt.txt
const (
	shaCryptAlphabet  = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	maxSHACryptSalt   = 16
	impliedSHACrypt   = 5000
	minSHACryptRounds = 1000
	// maxSHACryptPassword is libxcrypt's CRYPT_MAX_PASSPHRASE_SIZE, in bytes, with
	// which it counts the NUL behind: others take the one more, too. Each round
	// hashes the password twice: without it, what a round takes would be the
	// visitor's choice.
	maxSHACryptPassword = 512
)

// shaCrypt is one of the two functions.
type shaCrypt struct {
	name string
	new  func() hash.Hash
	// tagLength is in characters. The last may be one of the first lastValues
	// of the alphabet, since its other bits are none of the tag's.
	tagLength, lastValues int
	// maxRounds fits the tools' defaults. With a password of 512 bytes it takes
	// 0.6 s of SHA-256, 1.1 s of SHA-512; with one of 16, 0.13 s and 0.18 s.
	maxRounds int
}

// shaCryptOf returns that of the schemes' names that parse knows.
func shaCryptOf(scheme string) shaCrypt {
	if scheme == "5" {
		return shaCrypt{"SHA256-crypt", sha256.New, 43, 16, 1_000_000}
	}
	return shaCrypt{"SHA512-crypt", sha512.New, 86, 4, 700_000}
}

// shaCryptHash is written $6$rounds=656000$SALT$TAG, or without the rounds when
// they are 5000.
type shaCryptHash struct {
	shaCrypt
	rounds    int
	salt, tag string
}

func parseSHACrypt(scheme string, fields []string) (stored, error) {
	h := shaCryptHash{shaCrypt: shaCryptOf(scheme), rounds: impliedSHACrypt}
	if len(fields) == 3 {
		rounds, ok := numbers(fields[0], "rounds")
		if !ok {
			return nil, errMalformed(h.name)
		}
		h.rounds, fields = rounds[0], fields[1:]
	}
	if len(fields) != 2 {
		return nil, errMalformed(h.name)
	}
	h.salt, h.tag = fields[0], fields[1]
	switch {
	case len(h.salt) > maxSHACryptSalt || strings.Trim(h.salt, shaCryptAlphabet) != "" ||
		len(h.tag) != h.tagLength || strings.Trim(h.tag, shaCryptAlphabet) != "" ||
		strings.IndexByte(shaCryptAlphabet, h.tag[len(h.tag)-1]) >= h.lastValues:
		return nil, errMalformed(h.name)
	case h.rounds > h.maxRounds:
		return nil, fmt.Errorf("%s has %d rounds, at most %d are computed", h.name, h.rounds, h.maxRounds)
	case h.rounds < minSHACryptRounds:
		return nil, fmt.Errorf("%s has %d rounds, at least %d are required", h.name, h.rounds, minSHACryptRounds)
	case len(h.salt) < minSaltLength:
		return nil, errSalt(h.name, len(h.salt))
	}
	return h, nil
}

// matches never holds for a password that crypt would refuse for its length.
func (h shaCryptHash) matches(password []byte) bool {
	whole := len(password) <= maxSHACryptPassword
	password = password[:min(len(password), maxSHACryptPassword)]
	tag := crypt.KeySHACrypt(h.new, password, []byte(h.salt), h.rounds)
	return subtle.ConstantTimeCompare(tag, []byte(h.tag)) == 1 && whole
}

func (h shaCryptHash) describe() Description {
	return Description{Scheme: h.name, Form: formCrypt, Parameters: fmt.Sprintf("%d rounds", h.rounds)}
}
