// Package palette makes a company's accent colour fit to be read: it keeps the
// colour where that is legible, and otherwise finds the nearest darker or lighter
// shade that is. Contrast is that of the Web Content Accessibility Guidelines 2.2
// (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio).
package palette

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

const (
	// leastText and leastEdge are what text and what surrounds a control need
	// (success criteria 1.4.3 and 1.4.11, level AA).
	leastText = 4.5
	leastEdge = 3
)

// What is written on a fill is one of these. Nothing lighter than black will do: a
// middle grey contrasts with it by 4.6 at least, but with #10141c by as little as 4.3.
const (
	white = "#ffffff"
	black = "#000000"
)

const defaultAccent = "#1f56c4"

var colour = regexp.MustCompile(`^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$`)

// Accent is a company's colour. The zero value is a blue. Its methods return
// #rrggbb.
type Accent struct{ hex string }

// ParseAccent reads #rgb or #rrggbb.
func ParseAccent(text string) (Accent, error) {
	if !colour.MatchString(text) {
		return Accent{}, fmt.Errorf("palette: %q is no colour: write it like %s", text, defaultAccent)
	}
	hex := strings.ToLower(text)
	if len(hex) == len("#rgb") {
		hex = "#" + strings.Repeat(hex[1:2], 2) + strings.Repeat(hex[2:3], 2) + strings.Repeat(hex[3:4], 2)
	}
	return Accent{hex}, nil
}

// Fill is the colour itself.
func (a Accent) Fill() string {
	if a.hex == "" {
		return defaultAccent
	}
	return a.hex
}

// OnFill is the colour of text on Fill: white or black, whichever is more
// legible. One of them always contrasts enough.
func (a Accent) OnFill() string {
	if Contrast(a.Fill(), white) >= Contrast(a.Fill(), black) {
		return white
	}
	return black
}

// TextOn is the shade of the colour that is legible as text on each of surfaces,
// #rrggbb each: the colour itself if it is, or else the one nearest to it. Where
// surfaces are so unlike that none is, it is the one that comes closest.
func (a Accent) TextOn(surfaces ...string) string { return a.shade(leastText, surfaces) }

// EdgeOn is TextOn for what is not read but made out: an outline, a border, or a
// button.
func (a Accent) EdgeOn(surfaces ...string) string { return a.shade(leastEdge, surfaces) }

// shade mixes as little black or white into the colour as will do.
func (a Accent) shade(least float64, surfaces []string) string {
	const steps = 100
	var around []float64
	for _, surface := range surfaces {
		around = append(around, luminance(channels(surface)))
	}
	from := channels(a.Fill())
	best, most := from, 0.0
	for i := range steps + 1 {
		for _, end := range []float64{0, 255} {
			mixed := mix(from, end, float64(i)/steps)
			contrast, own := math.Inf(1), luminance(mixed)
			for _, other := range around {
				contrast = min(contrast, ratio(own, other))
			}
			if contrast >= least {
				return hex(mixed)
			}
			if contrast > most {
				best, most = mixed, contrast
			}
		}
	}
	return hex(best)
}

// mix returns a colour with a share of a grey.
func mix(colour [3]float64, grey, share float64) [3]float64 {
	for i, part := range colour {
		colour[i] = math.Round(part + (grey-part)*share)
	}
	return colour
}

func hex(colour [3]float64) string {
	return fmt.Sprintf("#%02x%02x%02x", int(colour[0]), int(colour[1]), int(colour[2]))
}

// channels are the red, green and blue of #rrggbb, 0 to 255.
func channels(colour string) (rgb [3]float64) {
	n, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 32)
	if err != nil {
		panic("palette: " + colour + " is no colour") // a programmer's error
	}
	for i := range rgb {
		rgb[i] = float64(n >> (16 - 8*i) & 0xff)
	}
	return rgb
}

// Contrast is the contrast ratio of two colours, #rrggbb, from 1 to 21.
func Contrast(a, b string) float64 {
	return ratio(luminance(channels(a)), luminance(channels(b)))
}

// ratio is the contrast of two luminances.
func ratio(a, b float64) float64 { return (max(a, b) + 0.05) / (min(a, b) + 0.05) }

// luminance is relative luminance (https://www.w3.org/TR/WCAG22/#dfn-relative-luminance).
func luminance(colour [3]float64) float64 {
	var linear [3]float64
	for i, part := range colour {
		part /= 255
		if part <= 0.04045 {
			linear[i] = part / 12.92
		} else {
			linear[i] = math.Pow((part+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*linear[0] + 0.7152*linear[1] + 0.0722*linear[2]
}
