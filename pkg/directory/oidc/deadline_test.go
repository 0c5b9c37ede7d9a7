package oidc

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/redact"
)

// hanging answers nothing until the request is given up.
type hanging struct{}

func (hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// endless answers with a body that never ends, a byte a second.
type endless struct{}

func (endless) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: trickle{r}, Request: r}, nil
}

type trickle struct{ request *http.Request }

func (t trickle) Read(p []byte) (int, error) {
	select {
	case <-t.request.Context().Done():
		return 0, t.request.Context().Err()
	case <-time.After(time.Second):
		p[0] = ' '
		return 1, nil
	}
}

func (trickle) Close() error { return nil }

func TestAProviderThatHangsIsGivenUp(t *testing.T) {
	for _, row := range []struct {
		name      string
		transport http.RoundTripper
	}{
		{"without an answer", hanging{}},
		{"within its answer", endless{}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, err := New(Config{
					AuthURL: "https://id.example.com/authorize", TokenURL: "https://id.example.com/token",
					Issuers: map[string]string{"https://id.example.com": "https://id.example.com/keys"}, ClientID: "desk",
				})
				if err != nil {
					t.Fatal(err)
				}
				p.tokens.Transport = bounded{row.transport}
				start := time.Now()
				_, err = p.Finish(t.Context(), redact.New("code"), directory.FederationTrip{Callback: "c", Nonce: "n", Verifier: "v"})
				if took := time.Since(start); !errors.Is(err, directory.ErrUnavailable) || took != 4*time.Second {
					t.Errorf("got %v after %v, want ErrUnavailable after 4s", err, took)
				}

				keys := p.keys["https://id.example.com"]
				keys.client.Transport = keysOnly{bounded{row.transport}}
				start = time.Now()
				// What it says and how it is signed is never looked at.
				_, err = p.verify(t.Context(), token(`{"alg":"RS256"}`, `{"iss":"https://id.example.com"}`), "", "n")
				if took := time.Since(start); !errors.Is(err, directory.ErrUnavailable) || took != 2*time.Second {
					t.Errorf("keys: got %v after %v, want ErrUnavailable after 2s", err, took)
				}
			})
		})
	}
}

func token(parts ...string) string {
	var encoded []string
	for _, part := range append(parts, "signature") {
		encoded = append(encoded, base64.RawURLEncoding.EncodeToString([]byte(part)))
	}
	return strings.Join(encoded, ".")
}
