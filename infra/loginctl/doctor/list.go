package doctor

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// How wide a list is, and how wide the column of ids may become in it.
const (
	width    = 100
	maxNames = 36
)

// The colours of levels, for a terminal (ECMA-48 section 8.3.117).
var colours = map[Level]string{OK: "\x1b[32m", Warn: "\x1b[33m", Fail: "\x1b[31m"}

const noColour = "\x1b[0m"

// List writes findings for people: a line each, with why and what to do below those
// that are not well, 100 columns wide. A word that is longer than its column, such as a command, stays whole. Their
// texts go out as they are.
func List(out io.Writer, findings []Finding, coloured bool) error {
	names := 0
	for _, f := range findings {
		if n := utf8.RuneCountInString(f.ID); n <= maxNames {
			names = max(names, n)
		}
	}
	margin := len("fail  ") + names + 2
	var text bytes.Buffer
	for _, f := range findings {
		level := fmt.Sprintf("%-4s", f.Level)
		if coloured {
			level = colours[f.Level] + level + noColour
		}
		head := level + "  " + f.ID
		if gap := names - utf8.RuneCountInString(f.ID); gap < 0 {
			text.WriteString(head + "\n")
			head = strings.Repeat(" ", margin)
		} else {
			head += strings.Repeat(" ", gap+2)
		}
		paragraph(&text, head, margin, f.What)
		for _, part := range [][2]string{{"why: ", f.Why}, {"fix: ", f.Fix}} {
			if part[1] != "" {
				paragraph(&text, strings.Repeat(" ", margin)+part[0], margin+len(part[0]), part[1])
			}
		}
	}
	_, err := out.Write(text.Bytes())
	return err
}

// paragraph writes words behind head, and the lines that follow at the margin.
func paragraph(out *bytes.Buffer, head string, margin int, words string) {
	out.WriteString(head)
	column := margin
	for i, word := range strings.Fields(words) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case column+1+n > width:
			out.WriteString("\n" + strings.Repeat(" ", margin))
			column = margin
		default:
			out.WriteString(" ")
			column++
		}
		out.WriteString(word)
		column += n
	}
	out.WriteString("\n")
}

// Summary counts the findings, in a sentence, and names those that failed.
func Summary(findings []Finding) string {
	count := map[Level]int{}
	var failed []string
	unchecked := 0
	for _, f := range findings {
		count[f.Level]++
		if f.Level == Fail {
			failed = append(failed, f.ID)
		}
		if f.Unchecked {
			unchecked++
		}
	}
	text := fmt.Sprintf("%d failed, %d to look at, %d ok", count[Fail], count[Warn], count[OK])
	if unchecked > 0 {
		text += fmt.Sprintf("; of those to look at %d could not be checked", unchecked)
	}
	if failed != nil {
		text += "; failed: " + strings.Join(failed, ", ")
	}
	return text
}
