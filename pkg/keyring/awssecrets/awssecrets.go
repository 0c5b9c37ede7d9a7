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

// The staging labels of the version that signs or seals, of the one that did
// before, and of the one that will:
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html
const (
	current  = "AWSCURRENT"
	previous = "AWSPREVIOUS"
	pending  = "AWSPENDING"
)

// Config configures a Source. All fields are required.
type Config struct {
	Client *secretsmanager.Client
	// SecretID is the secret's ARN or name. The function's role needs
	// secretsmanager:GetSecretValue on it, and for Keyring also DescribeSecret.
	SecretID string
}

// Source is a keyring.Source over one secret, which remembers nothing. Keys does.
type Source struct {
	secretID string
	// A method value, not the client: package html/template looks methods up
	// by name, which makes the linker keep every operation of a client that an
	// interface can reach.
	get      func(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
	describe func(context.Context, *secretsmanager.DescribeSecretInput, ...func(*secretsmanager.Options)) (*secretsmanager.DescribeSecretOutput, error)
}

var _ keyring.Source = (*Source)(nil)

// New makes no call.
func New(cfg Config) (*Source, error) {
	if cfg.Client == nil || cfg.SecretID == "" {
		return nil, errors.New("awssecrets: Client and SecretID are required")
	}
	return &Source{secretID: cfg.SecretID, get: cfg.Client.GetSecretValue, describe: cfg.Client.DescribeSecret}, nil
}

// PrefetchedText does what PrefetchedKeys does for a secret that is not a signing
// key, such as a Cognito client's: its text is taken as it is.
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

// Current fetches the AWSCURRENT version.
func (s *Source) Current(ctx context.Context) (keyring.Key, error) {
	fetched, err := s.fetch(ctx, current)
	if err != nil {
		return keyring.Key{}, err
	}
	return s.parse(fetched, keyring.Current)
}

// Keyring fetches the versions that have a stage: four calls at most.
func (s *Source) Keyring(ctx context.Context) (keyring.Keyring, error) {
	return s.keyring(ctx, nil)
}

// keyring leaves out to fetch what is in known, by its version: a version's value
// never changes.
func (s *Source) keyring(ctx context.Context, known map[string]keyring.Key) (keyring.Keyring, error) {
	out, err := s.describe(ctx, &secretsmanager.DescribeSecretInput{SecretId: aws.String(s.secretID)})
	if err != nil {
		return keyring.Keyring{}, s.worded(err, current)
	}
	versions := map[string]string{} // by stage
	for version, stages := range out.VersionIdsToStages {
		for _, stage := range stages {
			versions[stage] = version
		}
	}
	switch { // which fetching what is known would not show
	case out.DeletedDate != nil:
		return keyring.Keyring{}, s.worded(&types.InvalidRequestException{}, current)
	case versions[current] == "":
		return keyring.Keyring{}, s.worded(&types.ResourceNotFoundException{}, current)
	}
	key := func(label string, stage keyring.Stage) (keyring.Key, error) {
		version := versions[label]
		if k, ok := known[version]; ok {
			return k.In(stage), nil
		}
		fetched, err := s.get(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(s.secretID), VersionId: aws.String(version)})
		if err != nil {
			return keyring.Key{}, s.worded(err, label)
		}
		value, err := s.read(fetched)
		if err != nil {
			return keyring.Key{}, err
		}
		return s.parse(value, stage)
	}
	ring := keyring.Keyring{Changed: aws.ToTime(out.LastChangedDate)}
	if ring.Current, err = key(current, keyring.Current); err != nil {
		return keyring.Keyring{}, err
	}
	for label, stage := range map[string]keyring.Stage{pending: keyring.Pending, previous: keyring.Previous} {
		if version := versions[label]; version == "" || version == versions[current] {
			continue
		}
		other, err := key(label, stage)
		switch {
		case errors.Is(err, keyring.ErrUnavailable):
			return keyring.Keyring{}, err
		case err != nil:
			// Not yet given a value, taken away a moment ago, or not fit to sign.
			slog.WarnContext(ctx, "a version of a secret cannot stand in", "stage", label, "error", err)
		case stage == keyring.Pending:
			ring.Pending = other
		default:
			ring.Previous = other
		}
	}
	return ring, nil
}

func (s *Source) parse(fetched secret, stage keyring.Stage) (keyring.Key, error) {
	key, err := keyring.ParseKey(fetched.value, fetched.version)
	if err != nil {
		return keyring.Key{}, fmt.Errorf("secret %s: %w", s.secretID, err)
	}
	return key.MadeAt(fetched.made).In(stage), nil
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
	if err != nil {
		return secret{}, s.worded(err, stage)
	}
	return s.read(out)
}

func (s *Source) read(out *secretsmanager.GetSecretValueOutput) (secret, error) {
	if out.SecretString == nil {
		return secret{}, fmt.Errorf("secret %s: %w: it is stored as binary; store it as text", s.secretID, keyring.ErrUnusable)
	}
	return secret{redact.New(*out.SecretString), aws.ToString(out.VersionId), aws.ToTime(out.CreatedDate)}, nil
}

// worded makes of what AWS answers one of keyring's sentinels.
func (s *Source) worded(err error, stage string) error {
	var (
		notFound *types.ResourceNotFoundException
		invalid  *types.InvalidRequestException
		refused  smithy.APIError
	)
	switch {
	case errors.As(err, &notFound) && stage == previous:
		return fmt.Errorf("secret %s: %w: it has no %s version, as before its first change: %w", s.secretID, keyring.ErrAbsent, stage, err)
	case errors.As(err, &notFound) && stage == pending:
		return fmt.Errorf("secret %s: %w: its %s version has no value yet: %w", s.secretID, keyring.ErrAbsent, stage, err)
	case errors.As(err, &notFound):
		return fmt.Errorf("secret %s: %w: it does not exist or has no %s version; create it or correct the function's configuration: %w", s.secretID, keyring.ErrAbsent, stage, err)
	case errors.As(err, &invalid):
		return fmt.Errorf("secret %s: %w: it is marked for deletion; restore it in the console: %w", s.secretID, keyring.ErrAbsent, err)
	// Taken away as surely as if it were gone: no stale key may stand in.
	case errors.As(err, &refused) && (refused.ErrorCode() == "AccessDeniedException" || refused.ErrorCode() == "DecryptionFailure"):
		return fmt.Errorf("secret %s: %w: the function's role may not read it; see to its policy and the KMS key's: %w", s.secretID, keyring.ErrAbsent, err)
	}
	return fmt.Errorf("secret %s: %w: %w", s.secretID, keyring.ErrUnavailable, awsenv.WithoutAnswer(err))
}
