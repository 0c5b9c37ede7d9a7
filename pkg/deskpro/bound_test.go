package deskpro_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"deskpro-login/pkg/deskpro"
)

// The last of what is still taken: one more is refused elsewhere.
func TestTheLongestIsTaken(t *testing.T) {
	for _, lifetime := range []time.Duration{deskpro.MinLifetime, deskpro.MaxLifetime} {
		cfg := config()
		cfg.Lifetime = lifetime
		if _, err := deskpro.New(cfg); err != nil {
			t.Errorf("a lifetime of %v: %v", lifetime, err)
		}
	}
	address := strings.Repeat("a", 254-len("~@b.example")) + "~@b.example"
	if _, err := deskpro.ParseEmail(address); err != nil {
		t.Errorf("an address of %d bytes: %v", len(address), err)
	}
	if _, err := deskpro.ParseEmail("a" + address); !errors.Is(err, deskpro.ErrClaims) {
		t.Errorf("an address of %d bytes: error = %v, want ErrClaims", len(address)+1, err)
	}
	raw := "https://acme.deskpro.com/~ada/?a="
	raw += strings.Repeat("x", 4096-len(raw))
	if _, err := app(t, config()).ParseReturn(raw); err != nil {
		t.Errorf("a return URL of %d bytes: %v", len(raw), err)
	}
	if _, err := app(t, config()).ParseReturn(raw + "x"); !errors.Is(err, deskpro.ErrReturn) {
		t.Errorf("a return URL of %d bytes: error = %v, want ErrReturn", len(raw)+1, err)
	}
}

// With a return URL of 4096 bytes that makes a line of less than 8192.
func TestATokenHasAtMost3500Bytes(t *testing.T) {
	a := app(t, config())
	longest := 0
	for n := 2000; n < 3000; n++ {
		c := person(t)
		c.Name = strings.Repeat("x", n)
		token, err := a.Mint(key(t, secret), c, now)
		if err != nil {
			if !errors.Is(err, deskpro.ErrClaims) {
				t.Fatalf("error = %v, want ErrClaims", err)
			}
			break
		}
		longest = len(token.Reveal())
	}
	if longest != 3500 {
		t.Errorf("the longest token has %d bytes, want 3500", longest)
	}
}

func TestVerifyWantsANameOrBothItsParts(t *testing.T) {
	for _, row := range []struct {
		name   string
		claims jwt.MapClaims
		ok     bool
	}{
		{"a name alone", jwt.MapClaims{"name": "Ada"}, true},
		{"a first and a last name", jwt.MapClaims{"first_name": "Ada", "last_name": "Lovelace"}, true},
		{"a first name alone", jwt.MapClaims{"first_name": "Ada"}, false},
		{"a last name alone", jwt.MapClaims{"last_name": "Lovelace"}, false},
		{"a name that is no text", jwt.MapClaims{"name": 7}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.claims["id"], row.claims["email"], row.claims["exp"] = "1", "a@example.com", now.Unix()+60
			token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, row.claims).SignedString([]byte(secret))
			if err != nil {
				t.Fatal(err)
			}
			_, err = app(t, config()).Verify(token, key(t, secret), now)
			if row.ok != (err == nil) || !row.ok && !errors.Is(err, deskpro.ErrToken) {
				t.Errorf("error = %v, want accepted %t", err, row.ok)
			}
		})
	}
}

func TestASpaceIsRefusedWhereverItIs(t *testing.T) {
	for _, raw := range []string{"/a b", "https://acme.deskpro.com/a b", "https://acme.deskpro.com/?a=b c", "/ "} {
		if r, err := app(t, config()).ParseReturn(raw); !errors.Is(err, deskpro.ErrReturn) {
			t.Errorf("%q: got %q, error %v; want ErrReturn", raw, r.String(), err)
		}
	}
	cfg := config()
	cfg.URL = "https://acme.deskpro.com/a b/"
	if _, err := deskpro.New(cfg); err == nil || !strings.Contains(err.Error(), "printable ASCII") {
		t.Errorf("%q: error = %v, want one that says so", cfg.URL, err)
	}
}

func TestEveryReturnOriginThatIsWrongIsNamed(t *testing.T) {
	cfg := config()
	cfg.URL = "https://acme.deskpro.com/~help/"
	cfg.ReturnOrigins = []string{"http://one.example", "https://two.example", "https://three.example/x"}
	_, err := deskpro.New(cfg)
	for origin, wrong := range map[string]bool{"one.example": true, "two.example": false, "three.example": true} {
		if err == nil || strings.Contains(err.Error(), origin) != wrong {
			t.Errorf("want %s named: %t; the error is %v", origin, wrong, err)
		}
	}
	if err == nil || strings.Contains(err.Error(), "the Deskpro URL") {
		t.Errorf("a tilde in the helpdesk's path: %v", err)
	}
}

func TestAPortIsLeftOutOnlyWithItsOwnScheme(t *testing.T) {
	for raw, want := range map[string]string{
		"https://acme.deskpro.com:443": "https://acme.deskpro.com/", "https://acme.deskpro.com:80": "https://acme.deskpro.com:80/",
		"http://127.0.0.1:80": "http://127.0.0.1/", "http://[::1]:443": "http://[::1]:443/",
	} {
		if got := app(t, deskpro.Config{URL: raw, Issuer: "i"}).Home(); got != want {
			t.Errorf("%s: Home() = %q, want %q", raw, got, want)
		}
	}
	if r, err := app(t, config()).ParseReturn("https://acme.deskpro.com:80/"); !errors.Is(err, deskpro.ErrReturn) {
		t.Errorf("our host at another scheme's port: got %q, error %v; want ErrReturn", r.String(), err)
	}
}

func TestAnAddressThatIsNotLoopbackWantsHTTPS(t *testing.T) {
	for _, raw := range []string{"http://192.0.2.1/", "http://[2001:db8::1]/", "http://0.0.0.0/", "http://localhost.example/"} {
		if _, err := deskpro.New(deskpro.Config{URL: raw, Issuer: "i"}); err == nil || !strings.Contains(err.Error(), "must be https") {
			t.Errorf("%s: error = %v, want one that says must be https", raw, err)
		}
	}
}
