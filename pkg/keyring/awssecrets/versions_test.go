package awssecrets_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/keyring/awssecrets"
	"deskpro-login/pkg/realpart"
)

// inProcess is a server as an HTTP client: without a network, so that a
// bubble's time passes.
type inProcess struct{ *awstest.Server }

func (p inProcess) Do(r *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	p.ServeHTTP(answer, r)
	if err := r.Context().Err(); err != nil { // it had hung
		return nil, err
	}
	return answer.Result(), nil
}

func versions(t *testing.T, server *awstest.Server) keyring.Versions {
	t.Helper()
	cfg := awstest.Config(t, "http://aws.invalid")
	cfg.HTTPClient = inProcess{server}
	v, err := awssecrets.PrefetchedVersions(t.Context(), awssecrets.Config{Client: secretsmanager.NewFromConfig(cfg), SecretID: name})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

type get = func(context.Context) (keyring.Version, error)

// wantVersion fails t unless get returns the version called id with text, and
// wantNone unless it returns err.
func wantVersion(t *testing.T, get get, id, text string) {
	t.Helper()
	if got, err := get(t.Context()); err != nil || got.ID != id || got.Text.Reveal() != text {
		t.Errorf("version %q with text %q and error %v, want %q with %q", got.ID, got.Text.Reveal(), err, id, text)
	}
}

func wantNone(t *testing.T, get get, want error) {
	t.Helper()
	if got, err := get(t.Context()); !errors.Is(err, want) || got != (keyring.Version{}) {
		t.Errorf("version %q and error %v, want none and %v", got.ID, err, want)
	}
}

func wantCalls(t *testing.T, server *awstest.Server, want int) {
	t.Helper()
	if got := server.Calls("GetSecretValue"); got != want {
		t.Errorf("%d calls, want %d", got, want)
	}
}

func TestEachVersionIsFetchedOnceAndThePreviousOnlyWhenAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := awstest.New()
		first, second := server.PutSecret(name, "short, with a newline\n"), server.PutSecret(name, value)
		v := versions(t, server)
		wantCalls(t, server, 1)
		for range 3 {
			wantVersion(t, v.Current, second, value)
		}
		wantCalls(t, server, 1)
		for range 3 {
			wantVersion(t, v.Previous, first, "short, with a newline\n")
		}
		wantCalls(t, server, 2)
		time.Sleep(67 * time.Second) // over the TTL
		wantVersion(t, v.Current, second, value)
		wantVersion(t, v.Previous, first, "short, with a newline\n")
		wantCalls(t, server, 4)
	})
}

func TestThatThereIsNoPreviousVersionIsRemembered(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*awstest.Server)
		want   error
		says   string
	}{
		{"before the first change", func(s *awstest.Server) { s.PutSecret(name, value) }, keyring.ErrAbsent, "no AWSPREVIOUS version"},
		{"stored as binary", func(s *awstest.Server) { s.PutSecretBinary(name, []byte(value)); s.PutSecret(name, value) }, keyring.ErrUnusable, "store it as text"},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := awstest.New()
				row.change(server)
				v := versions(t, server)
				for range 10 {
					wantNone(t, v.Previous, row.want)
				}
				wantCalls(t, server, 2)
				if _, err := v.Previous(t.Context()); !strings.Contains(err.Error(), row.says) || !strings.Contains(err.Error(), name) {
					t.Errorf("error = %v, want it to say %q and name the secret", err, row.says)
				}
				time.Sleep(67 * time.Second)
				wantNone(t, v.Previous, row.want)
				wantCalls(t, server, 4)
			})
		})
	}
}

func TestThatThereIsNoPreviousVersionIsForgottenWithAChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := awstest.New()
		first := server.PutSecret(name, value)
		v := versions(t, server)
		time.Sleep(50 * time.Second)
		wantNone(t, v.Previous, keyring.ErrAbsent)
		second := server.PutSecret(name, value+"-2")
		time.Sleep(17 * time.Second) // over the current version's TTL, far from the other's
		wantVersion(t, v.Current, second, value+"-2")
		wantVersion(t, v.Previous, first, value)
	})
}

func TestAPreviousVersionThatWasCurrentShowsThatThereIsANewOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := awstest.New()
		first := server.PutSecret(name, value)
		v := versions(t, server)
		second := server.PutSecret(name, value+"-2")
		wantVersion(t, v.Current, first, value) // another instance may know better already
		wantVersion(t, v.Previous, first, value)
		wantVersion(t, v.Current, second, value+"-2")
		for range 10 {
			wantVersion(t, v.Previous, first, value)
		}
		wantCalls(t, server, 3)
		server.RevertSecret(name)
		time.Sleep(67 * time.Second)
		wantVersion(t, v.Current, first, value)
		wantVersion(t, v.Previous, second, value+"-2")
	})
}

func TestThePreviousVersionOutlastsAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := awstest.New()
		first, second := server.PutSecret(name, value), server.PutSecret(name, value+"-2")
		v := versions(t, server)
		down := awstest.Fault{Code: "InternalServiceError"}
		server.Inject("GetSecretValue", down)
		wantNone(t, v.Previous, keyring.ErrUnavailable)
		server.Clear()
		wantVersion(t, v.Previous, first, value) // an outage is no answer to remember
		time.Sleep(67 * time.Second)
		wantVersion(t, v.Current, second, value+"-2") // the same one again
		server.Inject("GetSecretValue", down)
		time.Sleep(2 * time.Minute)
		wantVersion(t, v.Current, second, value+"-2")
		wantVersion(t, v.Previous, first, value)
		time.Sleep(20 * time.Minute)
		wantNone(t, v.Current, keyring.ErrUnavailable)
		wantNone(t, v.Previous, keyring.ErrUnavailable)
	})
}

func TestASecretTakenAwayHasNoVersions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := awstest.New()
		server.PutSecret(name, value)
		server.PutSecret(name, value+"-2")
		v := versions(t, server)
		if _, err := v.Previous(t.Context()); err != nil {
			t.Fatal(err)
		}
		server.DeleteSecret(name)
		time.Sleep(67 * time.Second)
		wantNone(t, v.Current, keyring.ErrAbsent)
		wantNone(t, v.Previous, keyring.ErrAbsent)
	})
}

func TestAFailedPrefetchOfVersionsIsMadeUpForByTheFirstRequest(t *testing.T) {
	server := awstest.New()
	v := versions(t, server)
	wantNone(t, v.Current, keyring.ErrAbsent)
	first := server.PutSecret(name, value)
	wantVersion(t, v.Current, first, value)
}

func TestVersionsNeedAClientAndASecret(t *testing.T) {
	client := secretsmanager.NewFromConfig(awstest.Config(t, "http://aws.invalid"))
	for _, cfg := range []awssecrets.Config{{}, {Client: client}, {SecretID: name}} {
		if v, err := awssecrets.PrefetchedVersions(t.Context(), cfg); err == nil || v != nil {
			t.Errorf("Client %t, SecretID %q: %v, %v, want an error", cfg.Client != nil, cfg.SecretID, v, err)
		}
	}
}

func TestManyAskForVersionsAtOnce(t *testing.T) {
	server := awstest.New()
	first := server.PutSecret(name, value)
	v := versions(t, server)
	second := server.PutSecret(name, value+"-2")
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			wantVersion(t, v.Previous, first, value)
			wantVersion(t, v.Current, second, value+"-2")
		})
	}
	all.Wait()
	wantCalls(t, server, 3)
}

func TestMotoAgreesOnVersions(t *testing.T) {
	cfg := awstest.Config(t, realpart.Address(t, "VERIFY_MOTO"))
	client := secretsmanager.NewFromConfig(cfg)
	id := "deskpro/" + strings.ToLower(t.Name())
	v, err := awssecrets.NewVersions(awssecrets.Config{Client: client, SecretID: id})
	if err != nil {
		t.Fatal(err)
	}
	wantNone(t, v.Current, keyring.ErrAbsent)
	created, err := client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &id, SecretString: aws.String(value)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = client.DeleteSecret(context.Background(), &secretsmanager.DeleteSecretInput{SecretId: &id, ForceDeleteWithoutRecovery: aws.Bool(true)})
	})
	first := aws.ToString(created.VersionId)
	wantVersion(t, v.Current, first, value)
	put, err := client.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{SecretId: &id, SecretString: aws.String(value + "-2")})
	if err != nil {
		t.Fatal(err)
	}
	wantVersion(t, v.Previous, first, value)
	wantVersion(t, v.Current, aws.ToString(put.VersionId), value+"-2")
}
