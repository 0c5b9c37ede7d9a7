package awstest

import (
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"time"
)

const (
	current  = "AWSCURRENT"
	previous = "AWSPREVIOUS"
	pending  = "AWSPENDING"
)

// secret keeps versions by id, and by label which version has it.
type secret struct {
	name, arn        string
	versions         map[string]*secretVersion
	stages           map[string]string
	tags             map[string]string
	created, changed time.Time
	deleted          time.Time // zero: it is not
	rotation         Rotation
}

// secretVersion without text and binary has no value yet.
type secretVersion struct {
	id      string
	text    *string
	binary  []byte
	created time.Time
}

func (v *secretVersion) empty() bool { return v.text == nil && v.binary == nil }

// Rotation is what DescribeSecret says of a secret's rotation. Nothing is ever
// rotated: see BeginRotation.
type Rotation struct {
	Enabled   bool
	LambdaARN string
	Next      time.Time // zero: not told
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
	kept, now := s.secrets[name], time.Now()
	if kept == nil {
		kept = &secret{
			name: name, arn: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:" + name + "-" + rand.Text()[:6],
			versions: map[string]*secretVersion{}, stages: map[string]string{}, tags: map[string]string{}, created: now,
		}
		s.secrets[name] = kept
	}
	if len(stages) == 0 {
		stages = []string{current}
	}
	v.id = versionID()
	kept.put(&v, stages)
	return v.id
}

// versionID is a random UUID, as the SDK makes them.
func versionID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// put adds v, or puts it in the place of the empty version of its id.
func (k *secret) put(v *secretVersion, stages []string) {
	now := time.Now()
	v.created, k.changed = now, now
	k.versions[v.id] = v
	for _, label := range stages {
		k.move(label, v.id)
	}
}

// move gives label to a version. A version left without label is deprecated, but
// can be read by its id as long as AWS keeps it: here, for ever.
func (k *secret) move(label, version string) {
	if was := k.stages[current]; label == current && was != "" && was != version {
		k.stages[previous] = was
	}
	k.stages[label] = version
}

// labels of a version, sorted.
func (k *secret) labels(version string) []string {
	var labels []string
	for label, at := range k.stages {
		if at == version {
			labels = append(labels, label)
		}
	}
	slices.Sort(labels)
	return labels
}

// RevertSecret has AWSCURRENT and AWSPREVIOUS change places, as on AWS when the
// former is moved back.
func (s *Server) RevertSecret(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.secrets[name]
	kept.move(current, kept.stages[previous])
	kept.changed = time.Now()
}

// DeleteSecret schedules the secret's deletion: from now on every call but
// DescribeSecret is an InvalidRequestException, as it is on AWS until the
// recovery window ends.
func (s *Server) DeleteSecret(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets[name].deleted = time.Now()
}

// BeginRotation does what RotateSecret does before it calls the function for the
// first time, and returns the ClientRequestToken of its events: it makes a
// version without a value and labels it AWSPENDING. Where a version has that
// label that is not the current one, its rotation is attempted again instead.
func (s *Server) BeginRotation(name string) (token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.secrets[name]
	if waiting := kept.stages[pending]; waiting != "" && waiting != kept.stages[current] {
		return waiting
	}
	token = versionID()
	kept.put(&secretVersion{id: token}, []string{pending})
	return token
}

// SetRotation sets what DescribeSecret says of the secret's rotation.
func (s *Server) SetRotation(name string, r Rotation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets[name].rotation = r
}

// SetSecretChanged sets the secret's LastChangedDate until it changes again.
func (s *Server) SetSecretChanged(name string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets[name].changed = at
}

// SecretARN returns the ARN by which the secret is known besides its name.
func (s *Server) SecretARN(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.secrets[name].arn
}

// SecretStages returns which version has each label.
func (s *Server) SecretStages(name string) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.secrets[name].stages)
}

// SecretTags returns the secret's tags.
func (s *Server) SecretTags(name string) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.secrets[name].tags)
}

// SecretText returns a version's value, empty where it has none or is not there.
func (s *Server) SecretText(name, version string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := s.secrets[name].versions[version]; v != nil && v.text != nil {
		return *v.text
	}
	return ""
}
