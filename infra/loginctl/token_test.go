package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/infra/loginctl/token"
)

const (
	tokenSecret = "K4hTq9ZrXw2LmNb7VcDf3GjS8pYtEu6A1sQ0iOkRzHvBnMxCWaFgJlPyTeUdKrGh"
	otherSecret = "q8Zx2LmNb7VcDf3GjS8pYtEu6A1sQ0iOkRzHvBnMxCWaFgJlPyTeUdKrGhK4hTr9"
)

// keep writes what a command is to read, and returns the file's name.
func keep(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "kept")
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// calling runs a command that reads in, and returns all that it prints.
func calling(t *testing.T, in string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(in), &out, &errs)
	return code, out.String(), errs.String()
}

func mintArgs(secretFile string) []string {
	return []string{"token", "mint", "--secret-file", secretFile, "--deskpro-url", "https://acme.deskpro.com", "--id", "u-1", "--email", "ada@example.com", "--name", "Ada"}
}

// Others on this machine see arguments, and what goes to standard error is kept
// by whoever runs this in a pipeline.
func TestWhatIsPutInTheWrongPlaceIsNotRepeated(t *testing.T) {
	file := keep(t, tokenSecret+"\n")
	code, made, stderr := calling(t, "", mintArgs(file)...)
	if code != 0 {
		t.Fatal(stderr)
	}
	made = strings.TrimSpace(made)
	address := "https://acme.deskpro.com/?jwt=" + made
	kept := keep(t, made)
	for _, row := range []struct {
		name string
		code int
		in   string
		args []string
	}{
		{"a token for an argument of inspect", 2, "", []string{"token", "inspect", made}},
		{"an address for an argument of verify", 2, "", []string{"token", "verify", address, "--secret-file", file}},
		{"a token for the name of its file", 1, "", []string{"token", "inspect", "--token-file", made}},
		{"an address for the name of its file", 1, "", []string{"token", "inspect", "--token-file", address}},
		{"a token, and nothing to do with it", 2, "", []string{"token", made}},
		{"an address, and nothing to do with it", 2, "", []string{"token", address}},
		{"a secret for the name of its file", 1, made, []string{"token", "verify", "--secret-file", tokenSecret}},
		{"a secret for the name of its file, to mint", 1, "", mintArgs(tokenSecret)},
		{"a secret for an argument", 2, "", append(mintArgs(file), tokenSecret)},
		{"a secret that is the token", 1, made, []string{"token", "verify", "--secret-file", kept}},
		{"a token that is the secret", 1, tokenSecret, []string{"token", "inspect"}},
		{"another secret", 1, made, []string{"token", "verify", "--secret-file", keep(t, otherSecret)}},
		{"two lines of secret", 1, made, []string{"token", "verify", "--secret-file", keep(t, tokenSecret+"\n"+otherSecret)}},
		{"a secret with a space behind it", 1, made, []string{"token", "verify", "--secret-file", keep(t, tokenSecret+" ")}},
		{"a secret with a space behind it, to mint", 1, "", mintArgs(keep(t, tokenSecret+" "))},
		{"an address that has a token, to return to", 2, "", append(mintArgs(file), "--return", address)},
	} {
		code, stdout, stderr := calling(t, row.in, row.args...)
		if code != row.code || !strings.Contains(stderr, "\nhint: ") {
			t.Errorf("%s: exits with %d, want %d: %s", row.name, code, row.code, stderr)
		}
		for _, kept := range append(strings.Split(made, ".")[1:], tokenSecret, otherSecret) {
			if strings.Contains(stdout+stderr, kept[:20]) {
				t.Errorf("%s: it repeats %s: %s%s", row.name, kept, stdout, stderr)
			}
		}
	}
}

// hostile is a token whose every text would steer a terminal if it could.
func hostile() string {
	texts := []string{"\x1b[2J", "\x9b2J", "\u202eevil", "\u2066", "\u200d", "\u2028", "\ufeff", "\ufe0f", "\u3164", "a\r\nb", "\x00", "\x7f", "\xff\xfe"}
	claims := `{"exp":1e300`
	for _, text := range texts {
		name, err := json.Marshal(text)
		if err != nil {
			panic(err)
		}
		raw := strings.Map(func(r rune) rune {
			if r < ' ' {
				return -1 // which JSON cannot have as they are
			}
			return r
		}, text)
		claims += "," + string(name) + ":" + string(name) + `,"` + raw + `x":["` + raw + `"]`
	}
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"\u001b[2J","typ":"\u202e","\u0007":1}`)) + "." + encode([]byte(claims+"}")) + ".AA"
}

func TestWhatATokenSaysDoesNotSteerTheTerminal(t *testing.T) {
	for _, args := range [][]string{{"token", "inspect"}, {"token", "inspect", "--json"}, {"token", "verify", "--secret-file", keep(t, tokenSecret)}, {"token", "verify", "--json", "--secret-file", keep(t, tokenSecret)}} {
		for name, in := range map[string]string{"a hostile token": hostile(), "half of it": hostile()[:300], "no token": "\x1b[2J.\u202e.\x9b", "an address of it": "https://\x1b[2J.example/?jwt=" + hostile()} {
			_, stdout, stderr := calling(t, in, args...)
			if len(stdout) < 100 {
				t.Errorf("%q says of %s: %s%s", args, name, stdout, stderr)
			}
			for _, r := range stdout + stderr {
				if unseen(r) && r != '\n' {
					t.Errorf("%q prints of %s %U: %q", args, name, r, stdout+stderr)
				}
			}
			if !utf8.ValidString(stdout + stderr) {
				t.Errorf("%q prints of %s what is not UTF-8", args, name)
			}
			if args[len(args)-1] == "--json" && (!json.Valid([]byte(stdout)) || strings.Count(stdout, "\n") != 1) {
				t.Errorf("%q prints of %s what is not JSON on a line: %s", args, name, stdout)
			}
		}
	}
}

func TestNoMoreThanATokensLengthIsRead(t *testing.T) {
	for n, want := range map[int]string{
		token.MaxLength:     "this is not a whole token: ",
		token.MaxLength + 1: "reading the token: there are more than 16384 bytes",
	} {
		if code, _, stderr := calling(t, strings.Repeat("a", n), "token", "inspect"); code != 1 || !strings.HasPrefix(stderr, "loginctl: "+want) {
			t.Errorf("of %d bytes: exits with %d: %s", n, code, stderr)
		}
	}
	endless := &counting{}
	if code := run(t.Context(), []string{"token", "inspect"}, endless, io.Discard, io.Discard); code != 1 || endless.read > 1<<20 {
		t.Errorf("of what never ends it reads %d bytes, and exits with %d", endless.read, code)
	}
}

// counting never ends.
type counting struct{ read int }

func (c *counting) Read(to []byte) (int, error) {
	for i := range to {
		to[i] = 'a'
	}
	c.read += len(to)
	return len(to), nil
}

// Nobody may ever write into what a token is read from.
func TestReadingATokenEndsWithAnInterrupt(t *testing.T) {
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
			_, err := (&tokenSource{file: name}).read(cmd)
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

func TestAMomentIsReadAsItIsWritten(t *testing.T) {
	want := time.Date(2026, 11, 22, 12, 0, 5, 0, time.UTC)
	for _, row := range []struct {
		at   string
		want time.Time // zero: an error
	}{
		{"2026-11-22T12:00:05Z", want},
		{"2026-11-22T13:00:05+01:00", want},
		{"2026-11-22T12:00:05.5Z", want.Add(500 * time.Millisecond)},
		{"2026-11-22 12:00:05 UTC", want},
		{"2026-11-22 12:00:05", want},
		{"2026-11-22 12:00 UTC", want.Add(-5 * time.Second)},
		{"1795348805", want},
		{"1795348805000", time.Time{}},
		{"2026-11-22", time.Time{}},
		{"12:00", time.Time{}},
		{"-5", time.Time{}},
		{"", time.Time{}},
	} {
		cmd, s := &cobra.Command{}, &tokenSource{}
		s.flags(cmd)
		if err := cmd.ParseFlags([]string{"--at=" + row.at}); err != nil {
			t.Fatal(err)
		}
		got, err := s.moment(cmd)
		if (err == nil) == row.want.IsZero() || err == nil && !got.Equal(row.want) {
			t.Errorf("--at %q is %v, %v, want %v", row.at, got, err, row.want)
		}
	}
}

func TestATokenThatCannotBePrintedFails(t *testing.T) {
	file := keep(t, tokenSecret)
	for _, args := range [][]string{mintArgs(file), append(mintArgs(file), "--json"), {"token", "inspect"}, {"token", "inspect", "--json"}, {"token", "verify", "--secret-file", file}} {
		var stderr bytes.Buffer
		if code := run(t.Context(), args, strings.NewReader("e30.e30.AA"), unwritable{errors.New("the disk is full")}, &stderr); code != 1 || !strings.Contains(stderr.String(), "the disk is full") {
			t.Errorf("%q exits with %d: %s", args, code, &stderr)
		}
	}
}

// For each of the doors' algorithms, and for a secret as the console's editor
// keeps it.
func TestWhatIsMintedIsVerified(t *testing.T) {
	for _, algorithm := range algorithms() {
		for _, secret := range []string{tokenSecret, `{"key":"` + tokenSecret + `"}`} {
			file := keep(t, secret)
			for _, form := range [][]string{nil, {"--json"}, {"--return", "/cb?a=b"}, {"--return", "/cb", "--json"}} {
				code, made, stderr := calling(t, "", append(append(mintArgs(file), "--algorithm", algorithm), form...)...)
				if code != 0 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "can sign in at https://acme.deskpro.com/ as ada@example.com") {
					t.Fatalf("mint exits with %d: %s", code, stderr)
				}
				for _, row := range []struct {
					secret, algorithm string
					want              int
				}{{secret, algorithm, 0}, {otherSecret, algorithm, 1}, {secret, "", 0}, {secret, map[string]string{"HS256": "HS384", "HS384": "HS512", "HS512": "HS256"}[algorithm], 1}} {
					args := []string{"token", "verify", "--json", "--secret-file", keep(t, row.secret), "--deskpro-url", "https://acme.deskpro.com", "--issuer", "loginctl"}
					if row.algorithm != "" {
						args = append(args, "--algorithm", row.algorithm)
					}
					code, stdout, stderr := calling(t, made, args...)
					var r token.Report
					if err := json.Unmarshal([]byte(stdout), &r); err != nil {
						t.Fatal(err)
					}
					if code != row.want || r.Accepted == nil || *r.Accepted != (code == 0) {
						t.Errorf("%s %q, verified by %q: exits with %d, want %d: %s", algorithm, form, row.algorithm, code, row.want, stderr)
					}
				}
			}
		}
	}
}
