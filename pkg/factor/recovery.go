package factor

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"strings"
	"unicode"

	"deskpro-login/pkg/redact"
)

const (
	// codeCount is how many recovery codes an account gets at a time.
	codeCount = 10
	// codeSymbols make 120 bits. From 112 on a plain hash may keep a code that
	// cannot be guessed (NIST SP 800-63B-4 section 3.1.2.2, ASVS 5.0 6.5.2).
	codeSymbols = 24
	codeGroup   = 4
	// symbols are Crockford's: no letter that looks like another sign, except
	// for I, L and O, which can be read back.
	symbols = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	// codeDomain keeps these hashes apart from any others of the same text.
	codeDomain = "deskpro-login recovery code\x00"
	// maxTyped in bytes leaves room for any way to set a code apart.
	maxTyped = 128
)

// NewCodes returns ten random recovery codes, for example
// "7KQ2-M0XC-93TR-ZV4F-1HGN-8B5D", to be shown to the account's owner once.
func NewCodes() []string {
	encoding := base32.NewEncoding(symbols).WithPadding(base32.NoPadding)
	codes := make([]string, codeCount)
	for i := range codes {
		random := make([]byte, codeSymbols*5/8)
		_, _ = rand.Read(random) // it never fails
		text, groups := encoding.EncodeToString(random), []string(nil)
		for at := 0; at < len(text); at += codeGroup {
			groups = append(groups, text[at:at+codeGroup])
		}
		codes[i] = strings.Join(groups, "-")
	}
	return codes
}

// HashCode returns how a recovery code of the account is stored. It takes a
// code as people type one: in either case, with hyphens and spaces or without,
// O for 0, I or L for 1. It reports false for what can be none, an app's code
// among it. Of two accounts, the same code has two hashes.
//
// Hashes may be compared by ==: nobody can choose a code by its hash.
func HashCode(accountID string, code redact.Secret) (hash string, ok bool) {
	read, ok := readCode(code.Reveal())
	if !ok {
		return "", false
	}
	// The code's length is fixed, so that it is clear where the ID ends.
	sum := sha256.Sum256([]byte(codeDomain + accountID + read))
	return base64.RawURLEncoding.EncodeToString(sum[:]), true
}

// readCode returns the symbols of a code.
func readCode(typed string) (read string, ok bool) {
	if len(typed) > maxTyped {
		return "", false
	}
	var b strings.Builder
	for _, r := range typed {
		if r >= 'a' && r <= 'z' {
			r -= 'a' - 'A'
		}
		switch {
		case unicode.IsSpace(r) || unicode.Is(unicode.Dash, r): // word processors have their own
			continue
		case r == 'O':
			r = '0'
		case r == 'I' || r == 'L':
			r = '1'
		case !strings.ContainsRune(symbols, r):
			return "", false
		}
		b.WriteRune(r)
	}
	return b.String(), b.Len() == codeSymbols
}
