// Package awsrotation keeps the secrets that are rotated in AWS Secrets Manager.
package awsrotation

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/rotation"
)

// Config configures a Store.
type Config struct {
	// Client is required. Its caller needs secretsmanager:DescribeSecret and
	// GetSecretValue on each secret, and PutSecretValue, UpdateSecretVersionStage,
	// TagResource and UntagResource for what it changes of them.
	Client *secretsmanager.Client
}

// call is an operation of the client: a method value, not the client. See
// awssecrets.Source, which says what that spares.
type call[I, O any] func(context.Context, *I, ...func(*secretsmanager.Options)) (*O, error)

// Store is a rotation.Store, which takes a secret's ARN or its name.
type Store struct {
	describe call[secretsmanager.DescribeSecretInput, secretsmanager.DescribeSecretOutput]
	get      call[secretsmanager.GetSecretValueInput, secretsmanager.GetSecretValueOutput]
	put      call[secretsmanager.PutSecretValueInput, secretsmanager.PutSecretValueOutput]
	move     call[secretsmanager.UpdateSecretVersionStageInput, secretsmanager.UpdateSecretVersionStageOutput]
	tag      call[secretsmanager.TagResourceInput, secretsmanager.TagResourceOutput]
	untag    call[secretsmanager.UntagResourceInput, secretsmanager.UntagResourceOutput]
}

var _ rotation.Store = (*Store)(nil)

// New makes no call.
func New(cfg Config) (*Store, error) {
	c := cfg.Client
	if c == nil {
		return nil, errors.New("awsrotation: Client is required")
	}
	return &Store{c.DescribeSecret, c.GetSecretValue, c.PutSecretValue, c.UpdateSecretVersionStage, c.TagResource, c.UntagResource}, nil
}

// Describe is one call: its answer is never in pages.
func (s *Store) Describe(ctx context.Context, secretID string) (rotation.Description, error) {
	out, err := s.describe(ctx, &secretsmanager.DescribeSecretInput{SecretId: &secretID})
	switch {
	case err != nil:
		return rotation.Description{}, worded(secretID, err)
	case out.DeletedDate != nil:
		return rotation.Description{}, fmt.Errorf("secret %s: %w: it is marked for deletion; restore it in the console", secretID, rotation.ErrAbsent)
	}
	d := rotation.Description{
		ARN: aws.ToString(out.ARN), Stages: map[string][]string{}, Tags: map[string]string{}, Changed: aws.ToTime(out.LastChangedDate),
		Scheduled: aws.ToBool(out.RotationEnabled), Next: aws.ToTime(out.NextRotationDate),
	}
	for version, labels := range out.VersionIdsToStages {
		if len(labels) > 0 {
			d.Stages[version] = labels
		}
	}
	for _, tag := range out.Tags {
		d.Tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return d, nil
}

// Value asks again where Secrets Manager does not say which of them is not there,
// the secret or the value.
func (s *Store) Value(ctx context.Context, secretID, version string) (rotation.Value, error) {
	out, err := s.get(ctx, &secretsmanager.GetSecretValueInput{SecretId: &secretID, VersionId: &version})
	switch {
	case err != nil && (notFound(err) || malformed(err)):
		if _, err := s.Describe(ctx, secretID); err != nil {
			return rotation.Value{}, err
		}
		return rotation.Value{}, fmt.Errorf("secret %s, version %s: %w", secretID, version, rotation.ErrNoValue)
	case err != nil:
		return rotation.Value{}, worded(secretID, err)
	case out.SecretString == nil:
		return rotation.Value{}, fmt.Errorf("secret %s, version %s: %w: it is stored as binary; store it as text", secretID, version, rotation.ErrNoValue)
	}
	return rotation.Value{Text: redact.New(*out.SecretString), Made: aws.ToTime(out.CreatedDate)}, nil
}

// Put returns no text of Secrets Manager's, which may quote what it refuses.
func (s *Store) Put(ctx context.Context, secretID, version string, text redact.Secret) error {
	_, err := s.put(ctx, &secretsmanager.PutSecretValueInput{
		SecretId: &secretID, ClientRequestToken: &version, SecretString: aws.String(text.Reveal()), VersionStages: []string{rotation.Pending},
	})
	if _, exists := errors.AsType[*types.ResourceExistsException](err); exists {
		return fmt.Errorf("secret %s, version %s: %w: it has another value, and a version has one for ever", secretID, version, rotation.ErrConflict)
	}
	if err != nil {
		return worded(secretID, withoutText(err))
	}
	return nil
}

// Move looks where the label is when it is refused, for an attempt whose answer
// was lost may have got through.
func (s *Store) Move(ctx context.Context, secretID, label, from, to string) error {
	if from == "" && to == "" {
		return fmt.Errorf("secret %s: %w: %s is to move from nowhere to nowhere", secretID, rotation.ErrDenied, label)
	}
	in := &secretsmanager.UpdateSecretVersionStageInput{SecretId: &secretID, VersionStage: &label}
	if from != "" {
		in.RemoveFromVersionId = &from
	}
	if to != "" {
		in.MoveToVersionId = &to
	}
	_, err := s.move(ctx, in)
	switch {
	case err == nil:
		return nil
	case !notFound(err) && !malformed(err):
		return worded(secretID, err)
	}
	d, describeErr := s.Describe(ctx, secretID)
	if describeErr != nil {
		return describeErr
	}
	switch at := d.At(label); {
	case at == to && (label != rotation.Current || d.At(rotation.Previous) == from):
		return nil
	case at != from:
		return fmt.Errorf("secret %s: %w: %s is not on version %q but on %q", secretID, rotation.ErrConflict, label, from, at)
	}
	return fmt.Errorf("secret %s: %w: %s cannot move from version %q to %q, which must be there and have a value: %w", secretID, rotation.ErrDenied, label, from, to, err)
}

// Tag sets or removes a tag.
func (s *Store) Tag(ctx context.Context, secretID, key, value string) error {
	var err error
	if value == "" {
		_, err = s.untag(ctx, &secretsmanager.UntagResourceInput{SecretId: &secretID, TagKeys: []string{key}})
	} else {
		_, err = s.tag(ctx, &secretsmanager.TagResourceInput{SecretId: &secretID, Tags: []types.Tag{{Key: &key, Value: &value}}})
	}
	if err != nil {
		return worded(secretID, err)
	}
	return nil
}
