package password

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf8"

	"deskpro-login/pkg/redact"
)

const (
	// NIST SP 800-63B-4, section 3.1.1.2: 15 where the password is all that
	// there is, 8 beside a second factor, and at least 64 must be allowed.
	defaultMin, factorMin, largestMin = 15, 8, 64
)

// PolicyConfig says what a Policy asks for beyond what it always does.
type PolicyConfig struct {
	// MinLength is the least number of code points of a password that is the
	// only factor; 0 means 15. From 15 to 64.
	MinLength int
	// Words are the company's: its brand, products, host names. A password has
	// to be more than they are. Those of fewer than four letters are not looked
	// for.
	Words []string
	// Breached reports whether a password is known from a leak, as
	// pwned.Checker.Breached does. It is asked last, about passwords that are
	// fit otherwise. Nil means that nobody is asked.
	Breached func(context.Context, redact.Secret) (bool, error)
	// Log is told when Breached fails. Nil means slog.Default().
	Log *slog.Logger
}

// Policy judges passwords that people choose, by NIST SP 800-63B-4 section
// 3.1.1.2 and OWASP ASVS 5.0 section 6.2: by length, by how many others would
// think of it, and by nothing else. It asks for no kinds of characters and for no
// change in time.
//
// Length is counted in code points, so that a letter with a combining accent
// counts twice and an emoji of a family seven times; and there are at most 1024
// bytes, so that hashing one costs little.
//
// Every character is allowed but those that come from a paste, cannot be typed
// into the field of a page or be seen there, and would lock their owner out:
// control characters such as a tab or NUL, separators of lines and paragraphs, and
// format characters such as a soft hyphen or a byte order mark, though not the
// joiners that scripts and emoji need, nor what a flag is tagged with. Text that
// is no UTF-8 comes from no browser, and is refused, too. All this is judged here
// only: a password that is verified may be anything.
//
// Nothing is normalised: what is hashed are the bytes that came. NIST would have
// NFC before hashing (a "should"); ASVS 6.2.8 forbids any change; and hashes that
// were imported are of bytes as somebody else's form took them, so that NFC would
// lock out those whose password was not in it. The price: an é that one keyboard
// or paste sends as one code point and another as two makes two passwords. The
// keyboards of all common systems send one. Who meets the other has a password
// that works on one device alone, and can choose another on that one.
//
// Whole passwords are refused, never a word in one. Those that many would think
// of, upper case or lower, are
//
//   - common ones (blocklist.txt: the top 3,000 and more that have 15 characters,
//     and of those that have 8 to 14), with or without signs between:
//     manchesterunited, Manchester-United;
//   - common ones with up to eight digits and signs, or a row of keys, added:
//     Password2026!!!, sunshine123456789;
//   - a word of fewer than eight letters, listed or not, and a year, with as much
//     added: Sommer2026!!!!!!;
//   - repetitions of fewer than eight characters, or of one of those:
//     abcabcabcabcabc, summer2026summer2026;
//   - rows of keys, letters or digits, with at most one other character in five:
//     qwertyuiop12345, 1q2w3e4r5t6y7u8i;
//   - the account's own words or the company's, where what is left without them,
//     and without digits and signs, has fewer than half the characters asked for
//     or is one of those again: ada.lovelace.1815! of Ada Lovelace, but not "my
//     horse lovelace eats blue grass". Nine digits in no row make up for them:
//     eight are a birthday.
//
// With MinLength above 15 fewer lines of the list are long enough; the other rules
// and Breached stay as they are.
//
// A Policy is safe for concurrent use.
type Policy struct {
	min      int
	words    []string
	breached func(context.Context, redact.Secret) (bool, error)
	log      *slog.Logger
}

// NewPolicy checks config.
func NewPolicy(config PolicyConfig) (*Policy, error) {
	if config.MinLength == 0 {
		config.MinLength = defaultMin
	}
	if config.MinLength < defaultMin || config.MinLength > largestMin {
		return nil, fmt.Errorf("password: MinLength is %d, must be from %d to %d", config.MinLength, defaultMin, largestMin)
	}
	if config.Log == nil {
		config.Log = slog.Default()
	}
	return &Policy{min: config.MinLength, words: words(config.Words), breached: config.Breached, log: config.Log}, nil
}

// Unfit is why a password is refused.
type Unfit struct {
	Rule Rule
	// Least is how many characters TooShort asks for; zero with the others.
	Least int
}

func (u *Unfit) Error() string { return "unfit password: " + string(u.Rule) }

// Rule is what a password is refused by.
type Rule string

const (
	TooLong    Rule = "too_long"
	Untypable  Rule = "untypable"
	TooShort   Rule = "too_short"
	TooCommon  Rule = "too_common"
	TooAlike   Rule = "too_alike"
	TooOwn     Rule = "too_own"
	TooDated   Rule = "too_dated"
	Repetitive Rule = "repetitive"
	InOrder    Rule = "in_order"
	Leaked     Rule = "leaked"
	// Same: it is the one that the account has. Policy does not know that one; who
	// does says so.
	Same Rule = "same"
)

// Rules returns all of them.
func Rules() []Rule {
	return []Rule{TooLong, Untypable, TooShort, TooCommon, TooAlike, TooOwn, TooDated, Repetitive, InOrder, Leaked, Same}
}

// Reason says it in English, to who chose the password, and what to do. It quotes
// neither the password nor what it was compared with.
func (u *Unfit) Reason() string {
	const hint = " A few words in a row are easy to remember."
	switch u.Rule {
	case TooLong:
		return "Choose a shorter password: 250 characters always fit."
	case Untypable:
		return "Leave out what cannot be typed here, such as a tab or a line break: a paste may have brought it along."
	case TooShort:
		return fmt.Sprintf("Use at least %d characters.", u.Least) + hint
	case TooCommon:
		return "Choose another password: many people use this one, so it is among the first that strangers try." + hint
	case TooAlike:
		return "Choose another password: this is one that many people use, with a few characters added." + hint
	case TooOwn:
		return "Choose a password that has more in it than your name, your address or the company’s name." + hint
	case TooDated:
		return "Choose another password: a word and a year, whichever they are, are what strangers try early." + hint
	case Repetitive:
		return "Choose another password: this repeats something that is easy to guess." + hint
	case InOrder:
		return "Choose another password: this follows the keyboard, the alphabet or the order of numbers." + hint
	case Leaked:
		return "Choose another password: this one was in a leak of some site’s passwords, and strangers try those first." + hint
	case Same:
		return "Choose a password other than the one you have."
	}
	return ""
}

// Least is how many characters a password needs, in code points; factor as in
// Check.
func (p *Policy) Least(factor bool) int {
	if factor {
		return factorMin
	}
	return p.min
}

// Check returns nil for a password that may be set, and an *Unfit for another.
// own are the account's login, email address and names, whole; factor says that
// it has a second factor.
//
// Where Breached fails, the password is fit and the failure is logged: a person
// who must choose a password now cannot wait for somebody else's service, and all
// the other rules hold.
func (p *Policy) Check(ctx context.Context, password redact.Secret, own []string, factor bool) error {
	switch rule := p.judge(password.Reveal(), own, factor); rule {
	case "":
	case TooShort:
		return &Unfit{Rule: TooShort, Least: p.Least(factor)}
	default:
		return &Unfit{Rule: rule}
	}
	if p.breached == nil {
		return nil
	}
	breached, err := p.breached(ctx, password)
	switch {
	case err != nil:
		p.log.WarnContext(ctx, "a new password was not looked up among leaked ones", "error", err)
	case breached:
		return &Unfit{Rule: Leaked}
	}
	return nil
}

// judge returns the rule that refuses a password, or nothing.
func (p *Policy) judge(typed string, own []string, factor bool) Rule {
	switch {
	case len(typed) > maxLength:
		return TooLong
	case !utf8.ValidString(typed) || strings.ContainsFunc(typed, unseen):
		return Untypable
	case utf8.RuneCountInString(typed) < p.Least(factor):
		return TooShort
	}
	lower := strings.ToLower(typed)
	inner := bare(lower)
	forms := [][]rune{[]rune(lower)}
	// A password of signs is not to be judged by the few letters among them.
	if letters := []rune(inner); 2*len(letters) >= len(forms[0]) {
		forms = append(forms, letters)
	}
	for _, form := range forms {
		if listed(string(form)) {
			return TooCommon
		}
	}
	rest, digits, found := beside(inner, append(words(own), p.words...))
	if found && (len(loose(digits, mostPadding)) <= mostPadding || repeated(digits)) {
		letters := []rune(rest)
		if len(letters) < (p.Least(factor)+1)/2 || listed(rest) || straight(letters) || repeated(letters) {
			return TooOwn
		}
	}
	for _, form := range forms {
		switch {
		case repeated(form) || repeated(core(form)):
			return Repetitive
		case straight(form):
			return InOrder
		case padded(form):
			return TooAlike
		}
	}
	if dated(forms[0]) {
		return TooDated
	}
	return ""
}

// unseen reports whether r is what no field of a page takes or shows. Among the
// format characters are joiners, which several scripts are typed with, and the
// tags of which flags are made, such as Scotland's.
func unseen(r rune) bool {
	const nonJoiner, joiner, firstTag, lastTag = '\u200c', '\u200d', '\U000e0020', '\U000e007f'
	if r == nonJoiner || r == joiner || firstTag <= r && r <= lastTag {
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}
