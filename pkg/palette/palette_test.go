package palette_test

import (
	"fmt"
	"math"
	"regexp"
	"testing"

	"deskpro-login/pkg/palette"
)

func parse(t testing.TB, text string) palette.Accent {
	t.Helper()
	a, err := palette.ParseAccent(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestContrastIsThatOfTheGuidelines(t *testing.T) {
	for _, row := range []struct {
		a, b string
		want float64
	}{
		{"#000000", "#ffffff", 21}, {"#ffffff", "#000000", 21}, {"#777777", "#ffffff", 4.48}, {"#767676", "#ffffff", 4.54}, {"#ff0000", "#ffffff", 4.0}, {"#123456", "#123456", 1},
	} {
		if got := palette.Contrast(row.a, row.b); math.Abs(got-row.want) > 0.01 {
			t.Errorf("%s on %s is %.2f, want %.2f", row.a, row.b, got, row.want)
		}
	}
}

func TestAColourIsWrittenInOneOfTwoWays(t *testing.T) {
	for text, want := range map[string]string{"#1F56C4": "#1f56c4", "#0a6": "#00aa66"} {
		if got := parse(t, text).Fill(); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
	for _, bad := range []string{"", "blue", "1f56c4", "#1f56c", "#1f56c4ff", "rgb(1,2,3)", "#ggg", "#1f56c4;", " #123", "#١٢٣"} {
		if _, err := palette.ParseAccent(bad); err == nil {
			t.Errorf("%q is a colour", bad)
		}
	}
	if got := (palette.Accent{}).Fill(); got != "#1f56c4" {
		t.Errorf("no accent is %s", got)
	}
}

// A grid of eighteen values for each channel, on the surfaces of both schemes.
func TestEveryColourBecomesLegible(t *testing.T) {
	surfaces := map[string][]string{"light": {"#ffffff", "#f4f5f8"}, "dark": {"#1c212c", "#12151c"}}
	for r := 0; r < 256; r += 15 {
		for g := 0; g < 256; g += 15 {
			for b := 0; b < 256; b += 15 {
				a := parse(t, fmt.Sprintf("#%02x%02x%02x", r, g, b))
				if got := palette.Contrast(a.Fill(), a.OnFill()); got < 4.5 {
					t.Errorf("text on %s has a contrast of %.2f", a.Fill(), got)
				}
				for scheme, on := range surfaces {
					text, edge := a.TextOn(on...), a.EdgeOn(on...)
					for _, surface := range on {
						if got := palette.Contrast(text, surface); got < 4.5 {
							t.Errorf("%s as text, %s, on the %s %s has %.2f", a.Fill(), text, scheme, surface, got)
						}
						if got := palette.Contrast(edge, surface); got < 3 {
							t.Errorf("%s as an edge, %s, on the %s %s has %.2f", a.Fill(), edge, scheme, surface, got)
						}
					}
					// What is written on a button of that shade.
					if fill := parse(t, edge); palette.Contrast(edge, fill.OnFill()) < 4.5 {
						t.Errorf("text on %s is not legible", edge)
					}
				}
			}
		}
	}
}

// The greys are where white and black are both worst.
func TestTextOnEveryGreyIsLegible(t *testing.T) {
	least := math.Inf(1)
	for v := range 256 {
		a := parse(t, fmt.Sprintf("#%02x%02x%02x", v, v, v))
		least = min(least, palette.Contrast(a.Fill(), a.OnFill()))
	}
	if least < 4.5 || least > 4.7 {
		t.Errorf("the least contrast is %.2f", least)
	}
}

// A hundredth less of white or black, and the contrast would be below 4.5.
func TestAShadeGoesNoFurtherThanItMust(t *testing.T) {
	for _, row := range []struct{ accent, surface, want string }{
		{"#ffcc00", "#ffffff", "#8f7200"}, {"#1f56c4", "#12151c", "#537dd2"}, {"#ff0000", "#ffffff", "#ed0000"},
	} {
		if got := parse(t, row.accent).TextOn(row.surface); got != row.want {
			t.Errorf("%s on %s is %s (%.2f), want %s (%.2f)", row.accent, row.surface, got, palette.Contrast(got, row.surface), row.want, palette.Contrast(row.want, row.surface))
		}
	}
}

func TestALegibleColourStaysAsItIs(t *testing.T) {
	if got := parse(t, "#1f56c4").TextOn("#ffffff", "#f4f5f8"); got != "#1f56c4" {
		t.Errorf("got %s", got)
	}
	if got := parse(t, "#ffcc00").TextOn("#1c212c"); got != "#ffcc00" {
		t.Errorf("got %s", got)
	}
}

func TestSurfacesThatAreTooUnlikeGetTheBestThereIs(t *testing.T) {
	got := parse(t, "#ffcc00").TextOn("#ffffff", "#000000")
	if a, b := palette.Contrast(got, "#ffffff"), palette.Contrast(got, "#000000"); a < 4 || b < 4 {
		t.Errorf("%s has %.2f and %.2f", got, a, b)
	}
}

func FuzzParseAccent(f *testing.F) {
	for _, text := range []string{"", "#", "#000", "#ffffff", "#1f56c4;}", "#ÿÿÿ", "#12"} {
		f.Add(text)
	}
	whole := regexp.MustCompile(`^#[0-9a-f]{6}$`)
	f.Fuzz(func(t *testing.T, text string) {
		a, err := palette.ParseAccent(text)
		if err != nil {
			return
		}
		for _, got := range []string{a.Fill(), a.OnFill(), a.TextOn("#ffffff"), a.EdgeOn("#000000")} {
			if !whole.MatchString(got) {
				t.Errorf("%q gives %q", text, got)
			}
		}
	})
}
