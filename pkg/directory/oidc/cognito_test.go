package oidc_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/cognito/cognitotest"
	"deskpro-login/pkg/directory/oidc"
	"deskpro-login/pkg/redact"
)

const okta = "Okta"

func startPool(t *testing.T, config cognitotest.Config) (*cognitotest.Server, oidc.Config) {
	t.Helper()
	config.CallbackURLs = []string{callback}
	pool := cognitotest.Start(t, config)
	managed, err := url.Parse(pool.ManagedLoginURL())
	if err != nil {
		t.Fatal(err)
	}
	ours := oidc.CognitoConfig(pool.PoolID(), managed, pool.ManagedLoginURL())
	ours.ClientID = pool.ClientID()
	if config.ClientSecret != "" {
		ours.ClientSecret = secretOf(config.ClientSecret, nil)
	}
	return pool, ours
}

// choose is a browser's way through managed login as one of its accounts, and
// back.
func choose(t *testing.T, pool *cognitotest.Server, federation directory.Federation, account string) (redact.Secret, directory.FederationTrip) {
	t.Helper()
	address, trip := federation.Begin(directory.FederationStart{Callback: callback, State: "of this tab"})
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	page := readAll(t, response)
	request := regexp.MustCompile(`name="request" value="([^"]+)"`).FindStringSubmatch(page)
	if request == nil {
		t.Fatalf("managed login answers %s:\n%s", response.Status, page)
	}
	response, err = browser.Get(pool.ManagedLoginURL() + "/oauth2/authorize/choose?" + url.Values{"request": {request[1]}, "account": {account}}.Encode())
	if err != nil {
		t.Fatal(err)
	}
	_ = readAll(t, response)
	back, err := response.Location()
	if err != nil {
		t.Fatalf("managed login answers %s to the choice", response.Status)
	}
	if got := back.Query().Get("state"); got != "of this tab" {
		t.Errorf("state = %q", got)
	}
	return redact.New(back.Query().Get("code")), trip
}

func TestTheWholeWayThroughManagedLogin(t *testing.T) {
	for _, row := range []struct {
		name     string
		pool     cognitotest.Config
		provider string
	}{
		{"of a client without a secret", cognitotest.Config{}, ""},
		{"of a client with a secret", cognitotest.Config{ClientSecret: "s3cret/with+signs="}, ""},
		{"of a pool with the updated issuer", cognitotest.Config{UpdatedIssuer: true}, ""},
		{"straight to a provider", cognitotest.Config{}, okta},
	} {
		t.Run(row.name, func(t *testing.T) {
			pool, config := startPool(t, row.pool)
			config.Provider = row.provider
			config.Attributes = []string{"department"}
			id := pool.Add(cognitotest.User{
				Username: "okta_mara", Provider: okta, Email: "mara@example.com", EmailVerified: true, GivenName: "Mara",
				Groups: []string{"agents"}, Attributes: map[string]string{"custom:department": "R&D"},
			})
			federation := open(t, config)
			for range 2 {
				code, trip := choose(t, pool, federation, "okta_mara")
				got, err := federation.Finish(t.Context(), code, trip)
				want := directory.User{
					ID: id, Email: "mara@example.com", Name: "Mara", FirstName: "Mara",
					Groups: []string{pool.PoolID() + "_" + okta, "agents"}, Attributes: map[string]string{"department": "R&D"},
				}
				if err != nil || !reflect.DeepEqual(*got, want) {
					t.Fatalf("got %+v, %v, want %+v", got, err, want)
				}
				if _, err := federation.Finish(t.Context(), code, trip); !errors.Is(err, directory.ErrFederationCode) {
					t.Errorf("the code for the second time: %v, want ErrFederationCode", err)
				}
			}
			if got := pool.KeyRequests(); got != 1 {
				t.Errorf("keys were fetched %d times, want once", got)
			}
			pool.RollKeys(t)
			code, trip := choose(t, pool, federation, "okta_mara")
			if _, err := federation.Finish(t.Context(), code, trip); err != nil || pool.KeyRequests() != 2 {
				t.Errorf("after a change of keys: %v and %d fetches, want a user and 2", err, pool.KeyRequests())
			}
		})
	}
}

func TestManagedLoginsFaults(t *testing.T) {
	now := time.Now()
	for _, row := range []struct {
		name  string
		fault cognitotest.Fault
		edit  func(*oidc.Config)
		trip  func(*directory.FederationTrip)
		wait  time.Duration
		want  error
	}{
		{name: "an access token in place of the ID token", fault: cognitotest.Fault{Claims: func(c map[string]any) { c["token_use"] = "access" }}, want: directory.ErrFederation},
		{name: "another pool's token", fault: cognitotest.Fault{Claims: func(c map[string]any) { c["iss"] = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other" }}, want: directory.ErrFederation},
		{name: "a way back to another address of ours", trip: func(trip *directory.FederationTrip) { trip.Callback += "2" }, want: directory.ErrFederationCode},
		{name: "another sign-in's verifier", trip: func(trip *directory.FederationTrip) { trip.Verifier = strings.Repeat("v", 43) }, want: directory.ErrFederationCode},
		{name: "AWS WAF in front of the pool", fault: cognitotest.Fault{Status: http.StatusForbidden}, want: directory.ErrThrottled},
		{name: "a code that has expired", wait: 6 * time.Minute, want: directory.ErrFederationCode},
		{name: "another client's secret", edit: func(c *oidc.Config) { c.ClientSecret = secretOf("other", nil) }, want: directory.ErrMisconfigured},
		{name: "a client that needs its secret", edit: func(c *oidc.Config) { c.ClientSecret = nil }, want: directory.ErrMisconfigured},
		{name: "too many requests", fault: cognitotest.Fault{Status: http.StatusTooManyRequests}, want: directory.ErrThrottled},
		{name: "a fault within", fault: cognitotest.Fault{Status: http.StatusInternalServerError}, want: directory.ErrUnavailable},
		{name: "keys that cannot be had", fault: cognitotest.Fault{Operation: "keys", Status: http.StatusBadGateway}, want: directory.ErrUnavailable},
	} {
		t.Run(row.name, func(t *testing.T) {
			clock := now
			pool, config := startPool(t, cognitotest.Config{ClientSecret: "s3cret", Now: func() time.Time { return clock }})
			pool.Add(cognitotest.User{Username: "okta_mara", Provider: okta, Email: "mara@example.com", EmailVerified: true, Name: "Mara"})
			config.Now = func() time.Time { return clock }
			if row.edit != nil {
				row.edit(&config)
			}
			federation := open(t, config)
			code, trip := choose(t, pool, federation, "okta_mara")
			if row.trip != nil {
				row.trip(&trip)
			}
			clock = clock.Add(row.wait)
			pool.Inject(row.fault)
			if user, err := federation.Finish(t.Context(), code, trip); user != nil || !errors.Is(err, row.want) {
				t.Errorf("got %+v, %v, want %v", user, err, row.want)
			}
		})
	}
}

func readAll(t *testing.T, response *http.Response) string {
	t.Helper()
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
