package password_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"deskpro-login/pkg/password"
	"deskpro-login/pkg/realpart"
	"deskpro-login/pkg/redact"
)

// tools are the interpreters that make verify installs, and the script that each
// of them runs. The libraries are found through its environment.
var tools = []tool{
	{"PHP", "VERIFY_PHP", "hash.php"},
	{"Django, passlib and bcrypt", "VERIFY_PYTHON", "hash.py"},
	{"Node", "VERIFY_NODE", "hash.cjs"}, // knows no argon2
}

type tool struct{ name, interpreter, script string }

// asked is what a tool is given on its standard input.
type asked struct {
	Passwords []string `json:"passwords,omitempty"`
	Cheap     bool     `json:"cheap,omitempty"`
	Check     []pair   `json:"check,omitempty"`
}

type pair struct {
	By       string `json:"by,omitempty"`
	Password string `json:"password"`
	Hash     string `json:"hash"`
}

type answered struct {
	Made    []pair `json:"made"`
	Checked []bool `json:"checked"`
}

func eachTool(t *testing.T, tools []tool, test func(t *testing.T, ask func(*testing.T, asked) answered)) {
	for _, tool := range tools {
		t.Run(tool.name, func(t *testing.T) {
			interpreter := realpart.Address(t, tool.interpreter)
			if tool.interpreter == "VERIFY_NODE" {
				realpart.Address(t, "VERIFY_NODE_MODULES")
			}
			test(t, func(t *testing.T, a asked) answered {
				t.Helper()
				stdin, err := json.Marshal(a)
				if err != nil {
					t.Fatal(err)
				}
				cmd := exec.CommandContext(t.Context(), interpreter, filepath.Join("..", "..", "infra", "verify", "hash", tool.script))
				cmd.Stdin = bytes.NewReader(stdin)
				stdout, err := cmd.Output()
				if err != nil {
					var stderr []byte
					if exit, ok := errors.AsType[*exec.ExitError](err); ok {
						stderr = exit.Stderr
					}
					t.Fatalf("%s broke (%v): %s", tool.script, err, stderr)
				}
				var answer answered
				if err := json.Unmarshal(stdout, &answer); err != nil {
					t.Fatalf("reading what %s printed: %v", tool.script, err)
				}
				return answer
			})
		})
	}
}

// nasty are passwords at which tools may differ.
var nasty = []string{
	"a", " ", "\t leading and trailing \n", `"quotes' \ and $dollars$ %s <b>&amp;`,
	"pässwörd 密码 🔑 👩🏽‍💻", "decomposed e\u0301", "composed \u00e9", "\u202eright to left עדה", "\x01\x1f\x7f\u0080\ufeff",
	strings.Repeat("x", 71), strings.Repeat("x", 72), strings.Repeat("x", 73), strings.Repeat("é", 36), "x" + strings.Repeat("é", 36),
	strings.Repeat("🔑", 64), strings.Repeat("long ", 100),
	"a NUL\x00 within",
}

// refused says whether password is one that Verify never takes for a hash of
// that scheme, though the tool has made one.
func refused(scheme, password string) bool {
	if scheme == "bcrypt" && len(password) > 72 {
		return true
	}
	whole := strings.HasPrefix(scheme, "argon2") || scheme == "bcrypt-SHA256"
	return !whole && strings.Contains(password, "\x00")
}

func TestHashesThatOthersMakeNowVerify(t *testing.T) {
	hasher := newHasher(t)
	eachTool(t, tools, func(t *testing.T, ask func(*testing.T, asked) answered) {
		made := ask(t, asked{Passwords: nasty, Cheap: true}).Made
		if len(made) < len(nasty) {
			t.Fatalf("got %d hashes of %d passwords", len(made), len(nasty))
		}
		for _, m := range made {
			description, err := password.Describe(m.Hash)
			if err != nil {
				t.Errorf("%s: %s: %v", m.By, m.Hash, err)
				continue
			}
			for candidate, want := range map[string]bool{m.Password: !refused(description.Scheme, m.Password), m.Password + "x": false} {
				got, err := hasher.Verify(t.Context(), m.Hash, redact.New(candidate))
				if err != nil || got != want {
					t.Errorf("%s: Verify(%q) against %s = %v, %v, want %v", m.By, candidate, m.Hash, got, err, want)
				}
			}
		}
	})
}

func TestHashesOfOthersDefaultsVerify(t *testing.T) {
	hasher := newHasher(t)
	eachTool(t, tools, func(t *testing.T, ask func(*testing.T, asked) answered) {
		for _, m := range ask(t, asked{Passwords: []string{costly}}).Made {
			t.Run(m.By, func(t *testing.T) {
				ok, err := hasher.Verify(t.Context(), m.Hash, redact.New(costly))
				if err != nil || !ok {
					t.Errorf("Verify against %s = %v, %v", m.Hash, ok, err)
				}
			})
		}
	})
}

func TestOthersVerifyOurHashes(t *testing.T) {
	hasher := newHasher(t)
	var check []pair
	var want []bool
	for _, typed := range nasty {
		hash, err := hasher.Hash(t.Context(), redact.New(typed))
		if err != nil {
			t.Fatal(err)
		}
		check = append(check, pair{Password: typed, Hash: hash}, pair{Password: typed + "x", Hash: hash})
		want = append(want, true, false)
	}
	eachTool(t, tools[:2], func(t *testing.T, ask func(*testing.T, asked) answered) {
		got := ask(t, asked{Check: check}).Checked
		if len(got) != len(want) {
			t.Fatalf("got %d answers to %d hashes", len(got), len(want))
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%q against %s = %v, want %v", check[i].Password, check[i].Hash, got[i], want[i])
			}
		}
	})
}
