package password_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"deskpro-login/pkg/password"
	"deskpro-login/pkg/redact"
)

// The sentences that a person may read.
const (
	few        = " A few words in a row are easy to remember."
	useFifteen = "Use at least 15 characters." + few
	useEight   = "Use at least 8 characters." + few
	tooLong    = "Choose a shorter password: 250 characters always fit."
	untypable  = "Leave out what cannot be typed here, such as a tab or a line break: a paste may have brought it along."
	tooCommon  = "Choose another password: many people use this one, so it is among the first that strangers try." + few
	tooAlike   = "Choose another password: this is one that many people use, with a few characters added." + few
	tooOwn     = "Choose a password that has more in it than your name, your address or the company’s name." + few
	tooDated   = "Choose another password: a word and a year, whichever they are, are what strangers try early." + few
	repetitive = "Choose another password: this repeats something that is easy to guess." + few
	inOrder    = "Choose another password: this follows the keyboard, the alphabet or the order of numbers." + few
	leaked     = "Choose another password: this one was in a leak of some site’s passwords, and strangers try those first." + few
	fit        = ""
)

var ada = []string{"ada.lovelace+desk@mail.example.com", "", "Ada Lovelace", "Ada", "Lovelace"}

func newPolicy(t testing.TB, config password.PolicyConfig) *password.Policy {
	t.Helper()
	policy, err := password.NewPolicy(config)
	if err != nil {
		t.Fatalf("NewPolicy: %v", err)
	}
	return policy
}

// reason is what policy says of typed.
func reason(t testing.TB, policy *password.Policy, typed string, own []string, factor bool) string {
	t.Helper()
	err := policy.Check(t.Context(), redact.New(typed), own, factor)
	if err == nil {
		return fit
	}
	unfit, ok := errors.AsType[*password.Unfit](err)
	if !ok {
		t.Fatalf("Check: %v, want an *Unfit", err)
	}
	if unfit.Reason() == fit || !strings.Contains(unfit.Error(), string(unfit.Rule)) || !slices.Contains(password.Rules(), unfit.Rule) {
		t.Errorf("the reason is %q, the error %q", unfit.Reason(), unfit.Error())
	}
	return unfit.Reason()
}

type judged struct{ name, typed, want string }

func judge(t *testing.T, policy *password.Policy, own []string, factor bool, rows []judged) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Helper()
			if got := reason(t, policy, row.typed, own, factor); got != row.want {
				t.Errorf("%q: %q, want %q", row.typed, got, row.want)
			}
		})
	}
}

// varied is a text of n letters that nothing is to be said against.
func varied(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "%c%c%c", 'b'+i*i%23, 'c'+i*7%19, 'd'+i*i*i%17)
	}
	return b.String()[:n]
}

func TestLengthIsCountedInCodePoints(t *testing.T) {
	policy := newPolicy(t, password.PolicyConfig{})
	judge(t, policy, nil, false, []judged{
		{"nothing", "", useFifteen},
		{"fourteen letters", "kahovi metruzo", useFifteen},
		{"fifteen letters", "kahovi metruzos", fit},
		{"fifteen spaces among letters", "k a h o v i m e", fit},
		{"fourteen letters of two bytes", "жирафы любят д", useFifteen},
		{"fifteen letters of two bytes", "жирафы любят до", fit},
		{"fourteen composed letters", "k\u00e1hovi m\u00e9truzo", useFifteen},
		{"the same letters decomposed, which makes fifteen and more", "ka\u0301hovi me\u0301truzo", fit},
		{"fourteen emoji", "🐴🐎🦄🫏🦓🦌🫎🦬🐂🐃🐄🐖🐗🐏", useFifteen},
		{"fifteen emoji", "🐴🐎🦄🫏🦓🦌🫎🦬🐂🐃🐄🐖🐗🐏🐑", fit},
		{"two families of seven code points", "👨‍👩‍👧‍👦👩‍👩‍👦‍👦", useFifteen},
		{"two families and a horse", "👨‍👩‍👧‍👦👩‍👩‍👦‍👦🐴", fit},
		{"1,024 bytes", varied(1024), fit},
		{"1,025 bytes", varied(1025), tooLong},
		{"a million bytes", strings.Repeat("a", 1_000_000), tooLong},
		{"250 emoji", emoji(250), fit},
		{"256 emoji, 1,024 bytes", emoji(256), fit},
		{"257 emoji, 1,028 bytes", emoji(257), tooLong},
	})
	t.Run("with a second factor", func(t *testing.T) {
		judge(t, policy, nil, true, []judged{
			{"nothing", "", useEight},
			{"seven letters", "kahovim", useEight},
			{"eight letters", "kahovime", fit},
			{"seven emoji", "🐴🐎🦄🫏🦓🦌🫎", useEight},
			{"eight emoji", "🐴🐎🦄🫏🦓🦌🫎🦬", fit},
			{"seven letters, decomposed to eight", "kaho\u0301vim", fit},
			{"1,025 bytes", varied(1025), tooLong},
		})
	})
	t.Run("with a minimum of its own", func(t *testing.T) {
		policy := newPolicy(t, password.PolicyConfig{MinLength: 20})
		judge(t, policy, nil, false, []judged{
			{"nineteen letters", varied(19), strings.Replace(useFifteen, "15", "20", 1)},
			{"twenty letters", varied(20), fit},
		})
		judge(t, policy, nil, true, []judged{{"eight letters and a factor", "kahovime", fit}})
	})
}

// emoji are n of them, in no order.
func emoji(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteRune(rune(0x1f400 + i*i*7%251))
	}
	return b.String()
}

func TestEveryCharacterIsAllowedThatCanBeTyped(t *testing.T) {
	judge(t, newPolicy(t, password.PolicyConfig{}), nil, false, []judged{
		{"lower case alone", "kahovimetruzosab", fit},
		{"upper case alone", "KAHOVIMETRUZOSAB", fit},
		{"digits alone", "840261957384106", fit},
		{"signs alone", `#"&;<%>=?@[$\{'`, fit},
		{"spaces at both ends", "  kahovi metruzo  ", fit},
		{"quotes and markup", `<b>'"; DROP--</b>`, fit},
		{"right to left", "הסוס שלי אוכל דשא כחול", fit},
		{"Chinese", "我的马吃蓝色的草因为绿色的没有了", fit},
		{"a joiner and a replacement character", "kahovi\u200dmetruzo\ufffd", fit},
		{"a tab", "kahovi\tmetruzosa", untypable},
		{"a line break", "kahovi metruzosa\n", untypable},
		{"a NUL", "kahovi\x00metruzosa", untypable},
		{"DEL", "kahovi metruzosa\x7f", untypable},
		{"a control character beyond ASCII", "kahovi metruzosa\u0085", untypable},
		{"a separator of lines", "kahovi metruzosa\u2028", untypable},
		{"a separator of paragraphs", "kahovi\u2029metruzosa", untypable},
		{"a soft hyphen", "kahovi\u00admetruzosa", untypable},
		{"a byte order mark", "\ufeffkahovi metruzosa", untypable},
		{"a space of no width", "kahovi\u200bmetruzosa", untypable},
		{"a mark of direction", "kahovi metruzosa\u200f", untypable},
		{"a mark that turns direction round", "kahovi metruzosa\u202e", untypable},
		{"a tag of languages", "kahovi metruzosa\U000e0001", untypable},
		{"what keeps letters from joining", "می\u200cخواهم اسب سبز بخورم", fit},
		{"a joiner in Sinhala", "ක්\u200dරිකට් තණකොළ කන", fit},
		{"a flag made of tags", "kahovi metruzosa \U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", fit},
		{"a variation of a heart", "kahovi metruzosa \u2764\ufe0f", fit},
		{"a variation of a character", "kahovi metruzosa \u8fbb\U000e0100", fit},
		{"a wide space", "kahovi\u3000metruzosa", fit},
		{"bytes that are no UTF-8", "kahovi metruzosa\xff", untypable},
		{"half a surrogate pair", "kahovi metruzosa\xed\xa0\x80", untypable},
	})
}

func TestCommonPasswordsAreRefused(t *testing.T) {
	policy := newPolicy(t, password.PolicyConfig{})
	judge(t, policy, nil, false, []judged{
		{"as many type it", "manchesterunited", tooCommon},
		{"in other case", "ManchesterUNITED", tooCommon},
		{"with signs between", "Manchester-United!", tooCommon},
		{"with a dash between", "Manchester—United", tooCommon},
		{"with a year", "ManchesterUnited2026", tooAlike},
		{"with a year and signs", "Password2026!!!", tooAlike},
		{"with one sign many times", "password!!!!!!!!!!!!", tooAlike},
		{"a common word among many signs", `#"&;<love%>=?@[$\{'`, fit},
		{"with signs for letters and digits behind", "P@ssw0rd12345678", tooAlike},
		{"with digits before", "20262027sunshine", tooAlike},
		{"with digits on both sides", "123 sunshine 4711", tooAlike},
		{"with a row of digits", "sunshine123456789", tooAlike},
		{"a short one with a row of digits", "dragon1234567890", tooAlike},
		{"with a row of letters", "sunshineabcdefgh", tooAlike},
		{"after a row of letters", "qwertzuiopsunshine", tooAlike},
		{"with nine digits in no order", "sunshine840261957", fit},
		{"with digits on both sides, too many together", "84026 sunshine 19573", fit},
		{"with another word", "sunshine kahovi", fit},
		{"four common words", "correct horse battery staple", fit},
	})
	t.Run("with a second factor", func(t *testing.T) {
		judge(t, policy, nil, true, []judged{
			{"as many type it", "sunshine", tooCommon},
			{"in other case", "SunShine", tooCommon},
			{"a short one with digits", "dragon84", tooAlike},
			{"a short one in a word", "dragonet", fit},
			{"no common one with digits", "kahov840", fit},
		})
	})
}

func TestAShortWordAndAYearAreRefusedInAnyLanguage(t *testing.T) {
	policy := newPolicy(t, password.PolicyConfig{})
	judge(t, policy, nil, false, []judged{
		{"a season and signs", "Sommer2026!!!!!!", tooDated},
		{"an older year", "Kahovim1987?!?!?!", tooDated},
		{"with signs between", "Sommer-2026-!!!!!", tooDated},
		{"with spaces", "Été 2026 !!!!!!!", tooDated},
		{"in Cyrillic", "Лето2026!!!!!!!!", tooDated},
		{"in Hindi", "गर्मी2026!!!!!!!", tooDated},
		{"with a row behind", "Kahovi202612345", tooDated},
		{"with a birthday", "kahovim 19870412!", tooDated},
		{"of eight letters", "kahovime2026!!!!!", fit},
		{"and five signs in no order", "Kahovi2026#&;<%=?@", fit},
		{"another number", "Kahovi1826!!!!!!", fit},
		{"and another word", "Sommer 2026 kahovi", fit},
		{"after another word", "Kahovi Sommer 2026", fit},
		{"the year alone, and words", "2026 kahovi metru", fit},
	})
	t.Run("with a second factor", func(t *testing.T) {
		judge(t, policy, nil, true, []judged{
			{"a word and a year", "Kahov2026", tooDated},
			{"a word and another number", "kahov2126", fit},
			{"a word and half a year", "kahovi20", fit},
		})
	})
}

func TestRepetitionsAndRowsAreRefused(t *testing.T) {
	policy := newPolicy(t, password.PolicyConfig{})
	judge(t, policy, nil, false, []judged{
		{"one character", "xxxxxxxxxxxxxxxxxxx", repetitive},
		{"one emoji", strings.Repeat("🐴", 15), repetitive},
		{"three characters", "kahkahkahkahkah", repetitive},
		{"three characters, cut short", "kahkahkahkahkahka", repetitive},
		{"with spaces between", "kahov kahov kahov", repetitive},
		{"with digits behind", "kahovkahovkahov42", repetitive},
		{"with nine digits in no order behind", "kahokahokaho840261957", fit},
		{"a common password", "sunshinesunshine", repetitive},
		{"a common password with a year", "Summer2026Summer2026", repetitive},
		{"a row of many keys", "zxcvbnm,zxcvbnm,", repetitive},
		{"seven characters twice, and one more", "kahovimkahovimk", repetitive},
		{"eight characters twice", "kahovimekahovime", fit},
		{"letters that recur", "banana cabana havana", fit},
		{"two letters among digits", "5699994208cc9555", fit},

		{"the alphabet", "bcdefghijklmnopqrs", inOrder},
		{"the alphabet, backwards", "srqponmlkjihgfedcb", inOrder},
		{"another alphabet", "бвгдеёжзийклмноп", inOrder},
		{"digits, there and back", "2345678909876543", inOrder},
		{"keys of QWERTY", "wertyuiopsdfghjk", inOrder},
		{"keys of QWERTZ", "ertzuiopüsdfghjk", inOrder},
		{"keys of AZERTY", "azertyuiopsdfghjklm", inOrder},
		{"keys of Dvorak", "pyfgcrlaoeuidhtns", inOrder},
		{"keys of ЙЦУКЕН", "цукенгшщзфывапрол", inOrder},
		{"columns of keys", "2wsx3edc4rfv5tgb6yhn", inOrder},
		{"digits with Shift", "!@#$%^&*()_+!@#", inOrder},
		{"one from here, one from there", "2w3e4r5t6y7u8i9o", inOrder},
		{"each twice", "223344556677889900", inOrder},
		{"each some times", "222333344455556666", inOrder},
		{"with spaces", "2345 6789 abcd efgh", inOrder},
		{"in capitals, with a few others", "WERTYUIOPSDFG!7k", inOrder},
		{"with more others", "wertyuiop kahovi", fit},
		{"runs in words", "first define poverty, then study", fit},
	})
	t.Run("with a second factor", func(t *testing.T) {
		judge(t, policy, nil, true, []judged{
			{"four characters twice", "kahokaho", repetitive},
			{"a row and one other", "wertyuix", inOrder},
			{"a row and others", "wertkaho", fit},
		})
	})
}

func TestOwnWordsAloneAreRefused(t *testing.T) {
	policy := newPolicy(t, password.PolicyConfig{Words: []string{"Acme Sprockets", "help.acme.example", "3M"}})
	judge(t, policy, ada, false, []judged{
		{"the name with a year", "ada.lovelace.1815!", tooOwn},
		{"the name in other case", "ADALovelace181512", tooOwn},
		{"the name with signs inside", "A-d-a L.o.v.e.l.a.c.e", tooOwn},
		{"the name and a short word", "Lovelace London 99", tooOwn},
		{"the name, twice", "LovelaceLovelace", tooOwn},
		{"the name and a common password", "lovelace sunshine", tooOwn},
		{"the name and a row", "lovelace sdfghjkl", tooOwn},
		{"the name and a repetition", "lovelace kahkahkah", tooOwn},
		{"the login", "ada.lovelace+desk", tooOwn},
		{"the email address", "ada.lovelace+desk@mail.example.com", tooOwn},
		{"the host of the address", "mail.example.com 2026", tooOwn},
		{"the company's name", "AcmeSprockets2026", tooOwn},
		{"both names", "Lovelace@Acme-Sprockets", tooOwn},
		{"seven letters beside", "lovelace kahovim", tooOwn},
		{"eight letters beside", "lovelace kahovime", fit},
		{"the name in a sentence", "my horse lovelace eats blue grass", fit},
		{"the company in a sentence", "acme pays me well enough", fit},
		{"a short word beside the company's", "Acme kahovi 2026", tooOwn},
		{"a name of three letters", "Ada Canada 840261", fit},
		{"a birthday beside", "lovelace 18151210", tooOwn},
		{"nine digits in no order beside", "lovelace 482917364", fit},
		{"thirteen digits in no order beside", "lovelace 4829173640582", fit},
		{"digits in order beside", "lovelace 1234567890123", tooOwn},
		{"some digits twice beside", "lovelace 4829148291", tooOwn},
		{"emoji beside", "lovelace🐴🐎🦄🫏🦓🦌🫎🦬", fit},
	})
	judge(t, policy, nil, false, []judged{
		{"another's name", "ada.lovelace.1815!", fit},
		{"the company's host", "help.acme.example1", tooOwn},
	})
	judge(t, policy, []string{"bob.lee@mail.example.com", "Robert Lee-Lovelace"}, false, []judged{
		{"a login of short parts", "bob.lee.20262026", tooOwn},
		{"a part of a name", "lovelace 18151852", tooOwn},
	})
	// Of marks and letters, which make one word.
	judge(t, policy, []string{"lp", "लक्ष्मी प्रसाद"}, false, []judged{
		{"a first name in Hindi", "लक्ष्मी 18151852", tooOwn},
		{"a last name in Hindi", "प्रसाद @ 18151852", tooOwn},
		{"a name in Hindi in a sentence", "लक्ष्मी नीली घास खाती है", fit},
	})
	t.Run("with a second factor", func(t *testing.T) {
		judge(t, policy, ada, true, []judged{
			{"the name", "Lovelace", tooOwn},
			{"three letters beside", "lovelace kah", tooOwn},
			{"four letters beside", "lovelace kaho", fit},
		})
	})
}

func TestLeakedPasswordsAreRefusedIfNothingElseIsSaidAgainstThem(t *testing.T) {
	const typed = "  Kahovi metruzo  "
	var log bytes.Buffer
	asked := 0
	var known bool
	var fault error
	policy := newPolicy(t, password.PolicyConfig{
		Log: slog.New(slog.NewTextHandler(&log, nil)),
		Breached: func(_ context.Context, got redact.Secret) (bool, error) {
			asked++
			if got.Reveal() != typed {
				t.Errorf("asked about %q, want it as typed", got.Reveal())
			}
			return known, fault
		},
	})
	judge(t, policy, ada, false, []judged{
		{"too short", "kahovi", useFifteen}, {"too common", "manchesterunited", tooCommon}, {"untypable", "kahovi metruzosa\t", untypable},
	})
	if asked != 0 {
		t.Errorf("asked %d times about passwords that are unfit anyway", asked)
	}
	judge(t, policy, ada, false, []judged{{"not leaked", typed, fit}})
	known = true
	judge(t, policy, ada, false, []judged{{"leaked", typed, leaked}})
	if asked != 2 || log.Len() > 0 {
		t.Errorf("asked %d times, want 2; logged %q", asked, log.String())
	}
	fault = errors.New("the answer is 503, want 200")
	judge(t, policy, ada, false, []judged{{"unknown whether leaked", typed, fit}})
	if line := log.String(); strings.Count(line, "\n") != 1 || !strings.Contains(line, "level=WARN") || !strings.Contains(line, "503") {
		t.Errorf("logged %q, want one warning with the error", line)
	}
	if strings.Contains(strings.ToLower(log.String()), "kahovi") {
		t.Errorf("the log has the password: %s", log.String())
	}
}

func TestLeastIsWhatCheckAsksFor(t *testing.T) {
	for _, row := range []struct {
		min    int
		factor bool
		want   int
	}{{0, false, 15}, {0, true, 8}, {20, false, 20}, {20, true, 8}} {
		policy := newPolicy(t, password.PolicyConfig{MinLength: row.min})
		if got := policy.Least(row.factor); got != row.want {
			t.Errorf("at least %d, with a factor %v: Least = %d, want %d", row.min, row.factor, got, row.want)
		}
		err := policy.Check(t.Context(), redact.New(varied(row.want-1)), nil, row.factor)
		if unfit, ok := errors.AsType[*password.Unfit](err); !ok || unfit.Rule != password.TooShort || unfit.Least != row.want {
			t.Errorf("%d characters, with a factor %v: %v, want too_short with %d", row.want-1, row.factor, err, row.want)
		}
	}
}

func TestEachRuleHasASentenceOfItsOwn(t *testing.T) {
	said := map[string]password.Rule{}
	for _, rule := range password.Rules() {
		sentence := (&password.Unfit{Rule: rule}).Reason()
		if other, again := said[sentence]; again || sentence == "" {
			t.Errorf("%s says %q, which %q does, too", rule, sentence, other)
		}
		said[sentence] = rule
	}
}

func TestAPolicyConfigIsChecked(t *testing.T) {
	for length, ok := range map[int]bool{-1: false, 0: true, 1: false, 8: false, 14: false, 15: true, 64: true, 65: false} {
		_, err := password.NewPolicy(password.PolicyConfig{MinLength: length})
		if (err == nil) != ok {
			t.Errorf("MinLength %d: %v, want ok = %v", length, err, ok)
		}
	}
}

func FuzzCheckSaysNothingOfThePassword(f *testing.F) {
	policy := newPolicy(f, password.PolicyConfig{Words: []string{"Acme"}})
	sentences := map[string]bool{fit: true, tooLong: true, untypable: true, tooCommon: true, tooAlike: true, tooOwn: true, tooDated: true, repetitive: true, inOrder: true}
	for _, typed := range []string{"", "a", "manchesterunited", "Password2026!!!", "ada.lovelace.1815!", "kahkahkahkahkah", "wertyuiopsdfghjk", "\xff\x00", "👨‍👩‍👧‍👦🐴", "İİİİİİİİİİİİİİİ", varied(1024)} {
		f.Add(typed, "Ada Lovelace", false)
		f.Add(typed, typed, true)
	}
	f.Fuzz(func(t *testing.T, typed, own string, factor bool) {
		got := reason(t, policy, typed, []string{own}, factor)
		if !sentences[got] && got != map[bool]string{false: useFifteen, true: useEight}[factor] {
			t.Errorf("%q: %q", typed, got)
		}
		if again := reason(t, policy, typed, []string{own}, factor); again != got {
			t.Errorf("%q: %q, then %q", typed, got, again)
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	policy := newPolicy(b, password.PolicyConfig{Words: []string{"Acme", "help.acme.example"}})
	for name, typed := range map[string]string{
		"a sentence":  "my horse lovelace eats blue grass",
		"random":      "Zk4!vQ9#mT2$xW7&",
		"common":      "manchesterunited",
		"1,024 bytes": varied(1024),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_ = policy.Check(b.Context(), redact.New(typed), ada, false)
			}
		})
	}
}
