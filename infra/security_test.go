// Package infra_test holds security.md to the code.
package infra_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"deskpro-login/pkg/config"
)

var (
	namedTest   = regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w+)`")
	writtenTest = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	figure      = regexp.MustCompile("(?m)^\\| `([A-Z_]+)` \\| (\\S+) \\|")
)

func page(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("security.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestEveryTestThatThePageNamesExists(t *testing.T) {
	written := map[string]bool{}
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != ".." && strings.HasPrefix(entry.Name(), "."):
			return filepath.SkipDir // what make verify installs
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		source, err := os.ReadFile(path)
		for _, found := range writtenTest.FindAllSubmatch(source, -1) {
			written[string(found[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := namedTest.FindAllStringSubmatch(page(t), -1)
	if len(named) < 50 {
		t.Errorf("the page names %d tests: it is not read as it is written", len(named))
	}
	for _, name := range named {
		if !written[name[1]] && name[1] != "TestLikeThis" {
			t.Errorf("there is no %s", name[1])
		}
	}
}

func TestThePagesFiguresAreTheDefaults(t *testing.T) {
	defaults := map[string]string{}
	for _, v := range config.Variables() {
		defaults[v.Name] = v.Default
	}
	figures := figure.FindAllStringSubmatch(page(t), -1)
	if len(figures) != 7 {
		t.Errorf("%d figures are read from the page, want 7", len(figures))
	}
	for _, f := range figures {
		if defaults[f[1]] != f[2] {
			t.Errorf("%s is %q unless set, the page says %q", f[1], defaults[f[1]], f[2])
		}
	}
	for name, want := range map[string]string{"TOKEN_LIFETIME": "120s", "SESSION_IDLE": "1h", "SESSION_ABSOLUTE": "12h"} {
		if defaults[name] != want || !strings.Contains(page(t), want) {
			t.Errorf("%s is %q unless set, the page says %s", name, defaults[name], want)
		}
	}
}
