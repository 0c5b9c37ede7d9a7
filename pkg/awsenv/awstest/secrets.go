package awstest

import (
	"crypto/rand"
)

const (
	current  = "AWSCURRENT"
	previous = "AWSPREVIOUS"
)

type secret struct {
	versions map[string]secretVersion // by stage
	deleted  bool
}

type secretVersion struct {
	id     string
	text   *string
	binary []byte
}

// PutSecret adds a version to the secret, made when absent, and returns the
// version's id. The stages move to it from the versions that had them; without
// stages it is AWSCURRENT. Where AWSCURRENT moves, AWSPREVIOUS moves to the
// version that had it.
func (s *Server) PutSecret(name, value string, stages ...string) (version string) {
	return s.putSecret(name, secretVersion{text: &value}, stages)
}

// PutSecretBinary is PutSecret for a current value kept as SecretBinary.
func (s *Server) PutSecretBinary(name string, value []byte) (version string) {
	return s.putSecret(name, secretVersion{binary: value}, nil)
}

func (s *Server) putSecret(name string, v secretVersion, stages []string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.secrets[name] == nil {
		s.secrets[name] = &secret{versions: map[string]secretVersion{}}
	}
	if len(stages) == 0 {
		stages = []string{current}
	}
	v.id = rand.Text()
	versions := s.secrets[name].versions
	for _, stage := range stages {
		if was, ok := versions[current]; ok && stage == current {
			versions[previous] = was
		}
		versions[stage] = v
	}
	return v.id
}

// RevertSecret has AWSCURRENT and AWSPREVIOUS change places, as on AWS when the
// former is moved back.
func (s *Server) RevertSecret(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	versions := s.secrets[name].versions
	versions[current], versions[previous] = versions[previous], versions[current]
}

// DeleteSecret schedules the secret's deletion: from now on reading it is an
// InvalidRequestException, as it is on AWS until the recovery window ends.
func (s *Server) DeleteSecret(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets[name].deleted = true
}

// getSecretValue finds a secret by its name, not by its ARN.
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
func (s *Server) getSecretValue(body []byte) (any, error) {
	in := struct{ SecretId, VersionStage string }{VersionStage: current}
	if err := decode(body, &in, "SecretId", "VersionStage"); err != nil {
		return nil, err
	}
	kept := s.secrets[in.SecretId]
	if kept == nil {
		return nil, &apiError{Code: "ResourceNotFoundException", Message: "Secrets Manager can't find the specified secret."}
	}
	if kept.deleted {
		return nil, &apiError{Code: "InvalidRequestException",
			Message: "You can't perform this operation on the secret because it was marked for deletion."}
	}
	v, ok := kept.versions[in.VersionStage]
	if !ok {
		return nil, &apiError{Code: "ResourceNotFoundException",
			Message: "Secrets Manager can't find the specified secret value for staging label: " + in.VersionStage}
	}
	out := map[string]any{"Name": in.SecretId, "VersionId": v.id}
	if v.text != nil {
		out["SecretString"] = *v.text
	} else {
		out["SecretBinary"] = v.binary // base64, as encoding/json has it
	}
	return out, nil
}
