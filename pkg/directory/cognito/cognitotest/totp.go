package cognitotest

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"time"
)

const totpStep = 30 // seconds

// TOTP returns the code of RFC 6238 with its defaults: SHA-1, six digits,
// steps of 30 seconds.
func TOTP(key []byte, at time.Time) string { return code(key, at.Unix()/totpStep) }

func code(key []byte, step int64) string {
	mac := hmac.New(sha1.New, key)
	_ = binary.Write(mac, binary.BigEndian, step)
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0x0f
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[offset:])&0x7fffffff%1_000_000)
}

// checkCode accepts the current step and its neighbours, each once (RFC 6238,
// section 5.2).
func (a *account) checkCode(got string, now time.Time) error {
	current := now.Unix() / totpStep
	for step := current - 1; step <= current+1; step++ {
		if !hmac.Equal([]byte(got), []byte(code(a.TOTP, step))) {
			continue
		}
		if step <= a.usedStep {
			return &exception{"ExpiredCodeException", "Your software token has already been used once."}
		}
		a.usedStep = step
		return nil
	}
	return &exception{"CodeMismatchException", "Invalid code received for user"}
}
