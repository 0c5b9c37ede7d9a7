package sheet_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"html"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"deskpro-login/infra/loginctl/sheet"
	"deskpro-login/infra/loginctl/stack"
)

// stacks are those of the scripts: two doors, users behind a domain of their
// own, agents behind CloudFront, two doors with a pool that somebody brought,
// users with one that the stack made.
func stacks(t *testing.T) map[string]stack.Stack {
	t.Helper()
	all := map[string]stack.Stack{}
	for file, name := range map[string]string{"both": "", "users": "", "agents": "desk", "pool": "", "made": ""} {
		content, err := os.Open("../testdata/" + file + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if all[file], err = stack.Read(content, name); err != nil {
			t.Fatal(err)
		}
		content.Close()
	}
	return all
}

func render(t *testing.T, s stack.Stack, format string) string {
	t.Helper()
	var page bytes.Buffer
	if err := sheet.New(s).Render(&page, format); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

// proses are all that a sheet says, titles apart.
func proses(s sheet.Sheet) []sheet.Prose {
	all := slices.Concat(s.Lead, s.Trouble.Lead)
	for _, part := range s.Parts {
		for _, step := range part.Steps {
			for _, item := range step.Items {
				all = append(all, item.Prose)
				for _, row := range item.Rows {
					all = append(all, row.Cell)
				}
			}
		}
	}
	for _, symptom := range s.Trouble.Symptoms {
		all = append(all, symptom.Sign)
		for _, cause := range symptom.Causes {
			all = append(all, cause.Why, cause.Do)
		}
	}
	return all
}

func words(s string) string { return strings.Join(strings.Fields(s), " ") }

func TestEachFormatSaysEverything(t *testing.T) {
	tag := regexp.MustCompile(`<[^>]*>`)
	for name, s := range stacks(t) {
		text, page := words(render(t, s, sheet.Text)), words(html.UnescapeString(tag.ReplaceAllString(render(t, s, sheet.HTML), "")))
		markdown := render(t, s, sheet.Markdown)
		for _, p := range proses(sheet.New(s)) {
			if !strings.Contains(text, words(p.String())) {
				t.Errorf("%s: the text lacks %q", name, p)
			}
			if bare := words(strings.ReplaceAll(p.String(), `"`, "")); !strings.Contains(strings.ReplaceAll(page, `"`, ""), bare) {
				t.Errorf("%s: the page lacks %q", name, bare)
			}
			for _, span := range p {
				if span.Kind != sheet.Plain && !strings.Contains(markdown, span.Text) {
					t.Errorf("%s: Markdown lacks %q", name, span.Text)
				}
			}
		}
	}
}

func TestTextFitsATerminal(t *testing.T) {
	for name, s := range stacks(t) {
		for line := range strings.Lines(render(t, s, sheet.Text)) {
			line = strings.TrimSuffix(line, "\n")
			fields := strings.Fields(strings.TrimSuffix(line, `\`))
			unbreakable := len(fields) == 1 || len(fields) == 2 && strings.HasPrefix(fields[0], "--")
			if utf8.RuneCountInString(line) > 80 && !unbreakable {
				t.Errorf("%s: longer than 80 columns: %q", name, line)
			}
			if strings.TrimRight(line, " ") != line {
				t.Errorf("%s: ends in a space: %q", name, line)
			}
			if strings.ContainsFunc(line, func(r rune) bool { return r > unicode.MaxASCII }) {
				t.Errorf("%s: not every terminal shows %q", name, line)
			}
		}
	}
}

func TestMarkdownIsWhole(t *testing.T) {
	for name, s := range stacks(t) {
		markdown := render(t, s, sheet.Markdown)
		if ragged := raggedRow(markdown); ragged != "" {
			t.Errorf("%s: a row with more or fewer cells than its table: %s", name, ragged)
		}
		if strings.Contains(markdown, "\n\n\n") {
			t.Errorf("%s: two empty lines", name)
		}
	}
}

// raggedRow returns a row that has not as many cells as those above it.
func raggedRow(markdown string) string {
	bar := regexp.MustCompile(`(^|[^\\])\|`)
	columns := 0
	for line := range strings.Lines(markdown) {
		got := len(bar.FindAllString(line, -1))
		if !strings.HasPrefix(line, "|") {
			columns = 0
		} else if columns == 0 {
			columns = got
		} else if got != columns {
			return line
		}
	}
	return ""
}

func TestPageIsSelfContained(t *testing.T) {
	for name, s := range stacks(t) {
		page := render(t, s, sheet.HTML)
		for _, bad := range []string{"<script", "src=", "url(", "@import", "ZgotmplZ"} {
			if strings.Contains(page, bad) {
				t.Errorf("%s: the page has %s", name, bad)
			}
		}
		for _, wanted := range []string{
			`content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"`,
			`<link rel="icon" href="data:,">`, "user-select:all", "@media print", "prefers-color-scheme:dark",
		} {
			if !strings.Contains(page, wanted) {
				t.Errorf("%s: the page lacks %s", name, wanted)
			}
		}
	}
}

// Package stack lets none of this through; the renderers would not need that.
func TestHostileValuesStayValues(t *testing.T) {
	s := stacks(t)["both"]
	hostile := "x</code></td><script>alert(1)</script>|`*_\n| a | b |\x1b[2J\u202e"
	s.Name, s.Directory.Name, s.Doors[1].LoginURL, s.Doors[0].DeskproURL = hostile, hostile, hostile, "javascript:alert(1)//"+hostile

	page := render(t, s, sheet.HTML)
	if strings.Contains(page, "<script") || strings.Contains(page, `href="javascript:`) {
		t.Errorf("HTML: %s", page)
	}
	for _, format := range sheet.Formats() {
		got := render(t, s, format)
		if strings.ContainsAny(got, "\x1b\u202e") || strings.Contains(got, "\n| a |") {
			t.Errorf("%s: control characters are passed on", format)
		}
	}
	if ragged := raggedRow(render(t, s, sheet.Markdown)); ragged != "" {
		t.Errorf("Markdown: a value ends a cell: %s", ragged)
	}
	for line := range strings.Lines(render(t, s, sheet.Markdown)) {
		if strings.Count(line, "`")%2 != 0 && line != "```sh\n" && line != "```\n" && !strings.HasPrefix(line, "make ") {
			t.Errorf("Markdown: a value ends its code: %s", line)
		}
	}
}

// problems are the pages' English titles by code.
func problems(t *testing.T) map[string]string {
	t.Helper()
	encoded, err := os.ReadFile("../../../pkg/web/locales/en.json")
	if err != nil {
		t.Fatal(err)
	}
	var texts map[string]string
	if err := json.Unmarshal(encoded, &texts); err != nil {
		t.Fatal(err)
	}
	titles := map[string]string{}
	for key, text := range texts {
		if code, ok := strings.CutSuffix(key, ".title"); ok && strings.HasPrefix(code, "DPL-") {
			titles[code] = strings.ReplaceAll(text, "’", "'")
		}
	}
	return titles
}

// stackPages are the titles by code of the pages in infra/stacks, which AWS
// shows in the functions' stead.
func stackPages(t *testing.T) map[string]string {
	t.Helper()
	code, heading := regexp.MustCompile(`DPL-\d{4}`), regexp.MustCompile(`<title>([^<]+)</title>`)
	titles := map[string]string{}
	var walk func(*yaml.Node)
	walk = func(node *yaml.Node) {
		if strings.Contains(node.Value, "<html") {
			found := heading.FindStringSubmatch(node.Value)
			if found == nil {
				t.Fatalf("a page without a title: %s", node.Value)
			}
			for _, c := range code.FindAllString(node.Value, -1) {
				titles[c] = found[1]
			}
		}
		for _, child := range node.Content {
			walk(child)
		}
	}
	files, err := filepath.Glob("../../stacks/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		var root yaml.Node
		source, err := os.ReadFile(file)
		if err := errors.Join(err, yaml.Unmarshal(source, &root)); err != nil {
			t.Fatal(err)
		}
		walk(&root)
	}
	return titles
}

// The administrator has the page's title and code before them.
func TestCodesAreThoseOfThePages(t *testing.T) {
	titles, others := problems(t), stackPages(t)
	if len(titles) < 20 || len(others) == 0 {
		t.Fatalf("found %d codes in pkg/web, %d in infra/stacks", len(titles), len(others))
	}
	maps.Copy(titles, others)
	explained := map[string]bool{}
	for name, s := range stacks(t) {
		for _, symptom := range sheet.New(s).Trouble.Symptoms {
			sign := symptom.Sign.String()
			for _, span := range symptom.Sign {
				code := span.Text
				if span.Kind != sheet.Code || !strings.HasPrefix(code, "DPL-") {
					continue
				}
				explained[code] = true
				if title, ok := titles[code]; !ok || !strings.Contains(sign, title) {
					t.Errorf("%s: %q, but the page of %s says %q", name, sign, code, title)
				}
			}
			if len(symptom.Causes) == 0 {
				t.Errorf("%s: %q has no cause", name, sign)
			}
		}
	}
	for code, title := range titles {
		if !explained[code] {
			t.Errorf("no sheet explains %s, %q", code, title)
		}
	}
}

// What the sheet tells to set is what the template has, or the edge's.
func TestParametersAreTheTemplates(t *testing.T) {
	var template struct {
		Parameters map[string]yaml.Node `yaml:"Parameters"`
		Outputs    map[string]yaml.Node `yaml:"Outputs"`
	}
	for _, file := range []string{"../../../template.yaml", "../../stacks/edge.yaml"} {
		source, err := os.ReadFile(file)
		if err := errors.Join(err, yaml.Unmarshal(source, &template)); err != nil {
			t.Fatal(err)
		}
	}
	named := regexp.MustCompile(`\b(Users|Agents|Throttle|Max|Forms|Requests|Cognito|Federation|UserPool|AccountsFi|Factor)[A-Za-z]+\b`)
	for name, s := range stacks(t) {
		text := strings.ReplaceAll(render(t, s, sheet.Text), "UsersSecret-", "") // in an ARN
		found := named.FindAllString(strings.ReplaceAll(text, "AgentsSecret-", ""), -1)
		if len(found) == 0 {
			t.Errorf("%s: names no parameter", name)
		}
		for _, parameter := range found {
			if _, ok := template.Parameters[parameter]; !ok && template.Outputs[parameter].Kind == 0 {
				t.Errorf("%s: names %s, which no template has", name, parameter)
			}
		}
	}
}

func TestConsoleLinksFollowThePartition(t *testing.T) {
	const path = "/secretsmanager/secret?name=a%2Fb&region=us-gov-west-1"
	for _, row := range []struct{ partition, want string }{
		{"aws", "https://us-gov-west-1.console.aws.amazon.com" + path},
		{"aws-cn", "https://us-gov-west-1.console.amazonaws.cn" + path},
		{"aws-us-gov", "https://us-gov-west-1.console.amazonaws-us-gov.com" + path},
		{"aws-iso", "In the console of Secrets Manager, in the Region us-gov-west-1: open a/b"},
	} {
		s := stacks(t)["users"]
		s.Doors[0].Secret.Partition, s.Doors[0].Secret.Region, s.Doors[0].Secret.Name = row.partition, "us-gov-west-1", "a/b"
		if text := words(render(t, s, sheet.Text)); !strings.Contains(text, row.want) {
			t.Errorf("in the partition %s the sheet lacks %s", row.partition, row.want)
		}
	}
}
