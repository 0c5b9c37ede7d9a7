package awssecrets_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/keyring/awssecrets"
	"deskpro-login/pkg/realpart"
)

const (
	name  = "deskpro/users"
	value = "practice-key-practice-key-practice-key"
)

func source(t *testing.T, cfg aws.Config) *awssecrets.Source {
	t.Helper()
	s, err := awssecrets.New(awssecrets.Config{Client: secretsmanager.NewFromConfig(cfg), SecretID: name})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheCurrentVersionSigns(t *testing.T) {
	server, cfg := awstest.Start(t)
	s := source(t, cfg)
	for _, row := range []struct{ stored, want string }{{value, value}, {`{"key":"` + value + `-2"}`, value + "-2"}} {
		version := server.PutSecret(name, row.stored)
		key, err := s.Current(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := string(key.Bytes()); got != row.want || key.Version() != version {
			t.Errorf("key %q of version %q, want %q of %q", got, key.Version(), row.want, version)
		}
	}
	if got := server.Calls("GetSecretValue"); got != 2 {
		t.Errorf("%d calls for two keyrings, want 2", got)
	}
}

func TestWhatTheStoreSaysBecomesASentinelThatTellsWhatToDo(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*awstest.Server)
		want   error
		says   string
	}{
		{"an absent secret", func(*awstest.Server) {}, keyring.ErrAbsent, "create it"},
		{"a secret marked for deletion", func(s *awstest.Server) { s.PutSecret(name, value); s.DeleteSecret(name) }, keyring.ErrAbsent, "restore it"},
		{"a secret without a current version", func(s *awstest.Server) { s.PutSecret(name, value, "AWSPENDING") }, keyring.ErrAbsent, "no AWSCURRENT version"},
		{"a binary secret", func(s *awstest.Server) { s.PutSecretBinary(name, []byte(value)) }, keyring.ErrUnusable, "store it as text"},
		{"a short key", func(s *awstest.Server) { s.PutSecret(name, "short-but-secret") }, keyring.ErrUnusable, "at least 32"},
		{"a trailing newline", func(s *awstest.Server) { s.PutSecret(name, value+"\n") }, keyring.ErrUnusable, "newline"},
		{"a role without permission", func(s *awstest.Server) { s.Inject("GetSecretValue", awstest.Fault{Code: "AccessDeniedException"}) }, keyring.ErrAbsent, "may not read it"},
		{"a KMS key that is disabled", func(s *awstest.Server) { s.Inject("GetSecretValue", awstest.Fault{Code: "DecryptionFailure"}) }, keyring.ErrAbsent, "KMS"},
		{"a store that is down", func(s *awstest.Server) { s.Inject("GetSecretValue", awstest.Fault{Code: "InternalServiceError"}) }, keyring.ErrUnavailable, name},
	} {
		t.Run(row.name, func(t *testing.T) {
			server, cfg := awstest.Start(t)
			row.change(server)
			_, err := source(t, cfg).Current(t.Context())
			if !errors.Is(err, row.want) || !strings.Contains(err.Error(), row.says) || !strings.Contains(err.Error(), name) {
				t.Fatalf("error = %v, want %v that says %q and names the secret", err, row.want, row.says)
			}
			for _, other := range []error{keyring.ErrAbsent, keyring.ErrUnusable, keyring.ErrUnavailable} {
				if other != row.want && errors.Is(err, other) {
					t.Errorf("error is %v, too", other)
				}
			}
			for _, secret := range []string{value, "short-but-secret"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("error shows the value: %v", err)
				}
			}
		})
	}
}

func TestAHangEndsWithTheContext(t *testing.T) {
	server, cfg := awstest.Start(t)
	server.Inject("GetSecretValue", awstest.Fault{Hang: true})
	defer server.Clear()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := source(t, cfg).Current(ctx); !errors.Is(err, keyring.ErrUnavailable) {
		t.Errorf("error = %v, want ErrUnavailable", err)
	}
}

func TestPrefetchedKeysHasTheKeyBeforeItIsAsked(t *testing.T) {
	server, cfg := awstest.Start(t)
	server.PutSecret(name, value)
	config := awssecrets.Config{Client: secretsmanager.NewFromConfig(cfg), SecretID: name}
	cache, err := awssecrets.PrefetchedKeys(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	server.Inject("GetSecretValue", awstest.Fault{Code: "InternalServiceError"})
	if _, err := cache.Current(t.Context()); err != nil {
		t.Errorf("the first request had to ask: %v", err)
	}
}

func TestAFailedPrefetchIsMadeUpForByTheFirstRequest(t *testing.T) {
	server, cfg := awstest.Start(t)
	config := awssecrets.Config{Client: secretsmanager.NewFromConfig(cfg), SecretID: name}
	cache, err := awssecrets.PrefetchedKeys(t.Context(), config)
	if err != nil {
		t.Fatalf("the function would not start: %v", err)
	}
	server.PutSecret(name, value)
	if _, err := cache.Current(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestPrefetchedTextIsTakenAsItIs(t *testing.T) {
	server, cfg := awstest.Start(t)
	server.PutSecret(name, "short, no key")
	get, err := awssecrets.PrefetchedText(t.Context(), awssecrets.Config{Client: secretsmanager.NewFromConfig(cfg), SecretID: name})
	if err != nil {
		t.Fatal(err)
	}
	if text, err := get(t.Context()); err != nil || text.Reveal() != "short, no key" || server.Calls("GetSecretValue") != 1 {
		t.Errorf("got %q, %v after %d calls", text.Reveal(), err, server.Calls("GetSecretValue"))
	}
}

func TestMotoAgrees(t *testing.T) {
	cfg := awstest.Config(t, realpart.Address(t, "VERIFY_MOTO"))
	client := secretsmanager.NewFromConfig(cfg)
	id := "deskpro/" + strings.ToLower(t.Name())
	s, err := awssecrets.New(awssecrets.Config{Client: client, SecretID: id})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Current(t.Context()); !errors.Is(err, keyring.ErrAbsent) {
		t.Errorf("before it exists: %v, want ErrAbsent", err)
	}
	if _, err := client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &id, SecretString: aws.String(value)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = client.DeleteSecret(context.Background(), &secretsmanager.DeleteSecretInput{SecretId: &id, ForceDeleteWithoutRecovery: aws.Bool(true)})
	})
	first, err := s.Current(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{SecretId: &id, SecretString: aws.String(value + "-2")}); err != nil {
		t.Fatal(err)
	}
	second, err := s.Current(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if string(first.Bytes()) != value || string(second.Bytes()) != value+"-2" || first.Version() == second.Version() {
		t.Errorf("keys %q of %q, then %q of %q", first.Bytes(), first.Version(), second.Bytes(), second.Version())
	}
}
