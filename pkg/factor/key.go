package factor

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" // #nosec G505 -- RFC 4226 and what apps know: HMAC needs no collision resistance
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"deskpro-login/pkg/redact"
)

const (
	// keyLength in bytes is that of the MAC, as RFC 4226 section 4 recommends.
	// Keys that others made, and that apps have already, are as long as these.
	keyLength = 20
	minKey    = 10
	maxKey    = 64
	// period in seconds and digits are the defaults of RFC 6238 and of the apps.
	period = 30
	digits = 6
)

// The sentinels of Key.Step.
var (
	ErrWrong = errors.New("wrong code")
	// ErrSpent: the code is right, but for a step that is over with.
	ErrSpent = errors.New("code used before")
)

// Key is what an authenticator app and its account share. NewKey, ParseKey and
// Vault.Open make it; no code is right for the zero Key. It shows itself only
// to Base32.
type Key struct {
	bytes redact.Secret
}

// NewKey returns a random Key.
func NewKey() Key {
	key := make([]byte, keyLength)
	_, _ = rand.Read(key) // it never fails
	return Key{redact.New(string(key))}
}

// ParseKey reads what Base32 returns, and nothing else, for a key of 10 to 64
// bytes.
func ParseKey(text string) (Key, error) {
	key, err := encoding().DecodeString(text)
	// The decoder skips newlines.
	if err != nil || len(key) < minKey || len(key) > maxKey || encoding().EncodeToString(key) != text {
		return Key{}, fmt.Errorf("authenticator key: it is not %d to %d bytes in base32", minKey, maxKey)
	}
	return Key{redact.New(string(key))}, nil
}

// Base32 returns the key as apps take it: RFC 4648 section 6, without padding,
// 32 characters of NewKey's. It is the key: show it to its owner alone, and never log it.
func (k Key) Base32() string { return encoding().EncodeToString([]byte(k.bytes.Reveal())) }

func encoding() *base32.Encoding { return base32.StdEncoding.WithPadding(base32.NoPadding) }

// Step returns the time step for which code is right: the one of now or a
// neighbour, since clocks differ and typing takes time (RFC 6238 section 5.2),
// and newer than last, the newest that was accepted before (0 before the
// first). The caller stores it as the next last. Should two steps share the
// code, it is the newer one, so that the code is over with.
//
// A code is exactly six ASCII digits; nothing is trimmed or converted. What it
// costs does not depend on whether, or for which step, a code is right.
func (k Key) Step(code redact.Secret, now time.Time, last int64) (step int64, err error) {
	key := []byte(k.bytes.Reveal())
	if len(key) == 0 {
		return 0, ErrWrong // everybody could make that one's codes
	}
	typed := []byte(code.Reveal())
	current := now.Unix() / period
	err = ErrWrong
	for at := current - 1; at <= current+1; at++ {
		right := subtle.ConstantTimeCompare([]byte(hotp(key, uint64(at), digits)), typed) == 1 // #nosec G115 -- not negative since 1970
		switch {
		case right && at > last:
			step, err = at, nil
		case right:
			err = ErrSpent
		}
	}
	return step, err
}

// hotp is RFC 4226 section 5.3. It is our own because the library for it,
// github.com/pquerna/otp, links a barcode encoder and package image into the
// function, and says that a code is right but not for which step.
func hotp(key []byte, counter uint64, digits int) string {
	mac := hmac.New(sha1.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, counter))
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0x0f
	number := fmt.Sprintf("%010d", binary.BigEndian.Uint32(sum[offset:])&0x7fffffff)
	return number[len(number)-digits:]
}
