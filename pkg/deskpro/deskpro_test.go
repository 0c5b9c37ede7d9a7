package deskpro_test

import (
	"testing"
	"time"

	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/redact"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// config is a door with a brand's host of its own; rows change what they test.
func config() deskpro.Config {
	return deskpro.Config{
		URL:           "https://acme.deskpro.com",
		ReturnOrigins: []string{"https://help.acme.example", "https://dev.acme.example:8443"},
		Issuer:        "acme-login",
		Attributes:    []string{"department"},
	}
}

func app(t testing.TB, cfg deskpro.Config) *deskpro.App {
	t.Helper()
	a, err := deskpro.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func key(t testing.TB, value string) keyring.Key {
	t.Helper()
	k, err := keyring.ParseKey(redact.New(value), "v1")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func email(t testing.TB, address string) deskpro.Email {
	t.Helper()
	e, err := deskpro.ParseEmail(address)
	if err != nil {
		t.Fatal(err)
	}
	return e
}
