package sheet

import (
	"embed"
	htmltemplate "html/template"
	"io"
	"strings"
	"text/template"
	"unicode/utf8"
)

// The formats.
const (
	Text     = "text"
	Markdown = "markdown"
	HTML     = "html"
)

// Formats returns the names that Render knows.
func Formats() []string { return []string{Text, Markdown, HTML} }

//go:embed templates
var templates embed.FS

// Render writes the sheet in one of Formats.
func (s Sheet) Render(w io.Writer, format string) error {
	if format == HTML {
		page, err := htmltemplate.ParseFS(templates, "templates/sheet.html")
		if err != nil {
			return err
		}
		return page.Execute(w, s)
	}
	name, functions := "sheet.txt", template.FuncMap{
		"para": para, "rows": textRows, "command": textCommand, "under": under, "inc": func(i int) int { return i + 1 },
	}
	if format == Markdown {
		name, functions = "sheet.md", template.FuncMap{
			"md": markdown, "cell": cell, "plain": func(s string) paragraph { return paragraph{{plain, s}} }, "inc": functions["inc"],
		}
	}
	page, err := template.New(name).Funcs(functions).ParseFS(templates, "templates/"+name)
	if err != nil {
		return err
	}
	return page.Execute(w, s)
}

// width is a terminal's, in columns.
const width = 80

// under is a line of the rule below s.
func under(s, rule string) string { return strings.Repeat(rule, utf8.RuneCountInString(s)) }

// String is p without its looks; labels are in quotation marks.
func (p paragraph) String() string {
	var b strings.Builder
	for _, s := range p {
		if s.Kind == label {
			b.WriteString(`"` + s.Text + `"`)
		} else {
			b.WriteString(s.Text)
		}
	}
	return b.String()
}

// para wraps p to the width. The first line begins with first, the others are
// indented as far. An address longer than a line is not broken.
func para(first string, p paragraph) string {
	rest := strings.Repeat(" ", utf8.RuneCountInString(first))
	lines := []string{first}
	empty := true
	for word := range strings.FieldsSeq(p.String()) {
		last := &lines[len(lines)-1]
		switch {
		case empty:
			*last += word
		case utf8.RuneCountInString(*last)+1+utf8.RuneCountInString(word) <= width:
			*last += " " + word
		default:
			lines = append(lines, rest+word)
		}
		empty = false
	}
	return strings.Join(lines, "\n")
}

// textRows aligns rows in two columns. A cell that begins with something too
// long for the second goes below its name.
func textRows(indent string, rows []row) string {
	column := 0
	for _, r := range rows {
		column = max(column, utf8.RuneCountInString(r.Name)+2)
	}
	var lines []string
	for _, r := range rows {
		first := indent + r.Name + strings.Repeat(" ", column-utf8.RuneCountInString(r.Name))
		head, _, _ := strings.Cut(r.Cell.String(), " ")
		if utf8.RuneCountInString(first)+utf8.RuneCountInString(head) > width {
			lines = append(lines, indent+r.Name, para(indent+"  ", r.Cell))
		} else {
			lines = append(lines, para(first, r.Cell))
		}
	}
	return strings.Join(lines, "\n")
}

// textCommand breaks c so that a shell still reads one line.
func textCommand(indent string, c commandLine) string {
	lines := []string{indent + c[0]}
	for _, piece := range c[1:] {
		if last := &lines[len(lines)-1]; len(*last)+1+len(piece)+len(" \\") <= width {
			*last += " " + piece
		} else {
			*last += ` \`
			lines = append(lines, indent+"  "+piece)
		}
	}
	return strings.Join(lines, "\n")
}

// escapes are for what Markdown would read as its own, or as HTML, anywhere in
// a line.
var escapes = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", `*`, `\*`, `_`, `\_`, `[`, `\[`, `]`, `\]`, `<`, `\<`,
)

var linkEscapes = strings.NewReplacer("<", "%3C", ">", "%3E", "`", "%60", " ", "%20")

func markdown(p paragraph) string {
	var b strings.Builder
	for _, s := range p {
		switch s.Kind {
		case label:
			b.WriteString("**" + escapes.Replace(s.Text) + "**")
		case code:
			b.WriteString("`" + strings.ReplaceAll(s.Text, "`", "'") + "`")
		case link:
			b.WriteString("<" + linkEscapes.Replace(s.Text) + ">")
		default:
			b.WriteString(escapes.Replace(s.Text))
		}
	}
	return b.String()
}

// cell is for a table, where a bar ends a cell even in code.
func cell(p paragraph) string { return strings.ReplaceAll(markdown(p), "|", `\|`) }
