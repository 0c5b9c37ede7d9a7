package cognito_test

import (
	"encoding/json"
	"testing"
	"time"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/cognito"
	"deskpro-login/pkg/directory/cognito/cognitotest"
	"deskpro-login/pkg/redact"
)

// newPassword is one that the pool takes.
const newPassword = "Brand-New 7!"

func appKey() []byte { return []byte("12345678901234567890") }

func code(text string) directory.Answer { return directory.Answer{Code: redact.New(text)} }

// kept returns the challenge of an outcome as it is when the next page has read
// it back.
func kept(t *testing.T, got directory.Outcome, err error) directory.Challenge {
	t.Helper()
	if err != nil || got.Challenge == nil || got.User != nil {
		t.Fatalf("got %+v, %v, want a challenge", got, err)
	}
	encoded, err := json.Marshal(got.Challenge)
	if err != nil {
		t.Fatal(err)
	}
	var c directory.Challenge
	if err := json.Unmarshal(encoded, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// challenged is what mara is asked after her password.
func challenged(t *testing.T, d *cognito.Directory, password string) directory.Challenge {
	t.Helper()
	got, err := d.Authenticate(t.Context(), typed(login, password))
	return kept(t, got, err)
}

// next is what an answer leads to, a challenge.
func next(t *testing.T, d *cognito.Directory, c directory.Challenge, a directory.Answer) directory.Challenge {
	t.Helper()
	got, err := d.Respond(t.Context(), c, a)
	return kept(t, got, err)
}

// wantMara checks that an answer has signed mara in.
func wantMara(t *testing.T, d *cognito.Directory, c directory.Challenge, a directory.Answer) {
	t.Helper()
	got, err := d.Respond(t.Context(), c, a)
	if err != nil || got.User == nil || got.Challenge != nil || got.User.Email != login {
		t.Errorf("answering %s: %+v, %v, want mara", c.Kind, got, err)
	}
}

// wantRefused checks that an answer, of which nothing has changed, is refused.
func wantRefused(t *testing.T, d *cognito.Directory, c directory.Challenge, a directory.Answer, want error) {
	t.Helper()
	got, err := d.Respond(t.Context(), c, a)
	wantOnly(t, err, want)
	if got != (directory.Outcome{}) {
		t.Errorf("beside %v there is %+v", err, got)
	}
}

// with returns a pool in which mara is as change makes her.
func with(t *testing.T, settings cognitotest.Config, change func(*cognitotest.User)) (*cognitotest.Server, *cognito.Directory) {
	t.Helper()
	pool, d := start(t, settings)
	pool.Edit(t, login, change)
	return pool, d
}

// clock is a pool's, at noon until it is moved.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }
