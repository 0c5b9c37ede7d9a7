package awsrotation_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/realpart"
	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/rotation"
	"deskpro-login/pkg/rotation/awsrotation"
	"deskpro-login/pkg/rotation/rotationtest"
)

const (
	name  = "deskpro/users"
	value = "another-practice-key-another-practice-key"
)

func store(t *testing.T, cfg aws.Config) *awsrotation.Store {
	t.Helper()
	s, err := awsrotation.New(awsrotation.Config{Client: secretsmanager.NewFromConfig(cfg)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAStoreNeedsAClient(t *testing.T) {
	if s, err := awsrotation.New(awsrotation.Config{}); err == nil || s != nil {
		t.Errorf("%v, %v, want an error", s, err)
	}
}

func TestSecretsManagerKeepsTheContract(t *testing.T) {
	rotationtest.Run(t, func(t *testing.T) rotationtest.Fixture {
		server, cfg := awstest.Start(t)
		first := server.PutSecret(name, rotationtest.FirstValue)
		return rotationtest.Fixture{
			Store: store(t, cfg), SecretID: name, First: first, Begin: func() string { return server.BeginRotation(name) },
		}
	})
}

func TestMotoKeepsTheContract(t *testing.T) {
	cfg := awstest.Config(t, realpart.Address(t, "VERIFY_MOTO"))
	client := secretsmanager.NewFromConfig(cfg)
	rotationtest.Run(t, func(t *testing.T) rotationtest.Fixture {
		id := "awsrotation/" + rotationtest.NewVersion()
		made, err := client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &id, SecretString: aws.String(rotationtest.FirstValue)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_, _ = client.DeleteSecret(context.Background(), &secretsmanager.DeleteSecretInput{SecretId: &id, ForceDeleteWithoutRecovery: aws.Bool(true)})
		})
		return rotationtest.Fixture{Store: store(t, cfg), SecretID: id, First: aws.ToString(made.VersionId), Lax: true, Begin: func() string {
			// It makes the version that waits before it finds no such function.
			version := rotationtest.NewVersion()
			_, err := client.RotateSecret(t.Context(), &secretsmanager.RotateSecretInput{
				SecretId: &id, ClientRequestToken: &version, RotationLambdaARN: aws.String("arn:aws:lambda:eu-central-1:123456789012:function:rotate"),
			})
			if _, none := errors.AsType[*types.ResourceNotFoundException](err); !none {
				t.Fatalf("beginning a rotation: %v", err)
			}
			return version
		}}
	})
}

// methods are all of Store's, each a call that would succeed.
func methods(s *awsrotation.Store, first, waiting string) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"DescribeSecret": func(ctx context.Context) error { _, err := s.Describe(ctx, name); return err },
		"GetSecretValue": func(ctx context.Context) error { _, err := s.Value(ctx, name, first); return err },
		"PutSecretValue": func(ctx context.Context) error { return s.Put(ctx, name, rotationtest.NewVersion(), redact.New(value)) },
		"UpdateSecretVersionStage": func(ctx context.Context) error {
			return s.Move(ctx, name, rotation.Current, first, waiting)
		},
		"TagResource":   func(ctx context.Context) error { return s.Tag(ctx, name, rotation.ConfirmedTag, waiting) },
		"UntagResource": func(ctx context.Context) error { return s.Tag(ctx, name, rotation.ConfirmedTag, "") },
	}
}

func wantOnly(t *testing.T, err, want error, says string) {
	t.Helper()
	if !errors.Is(err, want) || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), name) {
		t.Errorf("error is %v, want %v that says %q and names the secret", err, want, says)
	}
	for _, other := range []error{rotation.ErrAbsent, rotation.ErrNoValue, rotation.ErrConflict, rotation.ErrUnavailable, rotation.ErrDenied} {
		if other != want && errors.Is(err, other) {
			t.Errorf("error is %v, too: %v", other, err)
		}
	}
	if err != nil && strings.Contains(err.Error(), "practice-key") {
		t.Errorf("error shows a value: %v", err)
	}
}

func TestWhatAWSRefusesBecomesASentinelThatSaysWhatToDo(t *testing.T) {
	for _, row := range []struct {
		code string
		want error
		says string
	}{
		{"AccessDeniedException", rotation.ErrDenied, "policy"},
		{"DecryptionFailure", rotation.ErrDenied, "KMS key"},
		{"EncryptionFailure", rotation.ErrDenied, "KMS key"},
		{"ExpiredTokenException", rotation.ErrDenied, "credentials"},
		{"ResourceNotFoundException", rotation.ErrAbsent, "create it"},
		{"InvalidRequestException", rotation.ErrAbsent, "restore it"},
		{"InternalServiceError", rotation.ErrUnavailable, "InternalServiceError"},
		{"ThrottlingException", rotation.ErrUnavailable, "ThrottlingException"},
		{"LimitExceededException", rotation.ErrUnavailable, "after a day"},
	} {
		server, cfg := awstest.Start(t)
		s := store(t, cfg)
		first := server.PutSecret(name, rotationtest.FirstValue)
		waiting := server.PutSecret(name, value, rotation.Pending)
		for operation, call := range methods(s, first, waiting) {
			t.Run(row.code+" of "+operation, func(t *testing.T) {
				server.Inject(operation, awstest.Fault{Code: row.code})
				if row.code == "ResourceNotFoundException" { // asked again, it is gone
					server.Inject("DescribeSecret", awstest.Fault{Code: row.code})
				}
				defer server.Clear()
				wantOnly(t, call(t.Context()), row.want, row.says)
			})
		}
		if got := server.SecretStages(name); got[rotation.Current] != first || got[rotation.Pending] != waiting {
			t.Errorf("%s: labels %v", row.code, got)
		}
	}
}

func TestASecretMarkedForDeletionIsAbsent(t *testing.T) {
	server, cfg := awstest.Start(t)
	s := store(t, cfg)
	first, waiting := server.PutSecret(name, rotationtest.FirstValue), server.PutSecret(name, value, rotation.Pending)
	server.DeleteSecret(name)
	for operation, call := range methods(s, first, waiting) {
		t.Run(operation, func(t *testing.T) { wantOnly(t, call(t.Context()), rotation.ErrAbsent, "restore it in the console") })
	}
}

func TestACallEndsWithItsContext(t *testing.T) {
	server, cfg := awstest.Start(t)
	s := store(t, cfg)
	first, waiting := server.PutSecret(name, rotationtest.FirstValue), server.PutSecret(name, value, rotation.Pending)
	for operation, call := range methods(s, first, waiting) {
		t.Run(operation, func(t *testing.T) {
			server.Inject(operation, awstest.Fault{Hang: true})
			defer server.Clear()
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			err := call(ctx)
			wantOnly(t, err, rotation.ErrUnavailable, "")
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error is %v, want one that tells of the deadline", err)
			}
		})
	}
}

// The SDK makes such a call again by itself.
func TestAWriteWhoseAnswerIsLostIsDoneOnce(t *testing.T) {
	server, cfg := awstest.Start(t)
	s := store(t, cfg)
	first := server.PutSecret(name, rotationtest.FirstValue)
	version := rotationtest.NewVersion()
	for _, operation := range []string{"PutSecretValue", "UpdateSecretVersionStage", "TagResource", "UntagResource"} {
		server.Inject(operation, awstest.Fault{Persist: true, Times: 1})
	}
	for _, err := range []error{
		s.Put(t.Context(), name, version, redact.New(value)),
		s.Move(t.Context(), name, rotation.Current, first, version),
		s.Tag(t.Context(), name, rotation.ConfirmedTag, version),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	server.Inject("UpdateSecretVersionStage", awstest.Fault{Persist: true, Times: 1})
	if err := s.Move(t.Context(), name, rotation.Pending, version, ""); err != nil {
		t.Error(err)
	}
	stages := server.SecretStages(name)
	if stages[rotation.Current] != version || stages[rotation.Previous] != first || stages[rotation.Pending] != "" || server.SecretTags(name)[rotation.ConfirmedTag] != version {
		t.Errorf("labels %v, tags %v", stages, server.SecretTags(name))
	}
	if got := server.Calls("UpdateSecretVersionStage"); got != 4 {
		t.Errorf("%d moves, want each made twice", got)
	}
}

// It is where it is to go, but another hand put it there.
func TestAMoveThatSomebodyElseMadeFromElsewhereIsAConflict(t *testing.T) {
	server, cfg := awstest.Start(t)
	s := store(t, cfg)
	first := server.PutSecret(name, rotationtest.FirstValue)
	waiting := server.PutSecret(name, value, rotation.Pending)
	server.PutSecret(name, "pasted-practice-key-pasted-practice-key")
	if err := s.Move(t.Context(), name, rotation.Current, server.SecretStages(name)[rotation.Current], waiting); err != nil {
		t.Fatal(err)
	}
	wantOnly(t, s.Move(t.Context(), name, rotation.Current, first, waiting), rotation.ErrConflict, "not on version")
}

func TestABinaryValueIsNone(t *testing.T) {
	server, cfg := awstest.Start(t)
	version := server.PutSecretBinary(name, []byte(value))
	_, err := store(t, cfg).Value(t.Context(), name, version)
	wantOnly(t, err, rotation.ErrNoValue, "store it as text")
}

func TestADescriptionSaysWhenTheFunctionIsCalledNext(t *testing.T) {
	server, cfg := awstest.Start(t)
	server.PutSecret(name, value)
	changed, next := time.UnixMilli(1_700_000_000_123), time.UnixMilli(1_800_000_000_000)
	server.SetRotation(name, awstest.Rotation{Enabled: true, LambdaARN: "arn:aws:lambda:eu-central-1:123456789012:function:rotate", Next: next})
	server.SetSecretChanged(name, changed)
	d, err := store(t, cfg).Describe(t.Context(), name)
	if err != nil || !d.Scheduled || !d.Next.Equal(next) || !d.Changed.Equal(changed) || d.ARN != server.SecretARN(name) {
		t.Errorf("%+v, %v", d, err)
	}
}

// parrot answers with what it was sent: as a refusal that quotes it, or as an
// answer that is none.
func parrot(t *testing.T, refuse bool) aws.Config {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		if !refuse {
			_, _ = io.WriteString(w, `["`+value+`"]`)
			return
		}
		out, _ := json.Marshal(map[string]string{"__type": "ValidationException", "Message": "1 validation error detected: Value '" + string(body) + "'"})
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write(out)
	}))
	t.Cleanup(server.Close)
	return awstest.Config(t, server.URL)
}

func TestNoErrorShowsAValue(t *testing.T) {
	for _, refuse := range []bool{true, false} {
		s := store(t, parrot(t, refuse))
		version := rotationtest.NewVersion()
		for operation, call := range methods(s, version, version+"2") {
			err := call(t.Context())
			if !refuse && err == nil && operation != "GetSecretValue" {
				continue // nothing of its answer is read
			}
			if err == nil || strings.Contains(err.Error(), "practice-key") {
				t.Errorf("%s, refused %t: %v, want an error without the value", operation, refuse, err)
			}
		}
	}
}
