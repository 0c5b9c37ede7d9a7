package cognito_test

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/cognito/cognitotest"
)

var noon = time.Date(2030, 6, 1, 12, 0, 0, 0, time.UTC)

func TestIDTokensAreChecked(t *testing.T) {
	set := func(name string, value any) cognitotest.Fault {
		return cognitotest.Fault{Claims: func(claims map[string]any) { claims[name] = value }}
	}
	drop := func(name string) cognitotest.Fault {
		return cognitotest.Fault{Claims: func(claims map[string]any) { delete(claims, name) }}
	}
	token := func(change func(string) string) cognitotest.Fault { return cognitotest.Fault{IDToken: change} }
	for _, row := range []struct {
		name  string
		fault cognitotest.Fault
		want  error
	}{
		{"the issuer of another pool", set("iss", "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other"), directory.ErrUnavailable},
		{"the issuer of another Region", set("iss", "https://cognito-idp.us-east-1.amazonaws.com/eu-west-1_Practice1"), directory.ErrUnavailable},
		{"an issuer that only begins right", set("iss", "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Practice1/x"), directory.ErrUnavailable},
		{"an empty issuer", set("iss", ""), directory.ErrUnavailable},
		{"no issuer", drop("iss"), directory.ErrUnavailable},
		{"an issuer that is a number", set("iss", 1), directory.ErrUnavailable},
		{"another client's audience", set("aud", "other"), directory.ErrUnavailable},
		{"no audience", drop("aud"), directory.ErrUnavailable},
		{"an audience that is a number", set("aud", 1), directory.ErrUnavailable},
		{"an access token's use", set("token_use", "access"), directory.ErrUnavailable},
		{"no use", drop("token_use"), directory.ErrUnavailable},
		{"an expiry past the leeway", set("exp", noon.Add(-31*time.Second).Unix()), directory.ErrUnavailable},
		{"an expiry within the leeway", set("exp", noon.Add(-29*time.Second).Unix()), nil},
		{"no expiry", drop("exp"), directory.ErrUnavailable},
		{"an expiry that is text", set("exp", "tomorrow"), directory.ErrUnavailable},
		{"a start that is to come", set("nbf", noon.Add(time.Hour).Unix()), directory.ErrUnavailable},

		{"no sub", drop("sub"), directory.ErrIncomplete},
		{"an empty sub", set("sub", ""), directory.ErrIncomplete},
		{"a sub that is a number", set("sub", 7), directory.ErrUnavailable},
		{"no email", drop("email"), directory.ErrIncomplete},
		{"an email that is a list", set("email", []string{login}), directory.ErrUnavailable},
		{"an email that is not verified", set("email_verified", false), directory.ErrUnverifiedEmail},
		{"an email that is not verified, as text", set("email_verified", "false"), directory.ErrUnverifiedEmail},
		{"an email of which nothing is said", drop("email_verified"), directory.ErrUnverifiedEmail},
		{"a verification that is a number", set("email_verified", 1), directory.ErrUnverifiedEmail},
		{"an email that is verified, as text", set("email_verified", "true"), nil},
		{"no name", drop("name"), directory.ErrIncomplete},
		{"a blank name", set("name", " "), directory.ErrIncomplete},
		{"groups that are text", set("cognito:groups", "agents"), directory.ErrUnavailable},
		{"groups that hold a number", set("cognito:groups", []any{"agents", 1}), directory.ErrUnavailable},
		{"groups that are null", set("cognito:groups", nil), nil},

		{"no token at all", token(func(string) string { return "tokens are off today" }), directory.ErrUnavailable},
		{"a token without its signature", token(func(s string) string { return s[:strings.LastIndex(s, ".")] }), directory.ErrUnavailable},
		{"a payload that is not base64", token(func(s string) string { return "e30.!!.e30" }), directory.ErrUnavailable},
		{"a payload that is null", token(func(s string) string { return s[:strings.Index(s, ".")] + ".bnVsbA.e30" }), directory.ErrUnavailable},
		{"a payload that is a list", token(func(s string) string { return s[:strings.Index(s, ".")] + ".W10.e30" }), directory.ErrUnavailable},
	} {
		t.Run(row.name, func(t *testing.T) {
			pool, d := start(t, cognitotest.Config{Now: func() time.Time { return noon }})
			pool.Inject(row.fault)
			got, err := d.Authenticate(t.Context(), typed(login, password))
			if !errors.Is(err, row.want) || (err == nil) != (got.User != nil) {
				t.Errorf("got %+v, %v, want %v", got, err, row.want)
			}
		})
	}
}

func TestAConfiguredIssuerStandsAlone(t *testing.T) {
	pool := cognitotest.Start(t, cognitotest.Config{})
	pool.Add(mara())
	config := configFor(pool, cognitotest.Config{})
	config.Issuer = "https://cognito-idp.cn-north-1.amazonaws.com.cn/eu-west-1_Practice1"
	d := open(t, config)
	if _, err := d.Authenticate(t.Context(), typed(login, password)); !errors.Is(err, directory.ErrUnavailable) {
		t.Errorf("with the usual issuer: %v, want ErrUnavailable", err)
	}
	pool.Inject(cognitotest.Fault{Claims: func(claims map[string]any) { claims["iss"] = config.Issuer }})
	if _, err := d.Authenticate(t.Context(), typed(login, password)); err != nil {
		t.Errorf("with the configured issuer: %v", err)
	}
}

func TestAttributesBecomeStrings(t *testing.T) {
	pool := cognitotest.Start(t, cognitotest.Config{})
	pool.Add(mara())
	config := configFor(pool, cognitotest.Config{})
	config.Attributes = []string{"text", "number", "flag", "address", "nothing", "absent"}
	pool.Inject(cognitotest.Fault{Claims: func(claims map[string]any) {
		maps.Copy(claims, map[string]any{
			"text": "R&D <west>", "custom:number": 12345678901234567, "flag": true, "custom:flag": "not this one",
			"address": map[string]any{"formatted": "1 Quay"}, "nothing": nil,
		})
	}})
	got, err := open(t, config).Authenticate(t.Context(), typed(login, password))
	if err != nil {
		t.Fatalf("Authenticate: %v", err)
	}
	want := map[string]string{
		"text": "R&D <west>", "number": "12345678901234567", "flag": "true", "address": `{"formatted":"1 Quay"}`,
	}
	if !maps.Equal(got.User.Attributes, want) {
		t.Errorf("attributes = %q, want %q", got.User.Attributes, want)
	}
}
