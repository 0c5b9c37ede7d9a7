package stack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"deskpro-login/infra/loginctl/hint"
)

// maxFile bounds a file of outputs in bytes.
const maxFile = 4 << 20

// HowToSave is the hint for outputs that cannot be read.
const HowToSave = "save them with: aws cloudformation describe-stacks --stack-name deskpro-login --output json > outputs.json"

// defaultName is the stack's in samconfig.toml; sam list does not tell it.
const defaultName = "deskpro-login"

// Read reads the answer of `aws cloudformation describe-stacks` or of `sam list
// stack-outputs`, both as JSON. A name says which stack is wanted; empty means
// the only one.
func Read(file io.Reader, name string) (Stack, error) {
	content, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	switch {
	case err != nil:
		return Stack{}, hint.With(fmt.Errorf("reading outputs: %w", err), HowToSave)
	case len(content) > maxFile:
		return Stack{}, hint.With(fmt.Errorf("reading outputs: there are more than %d bytes", maxFile), HowToSave)
	case bytes.HasPrefix(content, []byte("\xff\xfe")) || bytes.HasPrefix(content, []byte("\xfe\xff")):
		return Stack{}, hint.With(errors.New("reading outputs: the file is UTF-16, as older PowerShells write it"),
			"write it as UTF-8: … --output json | Out-File -Encoding utf8 outputs.json")
	}
	d, err := pick(bytes.TrimSpace(content), shortName(name))
	if err != nil {
		return Stack{}, err
	}
	return Parse(d)
}

// pick decodes content and chooses the stack.
func pick(content []byte, name string) (Description, error) {
	if bytes.HasPrefix(content, []byte("[")) { // as sam list prints them
		d := Description{StackName: name}
		if name == "" {
			d.StackName = defaultName
		}
		return d, decode(content, &d.Outputs)
	}
	var answer struct{ Stacks []Description }
	if err := decode(content, &answer); err != nil {
		return Description{}, err
	}
	names := []string{}
	for _, d := range answer.Stacks {
		if !ValidName(d.StackName) {
			return Description{}, hint.With(fmt.Errorf("reading outputs: %.100q is no stack's name", d.StackName), HowToSave)
		}
		if d.StackName == name || name == "" && len(answer.Stacks) == 1 {
			return d, nil
		}
		names = append(names, d.StackName)
	}
	if len(names) == 0 {
		return Description{}, hint.With(errors.New("reading outputs: there is no stack in them"), HowToSave)
	}
	if name == "" {
		return Description{}, hint.With(fmt.Errorf("reading outputs: there are %d stacks in them", len(names)), "say which with --stack: %.200q", names)
	}
	return Description{}, hint.With(fmt.Errorf("reading outputs: the stack %s is not among them", name), "there is %.200q", names)
}

func decode(content []byte, into any) error {
	if len(content) == 0 {
		return hint.With(errors.New("reading outputs: there is nothing"), HowToSave)
	}
	if err := json.Unmarshal(content, into); err != nil {
		return hint.With(fmt.Errorf("reading outputs: they are not what AWS or SAM prints as JSON: %w", err), HowToSave)
	}
	return nil
}
