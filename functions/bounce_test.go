package functions_test

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/redact"

	"github.com/aws/aws-lambda-go/events"
)

// comeBack is the sample event of a person with a session, in a browser that has
// the cookies which the answer before gave it.
func comeBack(t *testing.T, before events.APIGatewayV2HTTPResponse) []byte {
	t.Helper()
	var event map[string]any
	if err := json.Unmarshal(sample(t, "login/with-session"), &event); err != nil {
		t.Fatal(err)
	}
	cookies := event["cookies"].([]any)
	for _, c := range before.Cookies {
		pair, _, _ := strings.Cut(c, ";")
		cookies = append(cookies, pair)
	}
	event["cookies"] = cookies
	encoded, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

// signer returns which of the secrets the answer's token is signed with.
func signer(t *testing.T, answer events.APIGatewayV2HTTPResponse, secrets map[string]string) string {
	t.Helper()
	if answer.StatusCode != 302 {
		if !strings.Contains(answer.Body, `http-equiv="refresh"`) {
			t.Fatalf("status %d:\n%s", answer.StatusCode, answer.Body)
		}
		return "page that leads on"
	}
	location, err := url.Parse(answer.Headers["Location"])
	if err != nil {
		t.Fatal(err)
	}
	app, err := deskpro.New(deskpro.Config{URL: "https://acme.deskpro.com/", Issuer: "x"})
	if err != nil {
		t.Fatal(err)
	}
	for name, secret := range secrets {
		key, err := keyring.ParseKey(redact.New(secret), name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := app.Verify(location.Query().Get("jwt"), key, time.Now()); err == nil {
			return name
		}
	}
	t.Fatal("the token is signed with no secret of the door")
	return ""
}

func TestTheFunctionItselfTriesTheVersionThatWaits(t *testing.T) {
	aws, endpoint := cloud(t)
	var logs [3]bytes.Buffer
	process := start(t, "login", environment(endpoint), &logs[0])
	secrets := map[string]string{"current": usersKey, "pending": strings.Repeat("waiting-", 8), "edited": strings.Repeat("edited--", 8)}

	answer := invoke(t, process, sample(t, "login/with-session"))
	got := []string{signer(t, answer, secrets)}
	if calls := aws.Calls("DescribeSecret"); calls != 0 {
		t.Errorf("a sign-in that nothing is wrong with makes %d calls about other versions", calls)
	}
	aws.PutSecret("users", secrets["pending"], "AWSPENDING")
	for range 4 {
		answer = invoke(t, process, comeBack(t, answer))
		got = append(got, signer(t, answer, secrets))
	}
	if want := []string{"current", "pending", "current", "pending", "page that leads on"}; !slices.Equal(got, want) {
		t.Errorf("signed with %v, want %v", got, want)
	}
	if described, fetched := aws.Calls("DescribeSecret"), aws.Calls("GetSecretValue"); described != 2 || fetched != 2+3 {
		t.Errorf("%d and %d calls for all of that, want one for each door, and 2 at the start and one for each version", described, fetched)
	}

	t.Run("and a new one is the current one for everybody as soon as one comes back", func(t *testing.T) {
		fresh := start(t, "login", environment(endpoint), &logs[1])
		first := invoke(t, fresh, sample(t, "login/with-session"))
		aws.PutSecret("users", secrets["edited"])
		again := invoke(t, fresh, comeBack(t, first))
		another := invoke(t, fresh, sample(t, "login/with-session"))
		got := []string{signer(t, first, secrets), signer(t, another, secrets)}
		if want := []string{"current", "edited"}; !slices.Equal(got, want) || signer(t, again, secrets) == "current" {
			t.Errorf("signed with %v and %s in between, want %v and another one", got, signer(t, again, secrets), want)
		}
	})
	t.Run("unless the switch is off", func(t *testing.T) {
		off := start(t, "login", append(environment(endpoint), "ROTATION_WINDOW=0s"), &logs[2])
		answer := invoke(t, off, sample(t, "login/with-session"))
		for range 3 {
			answer = invoke(t, off, comeBack(t, answer))
			if got := signer(t, answer, secrets); got != "edited" {
				t.Errorf("signed with %s", got)
			}
		}
	})
	process.Stop()
	for i := range logs {
		log := logs[i].String()
		for _, secret := range secrets {
			if log == "" || strings.Contains(log, secret) || strings.Contains(log, "jwt=") {
				t.Errorf("the log is empty, or holds a secret or a token:\n%s", log)
			}
		}
	}
}
