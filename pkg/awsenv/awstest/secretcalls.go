package awstest

import (
	"bytes"
	"slices"
	"strings"
	"time"
)

func notFound(message string) error {
	return &apiError{Code: "ResourceNotFoundException", Message: "Secrets Manager can't find " + message}
}

func badParameter(message string) error {
	return &apiError{Code: "InvalidParameterException", Message: message}
}

// secret finds one by its name or its whole ARN; on AWS part of one may do, too.
func (s *Server) secret(id string) (*secret, error) {
	for _, kept := range s.secrets {
		if kept.name == id || kept.arn == id {
			return kept, nil
		}
	}
	return nil, notFound("the specified secret.")
}

// live finds one that is not marked for deletion.
func (s *Server) live(id string) (*secret, error) {
	kept, err := s.secret(id)
	if err == nil && !kept.deleted.IsZero() {
		return nil, &apiError{Code: "InvalidRequestException",
			Message: "You can't perform this operation on the secret because it was marked for deletion."}
	}
	return kept, err
}

// checkVersionID refuses what cannot be a version's id.
func checkVersionID(parameter, id string) error {
	if id != "" && (len(id) < 32 || len(id) > 64) {
		return invalid("1 validation error detected: Value at '%s' failed to satisfy constraint: Member must have a length of 32 to 64", parameter)
	}
	return nil
}

// epoch is a date in AWS JSON, to the millisecond.
func epoch(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
func (s *Server) getSecretValue(body []byte) (any, error) {
	var in struct{ SecretId, VersionId, VersionStage string }
	if err := decode(body, &in, "SecretId", "VersionId", "VersionStage"); err != nil {
		return nil, err
	}
	if err := checkVersionID("versionId", in.VersionId); err != nil {
		return nil, err
	}
	kept, err := s.live(in.SecretId)
	if err != nil {
		return nil, err
	}
	id, wanted := in.VersionId, "VersionId: "+in.VersionId
	if id == "" {
		if in.VersionStage == "" {
			in.VersionStage = current
		}
		id, wanted = kept.stages[in.VersionStage], "staging label: "+in.VersionStage
	}
	v := kept.versions[id]
	switch {
	case v != nil && in.VersionStage != "" && kept.stages[in.VersionStage] != id:
		return nil, &apiError{Code: "InvalidRequestException",
			Message: "You provided a VersionStage that is not associated to the provided VersionId."}
	case v == nil || v.empty():
		return nil, notFound("the specified secret value for " + wanted)
	}
	out := map[string]any{
		"ARN": kept.arn, "Name": kept.name, "VersionId": id, "VersionStages": kept.labels(id), "CreatedDate": epoch(v.created),
	}
	if v.text != nil {
		out["SecretString"] = *v.text
	} else {
		out["SecretBinary"] = v.binary // base64, as encoding/json has it
	}
	return out, nil
}

// describeSecret leaves out versions without a label.
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html
func (s *Server) describeSecret(body []byte) (any, error) {
	var in struct{ SecretId string }
	if err := decode(body, &in, "SecretId"); err != nil {
		return nil, err
	}
	kept, err := s.secret(in.SecretId)
	if err != nil {
		return nil, err
	}
	stages := map[string][]string{}
	for _, id := range kept.stages {
		stages[id] = kept.labels(id)
	}
	out := map[string]any{
		"ARN": kept.arn, "Name": kept.name, "CreatedDate": epoch(kept.created), "LastChangedDate": epoch(kept.changed), "VersionIdsToStages": stages,
	}
	var tags []tag
	for key, value := range kept.tags {
		tags = append(tags, tag{key, value})
	}
	if tags != nil {
		out["Tags"] = tags
	}
	if kept.rotation.Enabled {
		out["RotationEnabled"] = true
	}
	if kept.rotation.LambdaARN != "" {
		out["RotationLambdaARN"] = kept.rotation.LambdaARN
	}
	if !kept.rotation.Next.IsZero() {
		out["NextRotationDate"] = epoch(kept.rotation.Next)
	}
	if !kept.deleted.IsZero() {
		out["DeletedDate"] = epoch(kept.deleted)
	}
	return out, nil
}

// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
func (s *Server) putSecretValue(body []byte) (any, error) {
	var in struct {
		SecretId, ClientRequestToken string
		SecretString                 *string
		SecretBinary                 []byte
		VersionStages                []string
	}
	if err := decode(body, &in, "SecretId", "ClientRequestToken", "SecretString", "SecretBinary", "VersionStages"); err != nil {
		return nil, err
	}
	kept, err := s.live(in.SecretId)
	if err != nil {
		return nil, err
	}
	switch {
	case len(in.ClientRequestToken) < 32 || len(in.ClientRequestToken) > 64:
		return nil, badParameter("ClientRequestToken must be 32-64 characters long.")
	case (in.SecretString == nil || *in.SecretString == "") == (len(in.SecretBinary) == 0):
		return nil, &apiError{Code: "InvalidRequestException", Message: "You must provide either SecretString or SecretBinary."}
	case slices.Contains(in.VersionStages, ""):
		return nil, badParameter("A staging label can't be empty.")
	}
	v := &secretVersion{id: in.ClientRequestToken, text: in.SecretString, binary: in.SecretBinary}
	switch was := kept.versions[v.id]; {
	case was == nil || was.empty():
		if len(in.VersionStages) == 0 || kept.stages[current] == "" && !slices.Contains(in.VersionStages, current) {
			in.VersionStages = append(in.VersionStages, current)
		}
		kept.put(v, in.VersionStages)
	case !was.same(v):
		return nil, &apiError{Code: "ResourceExistsException", Message: "You can't use ClientRequestToken " + v.id +
			" because that value is already in use for a version of secret " + kept.arn + "."}
	}
	return map[string]any{"ARN": kept.arn, "Name": kept.name, "VersionId": v.id, "VersionStages": kept.labels(v.id)}, nil
}

func (v *secretVersion) same(other *secretVersion) bool {
	if v.text == nil || other.text == nil {
		return v.text == other.text && bytes.Equal(v.binary, other.binary)
	}
	return *v.text == *other.text
}

// updateSecretVersionStage refuses more than AWS may where its documentation
// leaves room: a label that is where it is to go already.
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html
func (s *Server) updateSecretVersionStage(body []byte) (any, error) {
	var in struct{ SecretId, VersionStage, MoveToVersionId, RemoveFromVersionId string }
	if err := decode(body, &in, "SecretId", "VersionStage", "MoveToVersionId", "RemoveFromVersionId"); err != nil {
		return nil, err
	}
	label, from, to := in.VersionStage, in.RemoveFromVersionId, in.MoveToVersionId
	if err := checkVersionID("moveToVersionId", to); err != nil {
		return nil, err
	}
	if err := checkVersionID("removeFromVersionId", from); err != nil {
		return nil, err
	}
	kept, err := s.live(in.SecretId)
	if err != nil {
		return nil, err
	}
	at := kept.stages[label]
	switch {
	case label == "":
		return nil, badParameter("You must provide a VersionStage.")
	case from == "" && to == "":
		return nil, badParameter("You must provide MoveToVersionId, RemoveFromVersionId or both.")
	case from == "" && at != "":
		return nil, badParameter("The parameter RemoveFromVersionId can't be empty. Staging label " + label + " is currently attached to version " + at +
			", so you must explicitly reference that version in RemoveFromVersionId.")
	case from != at:
		return nil, badParameter("The parameter RemoveFromVersionId is not valid. Staging label " + label + " is not attached to version " + from + ".")
	case from == to:
		return nil, badParameter("awstest does not know a move of a label from a version to itself.")
	case to == "" && label == current:
		return nil, badParameter("You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.")
	case to == "":
		delete(kept.stages, label)
	case kept.versions[to] == nil:
		return nil, notFound("the specified secret value for VersionId: " + to)
	case label == current && kept.versions[to].empty():
		return nil, badParameter("awstest does not know a current version without a value.")
	default:
		kept.move(label, to)
	}
	kept.changed = time.Now()
	return map[string]any{"ARN": kept.arn, "Name": kept.name}, nil
}

type tag struct{ Key, Value string }

// maxTags are a resource's at most:
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/managing-secrets_tagging.html
const maxTags = 50

// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_TagResource.html
func (s *Server) tagResource(body []byte) (any, error) {
	var in struct {
		SecretId string
		Tags     []tag
	}
	if err := decode(body, &in, "SecretId", "Tags"); err != nil {
		return nil, err
	}
	kept, err := s.live(in.SecretId)
	if err != nil {
		return nil, err
	}
	count := len(kept.tags)
	for _, t := range in.Tags {
		if t.Key == "" || len(t.Key) > 128 || len(t.Value) > 256 || strings.HasPrefix(t.Key, "aws:") {
			return nil, badParameter("A tag's key has 1 to 128 characters and does not begin with aws:, its value has 256 at most.")
		}
		if _, there := kept.tags[t.Key]; !there {
			count++
		}
	}
	if count > maxTags {
		return nil, badParameter("A secret has 50 tags at most.")
	}
	for _, t := range in.Tags {
		kept.tags[t.Key] = t.Value
	}
	kept.changed = time.Now()
	return map[string]any{}, nil
}

// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UntagResource.html
func (s *Server) untagResource(body []byte) (any, error) {
	var in struct {
		SecretId string
		TagKeys  []string
	}
	if err := decode(body, &in, "SecretId", "TagKeys"); err != nil {
		return nil, err
	}
	kept, err := s.live(in.SecretId)
	if err != nil {
		return nil, err
	}
	for _, key := range in.TagKeys {
		if _, there := kept.tags[key]; there {
			delete(kept.tags, key)
			kept.changed = time.Now()
		}
	}
	return map[string]any{}, nil
}
