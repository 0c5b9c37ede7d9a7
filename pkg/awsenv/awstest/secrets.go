package awstest

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"time"
)

const (
	region          = "eu-central-1"
	current         = "AWSCURRENT"
	previous        = "AWSPREVIOUS"
	secretARNPrefix = "arn:aws:secretsmanager:" + region + ":123456789012:secret:"
)

type secret struct {
	versions []*secretVersion
	deleted  bool
}

type secretVersion struct {
	id      string
	text    *string
	binary  []byte
	stages  []string
	created time.Time
}

// PutSecret adds a version to the secret, made when absent, and returns the
// version's id. Without stages the version becomes AWSCURRENT. As on AWS a
// stage moves to the new version from the one that had it, and the version
// that loses AWSCURRENT becomes AWSPREVIOUS.
func (s *Server) PutSecret(name, value string, stages ...string) (version string) {
	return s.putSecret(name, &secretVersion{text: &value, stages: stages})
}

// PutSecretBinary is PutSecret for a value kept as SecretBinary.
func (s *Server) PutSecretBinary(name string, value []byte, stages ...string) (version string) {
	return s.putSecret(name, &secretVersion{binary: value, stages: stages})
}

func (s *Server) putSecret(name string, v *secretVersion) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.secrets[name]
	if kept == nil {
		kept = &secret{}
		s.secrets[name] = kept
	}
	if len(v.stages) == 0 {
		v.stages = []string{current}
	}
	if loser := kept.byStage(current); loser != nil && slices.Contains(v.stages, current) {
		kept.unlabel(previous)
		loser.stages = append(loser.stages, previous)
	}
	for _, stage := range v.stages {
		kept.unlabel(stage)
	}
	v.id, v.created = rand.Text(), time.Now()
	kept.versions = append(kept.versions, v)
	return v.id
}

// DeleteSecret schedules the secret's deletion: from now on reading it is an
// InvalidRequestException, as it is on AWS until the recovery window ends.
func (s *Server) DeleteSecret(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if kept := s.secrets[name]; kept != nil {
		kept.deleted = true
	}
}

// SecretARN returns the ARN by which the secret can be read too.
func (s *Server) SecretARN(name string) string { return secretARNPrefix + name + "-AbCdEf" }

func (k *secret) byStage(stage string) *secretVersion {
	for _, v := range k.versions {
		if slices.Contains(v.stages, stage) {
			return v
		}
	}
	return nil
}

func (k *secret) unlabel(stage string) {
	for _, v := range k.versions {
		v.stages = slices.DeleteFunc(v.stages, func(s string) bool { return s == stage })
	}
}

// getSecretValue follows
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
func (s *Server) getSecretValue(body []byte) (any, error) {
	var in struct{ SecretId, VersionId, VersionStage string }
	if err := decode(body, &in, "SecretId", "VersionId", "VersionStage"); err != nil {
		return nil, err
	}
	if in.SecretId == "" {
		return nil, invalid("Invalid length for parameter SecretId")
	}
	var name string
	var kept *secret
	for n, k := range s.secrets {
		if in.SecretId == n || in.SecretId == s.SecretARN(n) {
			name, kept = n, k
		}
	}
	if kept == nil {
		return nil, &apiError{Code: "ResourceNotFoundException", Message: "Secrets Manager can't find the specified secret."}
	}
	if kept.deleted {
		return nil, &apiError{Code: "InvalidRequestException",
			Message: "You can't perform this operation on the secret because it was marked for deletion."}
	}
	v, err := kept.find(in.VersionId, in.VersionStage)
	if err != nil {
		return nil, err
	}
	out := map[string]any{
		"ARN":           s.SecretARN(name),
		"Name":          name,
		"VersionId":     v.id,
		"VersionStages": v.stages,
		"CreatedDate":   float64(v.created.UnixMilli()) / 1000,
	}
	if v.text != nil {
		out["SecretString"] = *v.text
	} else {
		out["SecretBinary"] = base64.StdEncoding.EncodeToString(v.binary)
	}
	return out, nil
}

func (k *secret) find(id, stage string) (*secretVersion, error) {
	if id == "" {
		if stage == "" {
			stage = current
		}
		if v := k.byStage(stage); v != nil {
			return v, nil
		}
		return nil, &apiError{Code: "ResourceNotFoundException",
			Message: fmt.Sprintf("Secrets Manager can't find the specified secret value for staging label: %s", stage)}
	}
	for _, v := range k.versions {
		switch {
		case v.id != id:
		case stage != "" && !slices.Contains(v.stages, stage):
			return nil, &apiError{Code: "InvalidRequestException",
				Message: "You provided a VersionStage that is not associated to the provided VersionId."}
		default:
			return v, nil
		}
	}
	return nil, &apiError{Code: "ResourceNotFoundException",
		Message: fmt.Sprintf("Secrets Manager can't find the specified secret value for VersionId: %s", id)}
}
