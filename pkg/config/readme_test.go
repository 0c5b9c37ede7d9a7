package config_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"deskpro-login/pkg/config"
)

var update = flag.Bool("update", false, "rewrite the goldens")

const (
	readme = "../../README.md"
	begin  = "<!-- variables -->\n"
	end    = "<!-- /variables -->"
)

func TestTheReadmeListsTheVariables(t *testing.T) {
	content, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(content), begin)
	got, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("README.md lacks the lines %q and %q, in this order: write them where the table of variables belongs, then go test ./pkg/config -update", begin, end)
	}
	want := table(config.Variables())
	if *update {
		if err := os.WriteFile(readme, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != want {
		t.Errorf("README.md's table of variables is not that of the code; go test ./pkg/config -update rewrites it\n got:\n%s\nwant:\n%s", got, want)
	}
}

// table renders variables in Markdown.
func table(variables []config.Variable) string {
	var b strings.Builder
	b.WriteString("| Variable | Functions | Default | What it is |\n|---|---|---|---|\n")
	for _, v := range variables {
		name := "`" + strings.Join(names(v), "`, `") + "`"
		var readers []string
		for _, function := range v.Functions {
			readers = append(readers, string(function))
		}
		if len(readers) == len(functions) {
			readers = []string{"all"}
		}
		byDefault := v.Default
		if byDefault != "" {
			byDefault = "`" + byDefault + "`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, strings.Join(readers, ", "), byDefault, strings.ReplaceAll(v.Doc, "|", `\|`))
	}
	return b.String()
}

// names are those of v in the environment: a door's variable has one for each.
func names(v config.Variable) []string {
	suffix, isDoor := strings.CutPrefix(v.Name, "DOOR_")
	if !isDoor {
		return []string{v.Name}
	}
	return []string{"USERS_" + suffix, "AGENTS_" + suffix}
}
