package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/pkg/redact"
)

// answers is an asker whose person gives these.
type answers []string

func (a *answers) ask(context.Context, string) (redact.Secret, error) {
	if len(*a) == 0 {
		return redact.Secret{}, io.ErrUnexpectedEOF
	}
	first := (*a)[0]
	*a = (*a)[1:]
	return redact.New(first), nil
}

func (a *answers) more(context.Context) bool {
	waiting := len(*a) > 0
	*a = nil
	return waiting
}

func TestANewPasswordIsAskedForTwice(t *testing.T) {
	for _, row := range []struct {
		name  string
		typed answers
		want  string // empty: an error
	}{
		{"the same twice", answers{" a b ", " a b "}, " a b "},
		{"another the second time", answers{"a", "A"}, ""},
		{"nothing the second time", answers{"a"}, ""},
		{"nothing at all", answers{}, ""},
		{"an empty line", answers{"", ""}, ""},
		{"lines that go on", answers{"a", "a", "b"}, ""},
	} {
		got, err := askTwice(t.Context(), &row.typed, "Password: ", "Again: ")
		if got.Reveal() != row.want || (err == nil) != (row.want != "") {
			t.Errorf("%s: %q, %v, want %q", row.name, got.Reveal(), err, row.want)
		}
	}
}

func TestAFileHoldsOneSecretAndNothingElse(t *testing.T) {
	for _, row := range []struct{ name, content, want string }{ // empty: an error
		{"a line", "a b\n", "a b"},
		{"a line of Windows", "a b\r\n", "a b"},
		{"no line break", "a b", "a b"},
		{"space around it", " a\t\n", " a\t"},
		{"a second, empty line", "a\n\n", ""},
		{"two lines", "a\nb\n", ""},
		{"a return within", "a\rb\n", ""},
		{"a line break alone", "\n", ""},
		{"nothing", "", ""},
		{"a byte order mark", "\xef\xbb\xbfa\n", ""},
		{"UTF-16", "a\x00b\x00", ""},
		{"as much as is read", strings.Repeat("a", maxSecretFile), strings.Repeat("a", maxSecretFile)},
		{"more", strings.Repeat("a", maxSecretFile+1), ""},
	} {
		name := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(name, []byte(row.content), 0o600); err != nil {
			t.Fatal(err)
		}
		fromInput := &cobra.Command{}
		fromInput.SetIn(strings.NewReader(row.content))
		for from, cmd := range map[string]*cobra.Command{name: {}, "-": fromInput} {
			cmd.SetContext(t.Context())
			got, err := readSecret(cmd, from, "password")
			if got.Reveal() != row.want || (err == nil) != (row.want != "") || err != nil && hint.Of(err) == "" {
				t.Errorf("%s: %d bytes, %v, want %d", row.name, got.Len(), err, len(row.want))
			}
		}
	}
}

func TestAMadeUpPasswordIsAnotherEachTimeAndCanBeReadOut(t *testing.T) {
	form := regexp.MustCompile(`^([a-hjkmnp-z2-9]{5}-){3}[a-hjkmnp-z2-9]{5}$`)
	seen, letters := map[string]bool{}, map[rune]int{}
	for range 500 {
		text := madeUp().Reveal()
		if !form.MatchString(text) || seen[text] {
			t.Fatalf("%q is made up, twice: %t", text, seen[text])
		}
		seen[text] = true
		for _, r := range text {
			letters[r]++
		}
	}
	delete(letters, '-')
	for r, n := range letters { // of 10,000; 323 are to be expected
		if len(letters) != 31 || n < 200 || n > 460 {
			t.Errorf("%c comes %d times, of %d letters", r, n, len(letters))
		}
	}
}

func TestAnIDIsARandomUUID(t *testing.T) {
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for range 500 {
		id := newID()
		if !form.MatchString(id) || seen[id] {
			t.Fatalf("the id is %s, twice: %t", id, seen[id])
		}
		seen[id] = true
	}
}

func TestATimeIsWrittenAsItIsGiven(t *testing.T) {
	for text, want := range map[string]string{"72h": "72h", "90m": "1h30m", "1m": "1m", "61s": "1m1s", "10h": "10h", "20m": "20m", "59s": "59s"} {
		d, err := time.ParseDuration(text)
		if got := lasting(d); err != nil || got != want {
			t.Errorf("%s is written %s, want %s", text, got, want)
		}
	}
}

// Somebody may paste it.
func TestAHintsCommandIsOneForTheShell(t *testing.T) {
	w := &where{}
	cmd := &cobra.Command{Use: "account"}
	w.flags(cmd)
	if err := cmd.PersistentFlags().Parse([]string{"--region", "eu-west-1", "--json", "--fields", "login=user disabled=!active"}); err != nil {
		t.Fatal(err)
	}
	got := w.command("account", "sessions", "end", "--id", `it's $(rm)`, "")
	want := `loginctl account sessions end --id 'it'\''s $(rm)' '' --region eu-west-1 --fields 'login=user disabled=!active'`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestWithoutATerminalNothingIsAsked(t *testing.T) {
	if _, _, err := newAsker(&cobra.Command{}); err != nil && !errors.Is(err, errNoTerminal) {
		t.Errorf("newAsker: %v", err)
	}
	read, write, err := os.Pipe() // which is no terminal
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	defer write.Close()
	if _, err := (terminal{read, io.Discard}).ask(t.Context(), "Password: "); !errors.Is(err, errNoTerminal) {
		t.Errorf("asking where there is no terminal: %v", err)
	}
}

func FuzzVariables(f *testing.F) {
	for _, content := range []string{"BRAND=Acme\n", "export A='b' # c\n#", `{"Environment":{"Variables":{"A":"b"}}}`, `{"A":"b"}`, "A=\"", "=", "A\x00=b"} {
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content string) {
		for _, parse := range []func(string) (map[string]string, error){parseLines, parseJSON} {
			variables, err := parse(content)
			if err != nil {
				continue
			}
			for name := range variables {
				_ = guess(map[string]string{name: "x"})
			}
		}
	})
}

func TestLinesAreReadAsAShellWould(t *testing.T) {
	got, err := parseLines("A=b c\nexport B='d=e'\n\n # no\nC=\"f\nD=\r\nE='\n")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"A": "b c", "B": "d=e", "C": `"f`, "D": "", "E": "'"} {
		if value, there := got[name]; !there || value != want {
			t.Errorf("%s is %q, want %q", name, value, want)
		}
	}
}

// Nobody may ever write into what a password is read from.
func TestReadingAPasswordEndsWithAnInterrupt(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	defer write.Close()
	sources := map[string]io.Reader{"-": read}
	fifo := filepath.Join(t.TempDir(), "fifo")
	if exec.Command("mkfifo", fifo).Run() == nil {
		sources[fifo] = strings.NewReader("")
	}
	for name, in := range sources {
		ctx, interrupt := context.WithCancel(t.Context())
		cmd := &cobra.Command{}
		cmd.SetContext(ctx)
		cmd.SetIn(in)
		ended := make(chan error, 1)
		go func() {
			_, err := readSecret(cmd, name, "password")
			ended <- err
		}()
		interrupt()
		select {
		case err := <-ended:
			if !errors.Is(err, context.Canceled) || hint.Of(err) == "" {
				t.Errorf("reading %s: %v", name, err)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("reading %s goes on", name)
		}
	}
}
