// Package sheet owns the set-up sheet: what the administrator of the helpdesk
// has to do in Deskpro for a deployed stack. New makes it, Render prints it as
// text, Markdown or HTML. There is one model; the templates know only its form.
//
// What it says of Deskpro is Deskpro's admin guide ("JSON Web Token setup"),
// what it says of the sign-in page is pkg/web's table of errors; a test holds it
// to that and to template.yaml's parameters.
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
	Lead  []Prose
	// Parts are what to do, in order.
	Parts []Part
	// Trouble is what to do if it does not work.
	Trouble Trouble
}

// Part is a door's steps, or those after both.
type Part struct {
	ID, Title string
	Steps     []Step
}

// Step is something to do.
type Step struct {
	Title string
	Items []Item
}

// Item is one of prose, rows and a command.
type Item struct {
	Prose Prose
	// Heads are above Rows.
	Heads   []string
	Rows    []Row
	Command Command
}

// Row says what belongs to Name.
type Row struct {
	Name string
	Cell Prose
}

// Command is a shell's command in pieces between which a line may break.
type Command []string

// command is for values that a shell takes as they are: package stack sees to
// that.
func command(pieces ...string) Command {
	for i := range pieces {
		pieces[i] = clean(pieces[i])
	}
	return pieces
}

func (c Command) String() string { return strings.Join(c, " ") }

// Trouble is a table of symptoms.
type Trouble struct {
	Title    string
	Lead     []Prose
	Heads    []string
	Symptoms []Symptom
}

// Symptom is what somebody sees, and why, the likeliest first.
type Symptom struct {
	Sign   Prose
	Causes []Cause
}

// Cause is a reason and what to do about it.
type Cause struct{ Why, Do Prose }

// Prose is a paragraph, or a cell.
type Prose []Span

// Span is a piece of prose.
type Span struct {
	Kind Kind
	Text string
}

// Kind says how a span looks.
type Kind string

const (
	// Plain is words.
	Plain Kind = ""
	// Label is what Deskpro or the console calls something.
	Label Kind = "label"
	// Code is what is to be copied, or recognised, as it is.
	Code Kind = "code"
	// Link is an address to open.
	Link Kind = "link"
)

var markup = regexp.MustCompile("\\*[^*]+\\*|`[^`]+`|\\{\\}|\\{link\\}")

// prose reads text with *labels* and `code`, and puts the values, which it does
// not read, for each {} and {link}.
func prose(text string, values ...string) Prose {
	var p Prose
	add := func(kind Kind, s string) {
		if s != "" {
			p = append(p, Span{kind, s})
		}
	}
	end := 0
	for _, at := range markup.FindAllStringIndex(text, -1) {
		add(Plain, text[end:at[0]])
		found := text[at[0]:at[1]]
		switch found {
		case "{}", "{link}":
			kind := Code
			if found == "{link}" {
				kind = Link
			}
			add(kind, clean(values[0]))
			values = values[1:]
		default:
			kind := Code
			if found[0] == '*' {
				kind = Label
			}
			add(kind, found[1:len(found)-1])
		}
		end = at[1]
	}
	add(Plain, text[end:])
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
		Lead: []Prose{
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
	page.Parts = append(page.Parts, deployment(s))
	return page
}
