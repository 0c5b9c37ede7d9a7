package token_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"deskpro-login/infra/loginctl/token"
	"deskpro-login/pkg/redact"
)

// wantPrintable holds a report to what it promises: it can be encoded, and none
// of its words steers a terminal.
func wantPrintable(t *testing.T, r token.Report) {
	t.Helper()
	if _, err := json.Marshal(r); err != nil {
		t.Errorf("it cannot be encoded: %v", err)
	}
	all := texts(r)
	if !utf8.ValidString(all) {
		t.Errorf("it is not UTF-8: %q", all)
	}
	for _, c := range all {
		if c != '\n' && (!strconv.IsPrint(c) || unicode.In(c, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)) {
			t.Errorf("%q has %U", all, c)
		}
	}
	for _, said := range [][]token.Finding{r.Malformed, r.Refused, r.Unusual} {
		for _, f := range said {
			if f.Code == "" || f.Text == "" || strings.Contains(f.Text, "\n") || len(f.Text) > 2000 {
				t.Errorf("it says %+v", f)
			}
		}
	}
}

// Whatever is pasted, it is explained, and what is said can be printed anywhere.
func FuzzInspect(f *testing.F) {
	f.Add(good(), int64(0))
	f.Add("Authorization: Bearer "+good(), int64(300))
	f.Add("https://acme.deskpro.com/?a=b&jwt="+good()+"#c", int64(-10))
	f.Add(`{"token":"`+good()+`"}`, int64(0))
	for _, row := range judged {
		f.Add(sign(jwt.SigningMethodHS256, secret, header(), row.claims), int64(0))
	}
	for _, row := range headers {
		f.Add(sign(jwt.SigningMethodHS256, secret, row.header, claims()), int64(0))
	}
	f.Fuzz(func(t *testing.T, pasted string, after int64) {
		found := token.Find(redact.New(pasted))
		wantPrintable(t, found.Inspect(now.Add(time.Duration(after%1e9)*time.Second)))
	})
}

// Whatever a token says, Verify takes it if and only if the sign-in page's own
// judge does.
func FuzzVerify(f *testing.F) {
	for _, row := range judged {
		c, ok := row.claims.(string)
		if !ok {
			encoded, err := json.Marshal(row.claims)
			if err != nil {
				f.Fatal(err)
			}
			c = string(encoded)
		}
		f.Add(`{"alg":"HS256","typ":"JWT"}`, c, int64(0), uint8(0))
	}
	f.Add(`{"alg":"HS512"}`, `{}`, int64(5), uint8(2))
	f.Fuzz(func(t *testing.T, head, body string, after int64, method uint8) {
		by := []*jwt.SigningMethodHMAC{jwt.SigningMethodHS256, jwt.SigningMethodHS384, jwt.SigningMethodHS512}[method%3]
		text := sign(by, secret, head, body)
		if len(text) > token.MaxLength {
			return
		}
		at := now.Add(time.Duration(after%1e9) * time.Millisecond)
		agree(t, "what was made", text, secret, by.Alg(), at)
		wantPrintable(t, verify(t, text, secret, at, token.Check{}))
	})
}

// A secret is as hostile as a token: it may have been read from the wrong file.
func FuzzSecret(f *testing.F) {
	for _, s := range []string{secret, "", `{"key":"a"}`, `{"SecretString":"{\"key\":\"` + secret + `\"}"}`, `"'a'"`, "'\x1b[2J'", strings.Repeat(`{"a":`, 100)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := verify(t, good(), s, now, token.Check{})
		wantPrintable(t, r)
		if *r.Accepted != (s == secret || accepts(s)) {
			t.Errorf("accepted: %t, for %s", *r.Accepted, codes(r.Refused))
		}
	})
}

// accepts also knows the secret as the console's editor stores it.
func accepts(s string) bool {
	var object struct{ Key *string }
	return strings.HasPrefix(s, "{") && json.Unmarshal([]byte(s), &object) == nil && object.Key != nil && *object.Key == secret
}
