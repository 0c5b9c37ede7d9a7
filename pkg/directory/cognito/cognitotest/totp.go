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

// matchStep finds got among the codes of the current step and its neighbours.
func matchStep(key []byte, got string, now time.Time) (step int64, ok bool) {
	current := now.Unix() / totpStep
	for step := current - 1; step <= current+1; step++ {
		if equal(got, code(key, step)) {
			return step, true
		}
	}
	return 0, false
}
