package factor_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/factor"
	"deskpro-login/pkg/redact"
)

// rfcKey is the key of the RFCs' examples, "12345678901234567890".
const (
	rfcBytes = "12345678901234567890"
	rfcKey   = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
)

func key(t testing.TB, base32 string) factor.Key {
	t.Helper()
	k, err := factor.ParseKey(base32)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// codeOf is the code of the RFCs' key for a step.
func codeOf(step int64) redact.Secret {
	return redact.New(factor.HOTP([]byte(rfcBytes), uint64(step), 6))
}

func during(step int64) time.Time { return time.Unix(step*30+17, 0) }

func TestRFC4226AppendixD(t *testing.T) {
	for counter, want := range []struct{ truncated, code string }{
		{"1284755224", "755224"}, {"1094287082", "287082"}, {"0137359152", "359152"}, {"1726969429", "969429"}, {"1640338314", "338314"},
		{"0868254676", "254676"}, {"1918287922", "287922"}, {"0082162583", "162583"}, {"0673399871", "399871"}, {"0645520489", "520489"},
	} {
		if got := factor.HOTP([]byte(rfcBytes), uint64(counter), 10); got != want.truncated {
			t.Errorf("counter %d truncates to %s, want %s", counter, got, want.truncated)
		}
		if got := factor.HOTP([]byte(rfcBytes), uint64(counter), 6); got != want.code {
			t.Errorf("counter %d has code %s, want %s", counter, got, want.code)
		}
	}
}

func TestRFC6238AppendixB(t *testing.T) {
	for _, row := range []struct {
		seconds, step int64
		want          string
	}{
		{59, 1, "94287082"}, {1111111109, 0x23523EC, "07081804"}, {1111111111, 0x23523ED, "14050471"},
		{1234567890, 0x273EF07, "89005924"}, {2000000000, 0x3F940AA, "69279037"}, {20000000000, 0x27BC86AA, "65353130"},
	} {
		if got := factor.HOTP([]byte(rfcBytes), uint64(row.step), 8); got != row.want {
			t.Errorf("step %d has code %s, want %s", row.step, got, row.want)
		}
		step, err := key(t, rfcKey).Step(redact.New(row.want[2:]), time.Unix(row.seconds, 0), 0)
		if step != row.step || err != nil {
			t.Errorf("code %s at %d is of step %d with error %v, want %d", row.want[2:], row.seconds, step, err, row.step)
		}
	}
}

func TestACodeIsGoodForItsStepAndTheNeighbours(t *testing.T) {
	const step = 50_000_000
	for _, row := range []struct {
		name    string
		seconds int64
		want    error
	}{
		{"a second too early", step*30 - 31, factor.ErrWrong},
		{"as early as can be", step*30 - 30, nil},
		{"at the step's beginning", step * 30, nil},
		{"at the step's end", step*30 + 29, nil},
		{"as late as can be", step*30 + 59, nil},
		{"a second too late", step*30 + 60, factor.ErrWrong},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := key(t, rfcKey).Step(codeOf(step), time.Unix(row.seconds, 0), 0)
			if !errors.Is(err, row.want) || (err == nil && got != step) || (err != nil && got != 0) {
				t.Errorf("step %d with error %v, want %d with %v", got, err, step, row.want)
			}
		})
	}
}

func TestNoStepIsAcceptedTwice(t *testing.T) {
	const now = 50_000_000
	for _, row := range []struct {
		name       string
		step, last int64
		want       error
	}{
		{"the step after the last", now, now - 1, nil},
		{"the last step", now, now, factor.ErrSpent},
		{"a step before the last", now - 1, now, factor.ErrSpent},
		{"the next step after the present one", now + 1, now, nil},
		{"the next step once it was used", now + 1, now + 1, factor.ErrSpent},
		{"a step too old to tell", now - 2, now, factor.ErrWrong},
		{"any step after an absurd last", now, math.MaxInt64, factor.ErrSpent},
		{"any step after another absurd last", now, math.MinInt64, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := key(t, rfcKey).Step(codeOf(row.step), during(now), row.last)
			if !errors.Is(err, row.want) || (err == nil) != (got == row.step) {
				t.Errorf("step %d with error %v, want %d with %v", got, err, row.step, row.want)
			}
		})
	}
}

func TestOfTwoStepsWithOneCodeTheNewerIsOverWith(t *testing.T) {
	for _, pair := range []struct{ older, newer int64 }{{910737, 910738}, {153567, 153569}} { // found by search
		if codeOf(pair.older).Reveal() != codeOf(pair.newer).Reveal() {
			t.Fatalf("steps %d and %d do not share their code", pair.older, pair.newer)
		}
		for _, row := range []struct {
			last, want int64
			err        error
		}{{0, pair.newer, nil}, {pair.older, pair.newer, nil}, {pair.newer - 1, pair.newer, nil}, {pair.newer, 0, factor.ErrSpent}} {
			got, err := key(t, rfcKey).Step(codeOf(pair.older), during(pair.older+1), row.last)
			if got != row.want || !errors.Is(err, row.err) {
				t.Errorf("steps %d and %d after %d: step %d with error %v, want %d with %v", pair.older, pair.newer, row.last, got, err, row.want, row.err)
			}
		}
	}
}

func TestACodeIsSixASCIIDigits(t *testing.T) {
	const step = 50_000_000
	right := codeOf(step).Reveal()
	fullWidth := strings.Map(func(r rune) rune { return r - '0' + '０' }, right)
	arabic := strings.Map(func(r rune) rune { return r - '0' + '٠' }, right)
	for name, code := range map[string]string{
		"nothing": "", "a space before": " " + right, "a space after": right + " ", "a newline after": right + "\n", "a space amid": right[:3] + " " + right[3:],
		"five digits": right[:5], "the last five": right[1:], "seven digits": "0" + right, "eight digits": factor.HOTP([]byte(rfcBytes), step, 8),
		"full-width digits": fullWidth, "Arabic digits": arabic, "a sign": "+" + right[1:], "a NUL": right + "\x00", "twice": right + right,
		"letters": "abcdef", "bytes that are not text": "\xff\xff\xff\xff\xff\xff",
	} {
		if got, err := key(t, rfcKey).Step(redact.New(code), during(step), 0); !errors.Is(err, factor.ErrWrong) || got != 0 {
			t.Errorf("%s: step %d with error %v, want ErrWrong", name, got, err)
		}
	}
	if _, err := key(t, rfcKey).Step(redact.Secret{}, during(step), 0); !errors.Is(err, factor.ErrWrong) {
		t.Errorf("the zero Secret: %v, want ErrWrong", err)
	}
}

func TestOddTimesAreNoAccident(t *testing.T) {
	for _, now := range []time.Time{{}, time.Unix(0, 0), time.Unix(-31, 0), time.Unix(math.MinInt64, 0), time.Unix(math.MaxInt64, 0)} {
		for _, last := range []int64{0, -1, math.MinInt64, math.MaxInt64} {
			if step, err := key(t, rfcKey).Step(redact.New("none"), now, last); !errors.Is(err, factor.ErrWrong) || step != 0 {
				t.Errorf("at %d after %d: step %d with error %v, want ErrWrong", now.Unix(), last, step, err)
			}
		}
	}
}

func TestNoCodeIsRightForTheZeroKey(t *testing.T) {
	const step = 50_000_000
	code := redact.New(factor.HOTP(nil, step, 6))
	if _, err := (factor.Key{}).Step(code, during(step), 0); !errors.Is(err, factor.ErrWrong) {
		t.Errorf("error = %v, want ErrWrong", err)
	}
}

func TestANewKeyIsRandomAndReadBack(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		made := factor.NewKey()
		text := made.Base32()
		if len(text) != 32 || seen[text] {
			t.Fatalf("%d characters, seen before: %t", len(text), seen[text])
		}
		seen[text] = true
		if got := key(t, text).Base32(); got != text {
			t.Errorf("a key is read back as another")
		}
	}
	for _, others := range []string{rfcKey[:16], "JBSWY3DPEHPK3PXP", rfcKey + rfcKey, strings.Repeat("A", 103)} {
		if got := key(t, others).Base32(); got != others {
			t.Errorf("%d digits are read back as another key", len(others))
		}
	}
	if got := key(t, rfcKey).Base32(); got != rfcKey {
		t.Errorf("Base32 = %s, want %s", got, rfcKey)
	}
}

func TestParseKeyReadsNothingElse(t *testing.T) {
	for name, text := range map[string]string{
		"nothing": "", "lower case": strings.ToLower(rfcKey), "padding": rfcKey + "========", "a length of no bytes": rfcKey[:30], "9 bytes": rfcKey[:15],
		"65 bytes": strings.Repeat("A", 104), "spaces": rfcKey[:4] + " " + rfcKey[4:], "a newline after": rfcKey + "\n", "newlines in place of digits": rfcKey[:24] + "\n\n\n\n\n\n\n\n",
		"no base32": strings.Replace(rfcKey, "G", "1", 1), "not ASCII": strings.Replace(rfcKey, "G", "É", 1),
	} {
		_, err := factor.ParseKey(text)
		if err == nil {
			t.Errorf("%s: read, want an error", name)
		} else if text != "" && strings.Contains(err.Error(), strings.TrimSpace(text[:15])) {
			t.Errorf("%s: the error shows the key: %v", name, err)
		}
	}
}

func TestAKeyShowsItselfToBase32Alone(t *testing.T) {
	k := key(t, rfcKey)
	var shown bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		fmt.Fprintf(&shown, verb+"\n", k)
		fmt.Fprintf(&shown, verb+"\n", &k)
		fmt.Fprintf(&shown, verb+"\n", []factor.Key{k})
		fmt.Fprintf(&shown, verb+"\n", struct{ k factor.Key }{k})
	}
	slog.New(slog.NewTextHandler(&shown, nil)).Info("key", "key", k)
	slog.New(slog.NewJSONHandler(&shown, nil)).Info("key", "key", k)
	if err := json.NewEncoder(&shown).Encode(map[string]any{"key": k, "pointer": &k}); err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{rfcKey, rfcBytes, hex.EncodeToString([]byte(rfcBytes)), "49 50 51", "0x31, 0x32"} {
		if strings.Contains(shown.String(), form) {
			t.Errorf("shown as %s in:\n%s", form, shown.String())
		}
	}
}

func FuzzStep(f *testing.F) {
	f.Add("287082", int64(59), int64(0))
	f.Add("287082", int64(59), int64(1))
	f.Add(" 28708", int64(-59), int64(math.MinInt64))
	k := key(f, rfcKey)
	f.Fuzz(func(t *testing.T, code string, seconds, last int64) {
		step, err := k.Step(redact.New(code), time.Unix(seconds, 0), last)
		switch {
		case err == nil:
			if now := seconds / 30; step <= last || step < now-1 || step > now+1 || code != codeOf(step).Reveal() {
				t.Errorf("step %d for %q at %d after %d", step, code, seconds, last)
			}
		case step != 0 || !errors.Is(err, factor.ErrWrong) && !errors.Is(err, factor.ErrSpent):
			t.Errorf("step %d with error %v", step, err)
		}
	})
}
