package cognito_test

import (
	"reflect"
	"strings"
	"testing"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/cognito/cognitotest"
	"deskpro-login/pkg/redact"
)

func client() directory.Client {
	return directory.Client{
		Address: "::ffff:192.0.2.7", Host: "login.example.com", Path: "/agents/login", Device: "ZGV2aWNl",
		Headers: []directory.Header{{Name: "User-Agent", Value: "Browser/1"}, {Name: "Empty"}},
	}
}

func TestThreatProtectionIsToldOfTheClient(t *testing.T) {
	pool, d := with(t, cognitotest.Config{}, func(u *cognitotest.User) { u.TOTP = appKey() })
	want := cognitotest.Context{
		Operation: "AdminInitiateAuth", IPAddress: "192.0.2.7", ServerName: "login.example.com", ServerPath: "/agents/login",
		Headers: []cognitotest.Header{{Name: "User-Agent", Value: "Browser/1"}}, EncodedData: "ZGV2aWNl",
	}
	got, err := d.Authenticate(t.Context(), directory.Credentials{Login: login, Password: redact.New(password), Client: client()})
	c := kept(t, got, err)
	if got := pool.LastContext(); !reflect.DeepEqual(got, want) {
		t.Errorf("signing in told %+v,\nwant %+v", got, want)
	}
	_, _ = d.Respond(t.Context(), c, directory.Answer{Code: redact.New("000000"), Client: client()})
	want.Operation = "AdminRespondToAuthChallenge"
	if got := pool.LastContext(); !reflect.DeepEqual(got, want) {
		t.Errorf("answering told %+v,\nwant %+v", got, want)
	}
}

// Threat protection must not be switched off by leaving something out.
func TestAContextThatIsNotWholeHasDashes(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*directory.Client)
		want   func(*cognitotest.Context)
	}{
		{"no host", func(c *directory.Client) { c.Host = "" }, func(c *cognitotest.Context) { c.ServerName = "-" }},
		{"no path", func(c *directory.Client) { c.Path = "" }, func(c *cognitotest.Context) { c.ServerPath = "-" }},
		{"no headers", func(c *directory.Client) { c.Headers = nil }, func(c *cognitotest.Context) { c.Headers[0].Value = "-" }},
		{"headers that are not UTF-8", func(c *directory.Client) { c.Headers = []directory.Header{{Name: "User-Agent", Value: "\xff"}} }, func(c *cognitotest.Context) { c.Headers[0].Value = "-" }},
		{"an endless host", func(c *directory.Client) { c.Host = strings.Repeat("x", 131073) }, func(c *cognitotest.Context) { c.ServerName = "-" }},
		{"no address: then nothing", func(c *directory.Client) { c.Address = "" }, nothing},
		{"an address that is none: then nothing", func(c *directory.Client) { c.Address = "unix" }, nothing},
		{"an address with a zone: then nothing", func(c *directory.Client) { c.Address = "fe80::1%eth0" }, nothing},
	} {
		t.Run(row.name, func(t *testing.T) {
			pool, d := start(t, cognitotest.Config{})
			tell := func(from directory.Client) cognitotest.Context {
				if _, err := d.Authenticate(t.Context(), directory.Credentials{Login: login, Password: redact.New(password), Client: from}); err != nil {
					t.Fatalf("Authenticate: %v", err)
				}
				return pool.LastContext()
			}
			from := client()
			want := tell(from)
			if len(want.Headers) != 1 || want.IPAddress == "" {
				t.Fatalf("told %+v of a whole client", want)
			}
			row.want(&want)
			row.change(&from)
			if got := tell(from); !reflect.DeepEqual(got, want) {
				t.Errorf("told %+v, want %+v", got, want)
			}
		})
	}
}

func nothing(c *cognitotest.Context) { *c = cognitotest.Context{Operation: c.Operation} }

func TestRecoveryTellsTheAddressOnlyIfTheClientMay(t *testing.T) {
	for _, tell := range []bool{true, false} {
		settings := cognitotest.Config{ClientSecret: "shhh", PropagateContext: tell}
		pool := cognitotest.Start(t, settings)
		pool.Add(mara())
		config := configFor(pool, settings)
		d := open(t, config)
		if _, err := d.Inspect(t.Context()); err != nil {
			t.Fatal(err)
		}
		for operation, call := range map[string]func(directory.Client) error{
			"ForgotPassword": func(from directory.Client) error { return d.RequestReset(t.Context(), login, from) },
			"ConfirmForgotPassword": func(from directory.Client) error {
				_, err := d.Reset(t.Context(), login, redact.New("123456"), redact.New(newPassword), from)
				return err
			},
			"ResendConfirmationCode": func(from directory.Client) error { return d.RequestConfirmation(t.Context(), login, from) },
			"ConfirmSignUp":          func(from directory.Client) error { return d.Confirm(t.Context(), login, redact.New("123456"), from) },
		} {
			want := cognitotest.Context{Operation: operation, EncodedData: "ZGV2aWNl"}
			if tell {
				want.IPAddress = "192.0.2.7"
			}
			_ = call(client())
			if got := pool.LastContext(); !reflect.DeepEqual(got, want) {
				t.Errorf("telling %t, %s told %+v, want %+v", tell, operation, got, want)
			}
			_ = call(directory.Client{Address: "unix", Device: "\xff"})
			if got, want := pool.LastContext(), (cognitotest.Context{Operation: operation}); !reflect.DeepEqual(got, want) {
				t.Errorf("%s told %+v of what is odd", operation, got)
			}
		}
	}
}
