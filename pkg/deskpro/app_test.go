package deskpro_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/deskpro"
)

func TestConfigIsRefused(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*deskpro.Config)
		want   string
	}{
		{"without a URL", func(c *deskpro.Config) { c.URL = "" }, "must be a URL"},
		{"with a URL that lacks its scheme", func(c *deskpro.Config) { c.URL = "acme.deskpro.com" }, "must be a URL"},
		{"with plain http", func(c *deskpro.Config) { c.URL = "http://acme.deskpro.com" }, "must be https"},
		{"with user information", func(c *deskpro.Config) { c.URL = "https://u:p@acme.deskpro.com" }, "user information"},
		{"with a query", func(c *deskpro.Config) { c.URL = "https://acme.deskpro.com/?a=b" }, "query"},
		{"with an international host not in punycode", func(c *deskpro.Config) { c.URL = "https://bücher.example" }, "punycode"},
		{"with a wildcard origin", func(c *deskpro.Config) { c.ReturnOrigins = []string{"https://*.acme.example"} }, "wildcard"},
		{"with an origin that has a path", func(c *deskpro.Config) { c.ReturnOrigins = []string{"https://help.acme.example/x"} }, "must be an origin"},
		{"with a loopback http origin beside an https helpdesk", func(c *deskpro.Config) { c.ReturnOrigins = []string{"http://localhost:1"} }, "must be an origin"},
		{"with a default return elsewhere", func(c *deskpro.Config) { c.DefaultReturn = "https://evil.example/" }, "none of the door's"},
		{"without an issuer", func(c *deskpro.Config) { c.Issuer = "" }, "issuer"},
		{"with an algorithm of another family", func(c *deskpro.Config) { c.Algorithm = "RS256" }, "HS256"},
		{"with no algorithm at all", func(c *deskpro.Config) { c.Algorithm = "none" }, "HS256"},
		{"with a lifetime too short", func(c *deskpro.Config) { c.Lifetime = 29 * time.Second }, "not between"},
		{"with a lifetime too long", func(c *deskpro.Config) { c.Lifetime = 601 * time.Second }, "not between"},
	} {
		t.Run(row.name, func(t *testing.T) {
			cfg := config()
			row.change(&cfg)
			_, err := deskpro.New(cfg)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("error = %v, want one that says %q", err, row.want)
			}
		})
	}
}

func TestNoAttributeReplacesAClaimThatIsSetAlready(t *testing.T) {
	for _, name := range []string{
		"id", "email", "name", "first_name", "last_name", "groups", // ours
		"iss", "sub", "aud", "exp", "nbf", "iat", "jti", // RFC 7519 section 4.1
		"",
	} {
		cfg := config()
		cfg.Attributes = []string{"department", name}
		if _, err := deskpro.New(cfg); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("attribute %q", name)) {
			t.Errorf("attribute %q: error = %v, want one that names it", name, err)
		}
	}
}

func TestAllProblemsOfAConfigAreReportedAtOnce(t *testing.T) {
	_, err := deskpro.New(deskpro.Config{URL: "ftp://x", Algorithm: "x", Lifetime: 1})
	for _, want := range []string{"Deskpro URL", "issuer", "algorithm", "lifetime"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error does not tell of the %s: %v", want, err)
		}
	}
}

func TestHomeAndOriginsAreCanonical(t *testing.T) {
	a := app(t, deskpro.Config{URL: "HTTPS://Acme.Deskpro.com:443/support", Issuer: "i"})
	if got, want := a.Home(), "https://acme.deskpro.com/support/"; got != want {
		t.Errorf("Home() = %q, want %q", got, want)
	}
	if got, want := strings.Join(a.Origins(), " "), "https://acme.deskpro.com"; got != want {
		t.Errorf("Origins() = %q, want %q", got, want)
	}
	if got, want := a.DefaultReturn().String(), a.Home(); got != want {
		t.Errorf("DefaultReturn() = %q, want the home %q", got, want)
	}
}
