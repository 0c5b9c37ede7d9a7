// Package sheet owns the set-up sheet: what the administrator of the helpdesk
// has to do in Deskpro for a deployed stack. New makes it, Render prints it as
// text, Markdown or HTML. There is one model; the templates know only its form.
//
// What it says of Deskpro is Deskpro's admin guide ("JSON Web Token setup"),
// what it says of the sign-in page is pkg/web's table of errors and the pages in
// infra/stacks; tests hold it to those and to the templates' parameters.
package sheet

import (
	"regexp"
	"strings"
	"unicode"

	"deskpro-login/infra/loginctl/stack"
)

// Sheet is the whole page.
type Sheet struct {
	Title string
	Lead  []paragraph
	// Parts are what to do, in order.
	Parts []part
	// Trouble is what to do if it does not work.
	Trouble troubles
}

// part is a door's steps, or those after both.
type part struct {
	ID, Title string
	Steps     []step
}

// step is something to do.
type step struct {
	Title string
	Items []item
}

// item is one of prose, rows and a command.
type item struct {
	Prose paragraph
	// Heads are above Rows.
	Heads   []string
	Rows    []row
	Command commandLine
}

// row says what belongs to Name.
type row struct {
	Name string
	Cell paragraph
}

// commandLine is a shell's command in pieces between which a line may break.
type commandLine []string

// command is for values that a shell takes as they are: package stack sees to
// that.
func command(pieces ...string) commandLine {
	for i := range pieces {
		pieces[i] = clean(pieces[i])
	}
	return pieces
}

func (c commandLine) String() string { return strings.Join(c, " ") }

// troubles is a table of symptoms.
type troubles struct {
	Title    string
	Lead     []paragraph
	Heads    []string
	Symptoms []symptom
}

// symptom is what somebody sees, and why, the likeliest first.
type symptom struct {
	Sign   paragraph
	Causes []cause
}

// cause is a reason and what to do about it.
type cause struct{ Why, Do paragraph }

// paragraph is one of prose, or a cell.
type paragraph []span

// span is a piece of prose.
type span struct {
	Kind kind
	Text string
}

// kind says how a span looks.
type kind string

const (
	// plain is words.
	plain kind = ""
	// label is what Deskpro or the console calls something.
	label kind = "label"
	// code is what is to be copied, or recognised, as it is.
	code kind = "code"
	// link is an address to open.
	link kind = "link"
)

var markup = regexp.MustCompile("\\*[^*]+\\*|`[^`]+`|\\{\\}|\\{link\\}")

// prose reads text with *labels* and `code`, and puts the values, which it does
// not read, for each {} and {link}.
func prose(text string, values ...string) paragraph {
	var p paragraph
	add := func(k kind, s string) {
		if s != "" {
			p = append(p, span{k, s})
		}
	}
	end := 0
	for _, at := range markup.FindAllStringIndex(text, -1) {
		add(plain, text[end:at[0]])
		found := text[at[0]:at[1]]
		switch found {
		case "{}", "{link}":
			k := code
			if found == "{link}" {
				k = link
			}
			add(k, clean(values[0]))
			values = values[1:]
		default:
			k := code
			if found[0] == '*' {
				k = label
			}
			add(k, found[1:len(found)-1])
		}
		end = at[1]
	}
	add(plain, text[end:])
	return p
}

// clean is for values of which package stack promises better already.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// New returns s's sheet.
func New(s stack.Stack) Sheet {
	page := Sheet{
		Title: "Sign-in page for Deskpro: set-up sheet",
		Lead: []paragraph{
			prose("For the administrator of the helpdesk: what to set in Deskpro so that people sign in on your company's own page."),
			prose("Made from the outputs of the stack {} in {}. No secret is in it, so you may print it, mail it and put it into a wiki.", s.Name, s.Region),
		},
		Trouble: trouble(s),
	}
	if len(s.Doors) == 2 {
		page.Lead = append(page.Lead, prose("There are two doors, one for users and one for agents. Each is an install of its own in Deskpro, with its own addresses and its own secret, and takes ten minutes: copy nothing from one to the other."))
	}
	for _, d := range s.Doors {
		page.Parts = append(page.Parts, door(s, d))
	}
	if pool := pool(s); pool.ID != "" {
		page.Parts = append(page.Parts, pool)
	}
	page.Parts = append(page.Parts, deployment(s))
	return page
}
