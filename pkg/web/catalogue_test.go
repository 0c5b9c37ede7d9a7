package web

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"deskpro-login/pkg/web/locales"
)

var update = flag.Bool("update", false, "rewrite infra/ERRORS.md")

const catalogueFile = "../../infra/ERRORS.md"

// catalogue is the table of problems, and what people read about each, as
// Markdown.
func catalogue(t *testing.T) []byte {
	t.Helper()
	set, err := locales.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	english := set.All()[0]
	var out bytes.Buffer
	out.WriteString("# Error codes\n\n" +
		"Every page that says what went wrong shows a code and a request id; the log's line has both (`code`, `api_request_id`). Codes 1xxx are requests that\n" +
		"are not taken, 2xxx people who are not let in, 3xxx something behind the page that is down or set up wrongly, 4xxx faults of our own. A code means the\n" +
		"same in every release and every language. Made from pkg/web/problem.go and pkg/web/locales/en.json by `go test ./pkg/web -update`.\n\n" +
		"| code | status | what the person reads | what they can do | what the administrator can do | `reason` in the log |\n|---|---|---|---|---|---|\n")
	rows := slices.Clone(problems[:])
	slices.SortStableFunc(rows, func(a, b problem) int { return strings.Compare(a.code, b.code) })
	for _, p := range rows {
		text := func(part string) string { return english.Text(p.code + "." + part) }
		fmt.Fprintf(&out, "| `%s` | %d | **%s.** %s | %s | %s | `%s` |\n",
			p.code, p.status, strings.TrimRight(text("title"), "."), text("said"), text("do"), p.admin, p.reason)
	}
	out.WriteString("\n`DPL-1011` is the page of the firewall before CloudFront, without a request id: see [stacks/EDGE.md](stacks/EDGE.md). Whoever has to wait after wrong\n" +
		"guesses reads how long in place of what the code says.\n")
	return out.Bytes()
}

func TestTheCatalogueOfErrorsIsThatOfTheCode(t *testing.T) {
	want := catalogue(t)
	if *update {
		if err := os.WriteFile(catalogueFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(catalogueFile)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("infra/ERRORS.md is not what the code says (%v); go test ./pkg/web -update rewrites it", err)
	}
}

// Each problem says what an administrator can do, and codes that come more than
// once mean the same.
func TestEveryProblemIsWhole(t *testing.T) {
	of := map[string]problem{}
	for _, p := range problems {
		if p.admin == "" || p.reason == "" || p.status < 400 {
			t.Errorf("%s lacks something: %+v", p.code, p)
		}
		if before, ok := of[p.code]; ok && before.status != p.status {
			t.Errorf("%s has two statuses", p.code)
		}
		of[p.code] = p
	}
}
