package factor

// HOTP is hotp, for tests.
func HOTP(key []byte, counter uint64, digits int) string { return hotp(key, counter, digits) }
