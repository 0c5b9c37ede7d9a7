// Package awssecrets fetches signing keys from AWS Secrets Manager, one secret
// per door, and other secrets by their versions.
package awssecrets

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"

	"deskpro-login/pkg/awsenv"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/redact"
)

// The staging labels of the version that signs or seals, and of the one that did
// before: https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html
const (
	current  = "AWSCURRENT"
	previous = "AWSPREVIOUS"
)

// Config configures a Source. All fields are required.
type Config struct {
	Client *secretsmanager.Client
	// SecretID is the secret's ARN or name. The function's role needs
	// secretsmanager:GetSecretValue on it.
	SecretID string
}

// Source is a keyring.Source over one secret.
type Source struct {
	secretID string
	// A method value, not the client: package html/template looks methods up
	// by name, which makes the linker keep every operation of a client that an
	// interface can reach.
	get func(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
}

var _ keyring.Source = (*Source)(nil)

// New makes no call.
func New(cfg Config) (*Source, error) {
	if cfg.Client == nil || cfg.SecretID == "" {
		return nil, errors.New("awssecrets: Client and SecretID are required")
	}
	return &Source{secretID: cfg.SecretID, get: cfg.Client.GetSecretValue}, nil
}

// PrefetchedKeys returns the keyring of cfg's secret, cached and asked for once
// already. Do that before the function says that it is ready: until then it has
// a whole CPU, afterwards its share of one, and a TLS handshake costs nine times
// as much. Should it fail, the log says why and the first request asks again;
// ctx bounds how long start-up waits.
func PrefetchedKeys(ctx context.Context, cfg Config) (keyring.Source, error) {
	source, err := New(cfg)
	if err != nil {
		return nil, err
	}
	get, err := prefetched(ctx, source.Keyring)
	return keyring.SourceFunc(get), err
}

// PrefetchedText does the same for a secret that is not a signing key, such as
// a Cognito client's: its text is taken as it is.
func PrefetchedText(ctx context.Context, cfg Config) (func(context.Context) (redact.Secret, error), error) {
	source, err := New(cfg)
	if err != nil {
		return nil, err
	}
	return prefetched(ctx, func(ctx context.Context) (redact.Secret, error) {
		fetched, err := source.fetch(ctx, current)
		return fetched.value, err
	})
}

func prefetched[T any](ctx context.Context, fetch func(context.Context) (T, error)) (func(context.Context) (T, error), error) {
	cache, err := keyring.NewCache(keyring.CacheConfig[T]{Fetch: fetch})
	if err != nil {
		return nil, err
	}
	prefetch(ctx, cache.Get)
	return cache.Get, nil
}

func prefetch[T any](ctx context.Context, get func(context.Context) (T, error)) {
	if _, err := get(ctx); err != nil {
		slog.ErrorContext(ctx, "cannot fetch a secret yet", "error", err)
	}
}

// Keyring fetches the AWSCURRENT version.
func (s *Source) Keyring(ctx context.Context) (keyring.Keyring, error) {
	fetched, err := s.fetch(ctx, current)
	if err != nil {
		return keyring.Keyring{}, err
	}
	key, err := keyring.ParseKey(fetched.value, fetched.version)
	if err != nil {
		return keyring.Keyring{}, fmt.Errorf("secret %s: %w", s.secretID, err)
	}
	return keyring.Keyring{Current: key.MadeAt(fetched.made)}, nil
}

// secret is one version of a secret.
type secret struct {
	value   redact.Secret
	version string
	made    time.Time
}

func (s *Source) fetch(ctx context.Context, stage string) (secret, error) {
	out, err := s.get(ctx, &secretsmanager.GetSecretValueInput{
		SecretId:     aws.String(s.secretID),
		VersionStage: aws.String(stage),
	})
	var (
		notFound *types.ResourceNotFoundException
		invalid  *types.InvalidRequestException
		refused  smithy.APIError
	)
	switch {
	case errors.As(err, &notFound) && stage == previous:
		return secret{}, fmt.Errorf("secret %s: %w: it has no %s version, as before its first change: %w", s.secretID, keyring.ErrAbsent, stage, err)
	case errors.As(err, &notFound):
		return secret{}, fmt.Errorf("secret %s: %w: it does not exist or has no %s version; create it or correct the function's configuration: %w", s.secretID, keyring.ErrAbsent, stage, err)
	case errors.As(err, &invalid):
		return secret{}, fmt.Errorf("secret %s: %w: it is marked for deletion; restore it in the console: %w", s.secretID, keyring.ErrAbsent, err)
	// Taken away as surely as if it were gone: no stale key may stand in.
	case errors.As(err, &refused) && (refused.ErrorCode() == "AccessDeniedException" || refused.ErrorCode() == "DecryptionFailure"):
		return secret{}, fmt.Errorf("secret %s: %w: the function's role may not read it; see to its policy and the KMS key's: %w", s.secretID, keyring.ErrAbsent, err)
	case err != nil:
		return secret{}, fmt.Errorf("secret %s: %w: %w", s.secretID, keyring.ErrUnavailable, awsenv.WithoutAnswer(err))
	case out.SecretString == nil:
		return secret{}, fmt.Errorf("secret %s: %w: it is stored as binary; store it as text", s.secretID, keyring.ErrUnusable)
	}
	return secret{redact.New(*out.SecretString), aws.ToString(out.VersionId), aws.ToTime(out.CreatedDate)}, nil
}
