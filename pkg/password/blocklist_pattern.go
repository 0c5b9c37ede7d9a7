package password

import (
	"slices"
	"strings"
	"unicode"
)

const (
	// shortestUnit is how many code points must be there before they are
	// repeated or a year is added: the least that NIST allows a password at all.
	shortestUnit = 8
	// mostPadding is how many digits and signs, added to a common password, make
	// no other password of it: eight are a date.
	mostPadding = 8
	// shortestCommon is how short a listed password may be to be one with
	// padding.
	shortestCommon = 4
	// shortestRun is how many neighbours make a row: two are in every word.
	shortestRun = 3
	// fewOthers: one character in so many that is outside of rows does not make
	// up for the rest being rows.
	fewOthers = 5
)

// rows are what people type from one end to the other, or back: alphabets,
// digits, and keys that lie in a line, by the layout where they do. A line break
// stands between two, as no password has one.
const rows = "abcdefghijklmnopqrstuvwxyz\n01234567890\n" +
	"абвгдеёжзийклмнопрстуфхцчшщъыьэюя\nαβγδεζηθικλμνξοπρστυφχψω\n" +
	// QWERTY, its digits with Shift, and its columns.
	"`1234567890-=\nqwertyuiop[]\\\nasdfghjkl;'\nzxcvbnm,./\n~!@#$%^&*()_+\n" +
	"1qaz\n2wsx\n3edc\n4rfv\n5tgb\n6yhn\n7ujm\n8ik,\n9ol.\n0p;/\n" +
	// What QWERTZ has otherwise.
	"1234567890ß\nqwertzuiopü+\nasdfghjklöä#\n<yxcvbnm,.-\n!\"§$%&/()=\n1qay\n6zhn\n" +
	// AZERTY.
	"&é\"'(-è_çà)=\nazertyuiop^$\nqsdfghjklmù*\n<wxcvbn,;:!\n1aqw\n2zsx\n7uj,\n8ik;\n9ol:\n" +
	// Dvorak.
	"',.pyfgcrl/=\naoeuidhtns-\n;qjkxbmwvz\n" +
	// ЙЦУКЕН.
	"йцукенгшщзхъ\nфывапролджэ\nячсмитьбю."

// straight reports whether s is rows and hardly anything else, one character
// again and again among them: qwertyuiop12345, 111222333444555, and, one from
// here and one from there, 1q2w3e4r5t6y7u8i.
func straight(s []rune) bool {
	if len(s) < shortestRun {
		return false
	}
	others := len(s) / fewOthers
	if len(loose(s, others)) <= others {
		return true
	}
	if len(s) < 2*shortestRun {
		return false
	}
	var halves [2][]rune
	for i, r := range s {
		halves[i%2] = append(halves[i%2], r)
	}
	return len(loose(halves[0], others))+len(loose(halves[1], others)) <= others
}

// loose are the characters of s that are in no row, until they are more than
// enough.
func loose(s []rune, enough int) (found []rune) {
	for len(s) > 0 && len(found) <= enough {
		if length := run(s); length >= shortestRun {
			s = s[length:]
			continue
		}
		found = append(found, s[0])
		s = s[1:]
	}
	return found
}

// run is how many characters s begins with that are one again and again, or
// neighbours in a row.
func run(s []rune) int {
	length := min(1, len(s))
	for length > 0 && length < len(s) && s[length] == s[0] {
		length++
	}
	for n := shortestRun; n <= len(s) && neighbours(s[:n]); n++ {
		length = max(length, n)
	}
	return length
}

// neighbours reports whether s is a piece of a row, to or fro.
func neighbours(s []rune) bool {
	if strings.Contains(rows, string(s)) {
		return true
	}
	back := slices.Clone(s)
	slices.Reverse(back)
	return strings.Contains(rows, string(back))
}

// repeated reports whether s is one unit at least twice, the last time perhaps
// cut short, where the unit is short or a listed password, perhaps with padding.
func repeated(s []rune) bool {
	// border[i] is the length of the longest proper prefix of s[:i+1] that it
	// also ends with (Knuth, Morris, Pratt): what is left of s is its period.
	border := make([]int, len(s))
	for i := 1; i < len(s); i++ {
		n := border[i-1]
		for n > 0 && s[i] != s[n] {
			n = border[n-1]
		}
		if s[i] == s[n] {
			n++
		}
		border[i] = n
	}
	if len(s) == 0 {
		return false
	}
	period := len(s) - border[len(s)-1]
	if len(s) < 2*period {
		return false
	}
	return period < shortestUnit || padded(s[:period])
}

// padded reports whether s is a listed password with padding before it, behind
// it, or both.
func padded(s []rune) bool {
	for _, start := range []int{0, run(s), len(s) - len(trimmed(s, true, false))} {
		before := padding(s[:start])
		for end := min(len(s), start+longestCommon); end >= start+shortestCommon; end-- {
			if before+padding(s[end:]) <= mostPadding && listed(string(s[start:end])) {
				return true
			}
		}
	}
	return false
}

// dated reports whether s is a short word, a year, and no more beside than
// padding: what people make of a season or a name in any language.
func dated(s []rune) bool {
	word := slices.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) })
	if word < 1 || word >= shortestUnit || padding(s[word:]) > mostPadding {
		return false
	}
	year := strings.TrimLeftFunc(string(s[word:]), separates)
	return len(year) >= len("2026") && (strings.HasPrefix(year, "19") || strings.HasPrefix(year, "20")) &&
		strings.Trim(year[:len("2026")], "0123456789") == ""
}

// core is s without the digits and signs around it, if they are no more than
// padding and not most of it.
func core(s []rune) []rune {
	inner := trimmed(s, true, true)
	start := len(s) - len(trimmed(s, true, false))
	if 2*len(inner) < len(s) || padding(s[:start])+padding(s[start+len(inner):]) > mostPadding {
		return s
	}
	return inner
}

// trimmed is s without the digits and signs at its start, at its end, or both.
func trimmed(s []rune, start, end bool) []rune {
	for start && len(s) > 0 && pads(s[0]) {
		s = s[1:]
	}
	for end && len(s) > 0 && pads(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// padding is how much s counts that stands beside a password: one for each digit
// and sign that is in no row, and more than padding can for a letter.
func padding(s []rune) int {
	found := loose(s, mostPadding)
	if slices.ContainsFunc(found, func(r rune) bool { return !pads(r) }) {
		return mostPadding + 1
	}
	return len(found)
}
