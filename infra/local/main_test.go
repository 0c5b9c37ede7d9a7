package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// buffer is a log that can be read while it is written.
type buffer struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.String()
}

// local is the server, running.
type local struct {
	ours, helpdesk string   // base URLs
	banner         []string // what it printed, line by line
	log            *buffer
	stop           func() error
}

// start runs the server on a free port until the test ends.
func start(t *testing.T, flags ...string) *local {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	reader, stdout := io.Pipe()
	l := &local{log: &buffer{}}
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, append([]string{"-addr", "127.0.0.1:0"}, flags...), stdout, l.log)
		stdout.Close()
		ended <- err
	}()
	l.stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() {
		if err := l.stop(); err != nil {
			t.Errorf("the server ended: %v", err)
		}
	})
	for lines := bufio.NewScanner(reader); l.ours == "" && lines.Scan(); {
		l.banner = append(l.banner, lines.Text())
		if address, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			l.ours = address
		}
	}
	if l.ours == "" {
		t.Fatalf("the server ended before it was ready: %v", l.stop())
	}
	l.helpdesk = strings.Replace(l.ours, "127.0.0.1", "localhost", 1)
	return l
}

func TestArgumentsThatAreRefused(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	const wellKnown = "is not 127.0.0.1: this server has well-known passwords and stays on loopback; use 127.0.0.1:8080"
	for _, row := range []struct {
		name string
		args []string
		want string
	}{
		{"every address", []string{"-addr", "0.0.0.0:8080"}, wellKnown},
		{"every address of IPv6", []string{"-addr", "[::]:8080"}, wellKnown},
		{"a port alone, which is every address", []string{"-addr", ":8080"}, wellKnown},
		{"another machine's address", []string{"-addr", "192.0.2.1:8080"}, wellKnown},
		{"no port", []string{"-addr", "127.0.0.1"}, "give a host and a port, such as 127.0.0.1:8080"},
		{"a port that is none", []string{"-addr", "127.0.0.1:99999"}, "give a host and a port, such as 127.0.0.1:8080"},
		{"nothing", []string{"-addr", ""}, "stays on loopback"},
		{"a port that is taken", []string{"-addr", taken.Addr().String()}, "-addr 127.0.0.1:0 takes a free port"},
		{"a flag that there is not", []string{"-port", "8080"}, "-port"},
		{"an argument", []string{"127.0.0.1:8080"}, "there are only flags; -h lists them"},
		{"a directory that there is not", []string{"-directory", "ldap"}, `-directory "ldap": give cognito or dynamodb`},
		{"a flow that there is not", []string{"-flow", "SRP"}, `-flow "SRP": give ADMIN_USER_PASSWORD_AUTH or USER_AUTH`},
		{"a way there that there is not", []string{"-sso", "off"}, `-sso "off": give button or automatic`},
		{"a mode that there is not", []string{"-federation", "maybe"}, `-federation "maybe": give button, direct or off`},
		{"data of a pool", []string{"-directory", "cognito", "-data", "x"}, "-data keeps a table, and the practice pool is none: leave out -directory cognito"},
		{"data nowhere", []string{"-data", ""}, "-data is empty: give a folder, or leave it out"},
		{"data in a file", []string{"-data", "main.go"}, "give a folder that you may write to"},
		{"a choice without a pool", []string{"-directory", "dynamodb", "-flow", "USER_AUTH"}, "-flow is the pool's: leave out -directory dynamodb"},
		{"managed login without a pool", []string{"-directory", "dynamodb", "-federation", "button"}, "-federation is the pool's: leave out -directory dynamodb"},
		{"a second factor and a code alone", []string{"-mfa", "-flow", "USER_AUTH"}, "leave out one of them"},
	} {
		t.Run(row.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			var stdout bytes.Buffer
			err := run(ctx, row.args, &stdout, io.Discard)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("error = %v, want one that says %q", err, row.want)
			}
			if stdout.Len() > 0 {
				t.Errorf("it printed\n%s", &stdout)
			}
		})
	}
}

func TestAllThatIsWrongIsToldAtOnce(t *testing.T) {
	for _, row := range []struct {
		args []string
		want []string
	}{
		{[]string{"-addr", ":8080", "-directory", "ldap", "-flow", "SRP", "-federation", "popup", "-sso", "on", "now"}, []string{"now", "-addr", "-directory", "-sso", "-flow", "-federation"}},
		{[]string{"-directory", "dynamodb", "-flow", "USER_AUTH", "-federation", "direct"}, []string{"-federation", "-flow"}},
	} {
		_, err := parseOptions(row.args, io.Discard)
		if err == nil {
			t.Errorf("%q are taken", row.args)
			continue
		}
		lines := strings.Split(err.Error(), "\n")
		if len(lines) != len(row.want) {
			t.Errorf("%q: %d problems, want %d:\n%v", row.args, len(lines), len(row.want), err)
			continue
		}
		for i, want := range row.want {
			if !strings.Contains(lines[i], want) {
				t.Errorf("%q: %q, want it to name %s", row.args, lines[i], want)
			}
		}
	}
}

func TestArgumentsThatAreTaken(t *testing.T) {
	for _, args := range [][]string{
		nil,
		{"-mfa"},
		{"-mfa=false", "-flow", "USER_AUTH", "-federation", "direct"},
		{"-directory", "cognito", "-federation", "off"},
		{"-directory", "dynamodb"},
		{"-directory", "dynamodb", "-mfa"},
		{"-directory", "dynamodb", "-sso", "automatic"},
		{"-sso", "button", "-federation", "direct"},
		{"-data", "x"},
		{"-data", "x", "-directory", "dynamodb", "-mfa"},
		{"-directory", "dynamodb", "-mfa=false", "-flow", "ADMIN_USER_PASSWORD_AUTH", "-federation", "off"},
	} {
		if _, err := parseOptions(args, io.Discard); err != nil {
			t.Errorf("%q: %v", args, err)
		}
	}
}

func TestHelpShowsTheFlags(t *testing.T) {
	var stderr bytes.Buffer
	err := run(t.Context(), []string{"-h"}, io.Discard, &stderr)
	if !errors.Is(err, flag.ErrHelp) || !strings.Contains(stderr.String(), "-mfa") {
		t.Errorf("error = %v, and it says\n%s", err, &stderr)
	}
}

func TestTheBannerEndsWithTheSecretsAndTheReadyLine(t *testing.T) {
	l := start(t)
	patterns := []string{
		`^practice secret users: \S{32,}$`,
		`^practice secret agents: \S{32,}$`,
		`^paste them into Deskpro: ` + l.helpdesk + `/settings/jwt, ` + l.helpdesk + `/agent/settings/jwt$`,
		`^rotate them: go run ./infra/loginctl secret status --endpoint-url ` + l.ours + ` --users-secret users --agents-secret agents --state-table state$`,
		`^listening on http://127\.0\.0\.1:[1-9]\d*$`,
	}
	if len(l.banner) < len(patterns) {
		t.Fatalf("the banner has %d lines", len(l.banner))
	}
	for i, pattern := range patterns {
		line := l.banner[len(l.banner)-len(patterns)+i]
		if !regexp.MustCompile(pattern).MatchString(line) {
			t.Errorf("line %q, want one like %s", line, pattern)
		}
	}
	users, agents := l.secret(t, "users"), l.secret(t, "agents")
	if users == agents {
		t.Errorf("both doors have the secret %s", users)
	}
	other := start(t)
	if slices.Contains([]string{users, agents}, other.secret(t, "users")) {
		t.Error("the next run has the same secret")
	}
	all := strings.Join(l.banner, "\n")
	for _, want := range []string{l.helpdesk + "/,", l.helpdesk + "/agent/", practicePassword, "ugo@example.com", "ana@example.com", "agent (in the group deskpro-agents)", "mia@example.com", "JBSWY3DPEHPK3PXP"} {
		if !strings.Contains(all, want) {
			t.Errorf("the banner does not say %q:\n%s", want, all)
		}
	}
	// An account that is not confirmed yet has got its code.
	if log := l.log.String(); strings.Count(log, "\n") != 1 || !strings.HasPrefix(log, "practice EMAIL to una@example.com (confirm): code ") {
		t.Errorf("before the first request the log says\n%s", log)
	}
}

// secret is what the banner says that the door's is.
func (l *local) secret(t *testing.T, door string) string {
	t.Helper()
	for _, line := range l.banner {
		if secret, ok := strings.CutPrefix(line, "practice secret "+door+": "); ok {
			return secret
		}
	}
	t.Fatalf("the banner names no secret of the %s", door)
	return ""
}

func TestTheServerStopsWhenItsContextEnds(t *testing.T) {
	l := start(t)
	b := newBrowser(t, plainJar(t))
	b.get(l.helpdesk+"/").want(t, http.StatusOK)
	if err := l.stop(); err != nil {
		t.Errorf("run = %v, want no error", err)
	}
	if conn, err := net.Dial("tcp", strings.TrimPrefix(l.ours, "http://")); err == nil {
		conn.Close()
		t.Error("the server still answers")
	}
}

func TestHostsArePlacesOfTheirOwn(t *testing.T) {
	l := start(t)
	port := l.ours[strings.LastIndex(l.ours, ":"):]
	b := newBrowser(t, plainJar(t))
	for _, row := range []struct {
		host, path string
		want       string
	}{
		{"127.0.0.1" + port, "/", "302 http://localhost" + port + "/"},
		{"127.0.0.1" + port, "/users/login", "200"},
		{"127.0.0.1" + port, "/new-ticket/", "404"},
		{"localhost" + port, "/", "200"},
		{"localhost" + port, "/agent/", "200"},
		{"localhost" + port, "/users/login", "404"},
		{"evil.example", "/", "403"},
		{"evil.example", "/users/login", "403"},
		{"127.0.0.1", "/users/login", "403"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.ours+row.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = row.host
		response, err := b.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		got := strings.TrimSpace(fmt.Sprint(response.StatusCode, " ", response.Header.Get("Location")))
		if got != row.want {
			t.Errorf("http://%s%s: got %s, want %s", row.host, row.path, got, row.want)
		}
	}
}
