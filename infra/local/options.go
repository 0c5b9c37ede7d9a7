package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
)

// options are the flags.
type options struct {
	addr                        *net.TCPAddr
	directory, flow, federation string
	sso                         string // the practice Deskpro's
	// data is the folder that the table is kept in; empty: it is not.
	data string
	mfa  bool
	// looks are variables of how pages look, by name.
	looks map[string]string
}

// parseOptions returns all that is wrong with the flags at once, with the cure.
func parseOptions(args []string, stderr io.Writer) (options, error) {
	flags := flag.NewFlagSet("local", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var o options
	addr := flags.String("addr", "127.0.0.1:8080", "loopback `address` to listen on; port 0 takes a free one")
	flags.StringVar(&o.directory, "directory", "cognito", "`where` accounts are: cognito, a practice user pool, or dynamodb, a practice table that loginctl can change")
	flags.StringVar(&o.data, "data", "", "`folder` to keep the accounts, sessions and secrets of -directory dynamodb in, from run to run")
	flags.StringVar(&o.flow, "flow", "ADMIN_USER_PASSWORD_AUTH", "the pool's authentication `flow`, or USER_AUTH: people may choose how to sign in")
	flags.BoolVar(&o.mfa, "mfa", false, "everyone needs a second factor, and has to set one up")
	flags.StringVar(&o.sso, "sso", "button", "`how` people get from the practice Deskpro to the sign-in page: by a button, or automatic, and back to it when they are refused")
	flags.StringVar(&o.federation, "federation", "button", "`how` people come to the pool's managed login: button, direct or off")
	o.looks = map[string]string{}
	flags.Func("look", "how pages look, as `NAME=VALUE`: a variable such as ACCENT=#0a6, LOGO=https://…, AGENTS_BRAND=Staff or LANGUAGES='de fr'; may be repeated", func(text string) error {
		name, value, ok := strings.Cut(text, "=")
		if !ok || !slices.Contains(looks(), name) {
			return fmt.Errorf("write NAME=VALUE, with one of %s", strings.Join(looks(), " "))
		}
		o.looks[name] = value
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	var problems []error
	problem := func(wrong bool, format string, args ...any) {
		if wrong {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	oneOf := func(name, value string, values ...string) bool {
		last := len(values) - 1
		known := slices.Contains(values, value)
		problem(!known, "-%s %q: give %s or %s", name, value, strings.Join(values[:last], ", "), values[last])
		return known
	}
	problem(flags.NArg() > 0, "unexpected argument %q: there are only flags; -h lists them", flags.Arg(0))
	var err error
	o.addr, err = loopback(*addr)
	problem(err != nil, "%w", err)
	oneOf("directory", o.directory, "cognito", "dynamodb")
	oneOf("sso", o.sso, "button", "automatic")
	chosen := oneOf("flow", o.flow, "ADMIN_USER_PASSWORD_AUTH", "USER_AUTH") && o.flow == "USER_AUTH"
	elsewhere := oneOf("federation", o.federation, "button", "direct", "off") && o.federation != "off"
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if o.data != "" && !given["directory"] {
		o.directory = "dynamodb"
	}
	problem(o.data != "" && o.directory == "cognito", "-data keeps a table, and the practice pool is none: leave out -directory cognito")
	problem(given["data"] && o.data == "", "-data is empty: give a folder, or leave it out")
	if o.directory == "dynamodb" {
		flags.Visit(func(f *flag.Flag) {
			of := map[string]bool{"flow": chosen, "federation": elsewhere}
			problem(of[f.Name], "-%s is the pool's: leave out -directory dynamodb and -data", f.Name)
		})
	} else {
		problem(o.mfa && chosen, "-mfa with -flow USER_AUTH: Cognito lets nobody sign in by a code alone where everyone needs a second factor; leave out one of them")
	}
	return o, errors.Join(problems...)
}

// looks are the names of the variables that say how pages look.
func looks() []string {
	var names []string
	for _, name := range []string{"BRAND", "ACCENT", "LOGO", "ICON", "SUPPORT_URL", "PRIVACY_URL", "TERMS_URL", "IMPRINT_URL"} {
		names = append(names, name, "USERS_"+name, "AGENTS_"+name)
	}
	return append(names, "LANGUAGES")
}

// loopback refuses every address but the loopback one that localhost, where the
// practice Deskpro is, surely reaches, too.
func loopback(addr string) (*net.TCPAddr, error) {
	tcp, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("-addr %q: %w; give a host and a port, such as 127.0.0.1:8080", addr, err)
	}
	if !tcp.IP.Equal(net.IPv4(127, 0, 0, 1)) {
		return nil, fmt.Errorf("-addr %q is not 127.0.0.1: this server has well-known passwords and stays on loopback; use 127.0.0.1:%d", addr, tcp.Port)
	}
	return tcp, nil
}
