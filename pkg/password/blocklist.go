package password

import (
	_ "embed"
	"strings"
	"unicode"
)

// common is a list of passwords that many people use, in lower case, in the
// order of their bytes, one a line, each line ended. BLOCKLIST.md says where it
// is from. A string, so that importing this package reads nothing.
//
//go:embed blocklist.txt
var common string

// longestCommon is how many code points the longest line of common has.
const longestCommon = 64

// listed reports whether s, in lower case, is a line of common.
func listed(s string) bool {
	low, high := 0, len(common)
	for low < high {
		middle := (low + high) / 2
		start := low + strings.LastIndexByte(common[low:middle], '\n') + 1
		end := start + strings.IndexByte(common[start:], '\n')
		switch strings.Compare(s, common[start:end]) {
		case 0:
			return true
		case -1:
			high = start
		default:
			low = end + 1
		}
	}
	return false
}

// separates reports whether r stands between words rather than in them. A sign
// that is no punctuation, such as an emoji, does not.
func separates(r rune) bool {
	if r <= unicode.MaxASCII {
		return !('0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z')
	}
	return unicode.IsSpace(r) || unicode.IsPunct(r)
}

// pads reports whether r is what people add to a word: a digit, or what
// separates.
func pads(r rune) bool { return separates(r) || unicode.IsDigit(r) }

// bare is s without what separates.
func bare(s string) string { return without(separates, s) }

func without(drop func(rune) bool, s string) string {
	return strings.Map(func(r rune) rune {
		if drop(r) {
			return -1
		}
		return r
	}, s)
}
