package awsenv_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go"

	"deskpro-login/pkg/awsenv"
)

// patience ends what would else hang.
const patience = 10 * time.Second

// lambda is what Lambda sets; the values are nobody's.
func lambda(endpoint string) map[string]string {
	return map[string]string{
		"AWS_REGION":            "eu-west-1",
		"AWS_ACCESS_KEY_ID":     "ASIAEXAMPLE",
		"AWS_SECRET_ACCESS_KEY": "example/secret",
		"AWS_SESSION_TOKEN":     "example/session",
		"AWS_ENDPOINT_URL":      endpoint,
	}
}

func config(t *testing.T, env map[string]string) aws.Config {
	t.Helper()
	cfg, err := awsenv.Config(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// ask makes a real client call AWS at answer.
func ask(t *testing.T, answer http.HandlerFunc) error {
	t.Helper()
	server := httptest.NewServer(answer)
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err := secretsmanager.NewFromConfig(config(t, lambda(server.URL))).
		GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String("users")})
	return err
}

func TestARequestIsSignedWithWhatLambdaSets(t *testing.T) {
	env := lambda("")
	err := ask(t, func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("X-Amz-Security-Token"); got != env["AWS_SESSION_TOKEN"] {
			t.Errorf("X-Amz-Security-Token = %q, want %q", got, env["AWS_SESSION_TOKEN"])
		}
		authorization := r.Header.Get("Authorization")
		date := r.Header.Get("X-Amz-Date")
		signed, err := time.Parse("20060102T150405Z", date)
		if err != nil {
			t.Error(err)
			return
		}
		if want := "Credential=" + env["AWS_ACCESS_KEY_ID"] + "/" + date[:8] + "/" + env["AWS_REGION"] + "/secretsmanager/aws4_request,"; !strings.Contains(authorization, want) {
			t.Errorf("Authorization = %q, want %q in it", authorization, want)
		}

		// The same signature comes only of the same secret key.
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
			return
		}
		again := httptest.NewRequest(r.Method, "http://"+r.Host+r.URL.Path, bytes.NewReader(body))
		_, names, _ := strings.Cut(authorization, "SignedHeaders=")
		names, _, _ = strings.Cut(names, ",")
		for name := range strings.SplitSeq(names, ";") {
			if values := r.Header.Values(name); values != nil {
				again.Header[http.CanonicalHeaderKey(name)] = values
			}
		}
		hash := sha256.Sum256(body)
		keys := aws.Credentials{AccessKeyID: env["AWS_ACCESS_KEY_ID"], SecretAccessKey: env["AWS_SECRET_ACCESS_KEY"], SessionToken: env["AWS_SESSION_TOKEN"]}
		if err := v4.NewSigner().SignHTTP(r.Context(), keys, again, hex.EncodeToString(hash[:]), "secretsmanager", env["AWS_REGION"], signed); err != nil {
			t.Error(err)
		}
		if want := again.Header.Get("Authorization"); authorization != want {
			t.Errorf("Authorization = %q, want %q", authorization, want)
		}
		_, _ = io.WriteString(w, "{}")
	})
	if err != nil {
		t.Error(err)
	}
}

func TestTheCredentialsNameTheirSource(t *testing.T) {
	got, err := config(t, lambda("")).Credentials.Retrieve(t.Context())
	if err != nil || got.Source != "environment" {
		t.Errorf("source %q, %v, want environment", got.Source, err)
	}
}

func TestAllMissingVariablesAreNamedAtOnce(t *testing.T) {
	_, err := awsenv.Config(func(string) string { return "" })
	for _, name := range []string{"AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		if err == nil || !strings.Contains(err.Error(), name+" is not set") {
			t.Errorf("error does not name %s: %v", name, err)
		}
	}
	env := lambda("")
	delete(env, "AWS_SESSION_TOKEN") // long-term keys have none
	config(t, env)
}

func TestTheEndpointIsAWSsUnlessSet(t *testing.T) {
	if got := config(t, lambda("")).BaseEndpoint; got != nil {
		t.Errorf("not set: the endpoint is %q, want AWS's own", *got)
	}
	const endpoint = "http://127.0.0.1:5000"
	if got := aws.ToString(config(t, lambda(endpoint)).BaseEndpoint); got != endpoint {
		t.Errorf("set: the endpoint is %q, want %q", got, endpoint)
	}
}

func TestACallIsTriedTwice(t *testing.T) {
	var calls atomic.Int32
	err := ask(t, func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		w.WriteHeader(http.StatusInternalServerError)
	})
	if got := calls.Load(); err == nil || got != 2 {
		t.Errorf("%d calls, error %v, want 2 and an error", got, err)
	}
	retryer := config(t, lambda("")).Retryer()
	for attempt := range 10 {
		if delay, err := retryer.RetryDelay(attempt, errors.New("any")); err != nil || delay > 200*time.Millisecond {
			t.Errorf("attempt %d is followed by %v, %v, want at most 200 ms", attempt, delay, err)
		}
	}
}

func TestACallThatHangsEndsBeforeThePageIsDue(t *testing.T) {
	t.Parallel()
	// Two attempts of 1.5 s and at most 0.2 s between them; of what a busy
	// machine adds to that, one try in three must be spared.
	const least, most = 3 * time.Second, 4 * time.Second
	took := most + 1
	for tries := 0; took > most && tries < 3; tries++ {
		var calls atomic.Int32
		start := time.Now()
		err := ask(t, func(_ http.ResponseWriter, r *http.Request) {
			calls.Add(1)
			_, _ = io.Copy(io.Discard, r.Body) // only then does the server see the client go
			<-r.Context().Done()
		})
		took = time.Since(start)
		t.Logf("%d calls in %v", calls.Load(), took)
		if err == nil || calls.Load() != 2 || took < least {
			t.Fatalf("%d calls in %v, error %v, want 2, each given up after 1.5 s", calls.Load(), took, err)
		}
	}
	if took > most {
		t.Errorf("it took %v at best, want little more than %v", took, least)
	}
}

func TestTheTimeoutReachesToTheLastByte(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}))
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := awsenv.HTTPClient(100 * time.Millisecond).Do(request)
	if err == nil {
		_, err = io.ReadAll(response.Body)
		_ = response.Body.Close()
	}
	if err == nil || ctx.Err() != nil {
		t.Errorf("reading a body that does not end: %v, and not for the client's timeout", err)
	}
}

// lateBody is the SDK's body at its worst: net/http looks for its end only once
// the SDK has closed it, and is told io.EOF.
type lateBody struct {
	io.Reader
	closed chan struct{}
	once   sync.Once
}

func (b *lateBody) WriteTo(io.Writer) (int64, error) {
	<-b.closed
	return 0, io.EOF
}

func (b *lateBody) Close() error {
	b.once.Do(func() { close(b.closed) })
	return nil
}

func TestAnAnswerIsNotLostWhenTheSDKClosesTheRequestsBody(t *testing.T) {
	const sent, length = `{"needle":1}`, 4 << 20 // more than any buffer on the way holds
	closed := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got, err := io.ReadAll(r.Body); err != nil || string(got) != sent {
			t.Errorf("body %q, %v, want %q", got, err, sent)
		}
		_ = http.NewResponseController(w).Flush()
		select {
		case <-closed:
		case <-r.Context().Done():
			return
		}
		_, _ = w.Write(make([]byte, length))
	}))
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	body := &lateBody{Reader: strings.NewReader(sent), closed: closed}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL, body)
	if err != nil {
		t.Fatal(err)
	}
	request.ContentLength = int64(len(sent))
	response, err := awsenv.HTTPClient(patience).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	_ = body.Close()
	if got, err := io.ReadAll(response.Body); err != nil || len(got) != length {
		t.Errorf("%d bytes, %v, want all %d", len(got), err, length)
	}
}

func TestABodyThatCannotBeReadIsNotSent(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was sent") }))
	defer server.Close()
	broken := errors.New("broken")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, iotest.ErrReader(broken))
	if err != nil {
		t.Fatal(err)
	}
	response, err := awsenv.HTTPClient(patience).Do(request)
	if err == nil {
		_ = response.Body.Close()
	}
	if !errors.Is(err, broken) {
		t.Errorf("error = %v, want %v", err, broken)
	}
}

func TestAnAnswerThatCannotBeDecodedIsHidden(t *testing.T) {
	const secret = "needle-in-an-answer"
	err := ask(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `["`+secret+`"]`)
	})
	if err == nil || !strings.Contains(err.Error(), secret) {
		t.Fatalf("error = %v: the SDK hides the answer by itself, so that this test proves nothing", err)
	}
	got := awsenv.WithoutAnswer(fmt.Errorf("reading: %w", err))
	if got.Error() != "decoding an answer of status 200" || errors.Unwrap(got) != nil {
		t.Errorf("error = %#v, want the status alone", got)
	}
}

func TestAnyOtherErrorIsKept(t *testing.T) {
	refused := ask(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"__type":"AccessDeniedException","Message":"not yours"}`)
	})
	if _, ok := errors.AsType[smithy.APIError](refused); !ok {
		t.Fatalf("error = %v, want an APIError", refused)
	}
	for _, err := range []error{nil, refused, context.Canceled} {
		if got := awsenv.WithoutAnswer(err); got != err {
			t.Errorf("got %v, want %v as it is", got, err)
		}
	}
}
