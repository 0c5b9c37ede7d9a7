package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
)

// The directories, as DIRECTORY names them.
const (
	dynamodb = "dynamodb"
	cognito  = "cognito"
)

//go:embed calls.json
var callsFile []byte

// request is what one kind of request makes the functions do, as the test in
// functions/calls_test.go has counted it.
type request struct {
	Kind      string         `json:"kind"`
	Directory string         `json:"directory"` // empty where it makes no difference
	Function  string         `json:"function"`
	Status    int            `json:"status"`
	Secrets   int            `json:"secrets_at_start"`
	Calls     map[string]int `json:"calls"`
	Reads     float64        `json:"read_units"`
	Writes    float64        `json:"write_units"`
	// Of these units the accounts table's; the others are the state table's.
	AccountReads  float64 `json:"account_read_units"`
	AccountWrites float64 `json:"account_write_units"`
	LogLines      int     `json:"log_lines"`
	LogBytes      int     `json:"log_bytes"`
	AnswerBytes   int     `json:"answer_bytes"`
}

//go:embed measured.json
var measuredFile []byte

// measured is what was measured last with -record, on which machine.
type measured struct {
	Date    string  `json:"date"`
	Machine string  `json:"machine"`
	Sizes   []size  `json:"sizes"`
	Load    []level `json:"load"`
}

// facts are what the model works with.
type facts struct {
	requests []request
	measured measured
	guesses  []guess
}

func known() (facts, error) {
	var f facts
	if err := decode(callsFile, &f.requests); err != nil {
		return f, fmt.Errorf("reading calls.json: %w", err)
	}
	if err := decode(measuredFile, &f.measured); err != nil {
		return f, fmt.Errorf("reading measured.json: %w", err)
	}
	var err error
	if f.guesses, err = guesses(); err != nil {
		return f, err
	}
	return f, nil
}

func decode(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

// request finds a kind with a directory. A kind that is not there is a
// programmer's error.
func (f facts) request(kind, directory string) request {
	for _, r := range f.requests {
		if r.Kind == kind && (r.Directory == "" || r.Directory == directory) {
			return r
		}
	}
	panic("calls.json has no " + kind + " with " + directory)
}

// size finds the measurement that stands for a kind: the ones with a wrong
// password take what a sign-in takes, for nobody shall tell them apart, and so
// does one before a code. A code itself is some calls and no hash, like a
// redirect.
func (f facts) size(kind, directory string, memory int) size {
	switch kind {
	case "redirect after a pause", "code":
		kind = "redirect"
	case "wrong password", "unknown account", "password before a code":
		kind = "sign-in"
	}
	for _, s := range f.measured.Sizes {
		if s.Kind == kind && s.Memory == memory && (s.Directory == "" || s.Directory == directory) {
			return s
		}
	}
	panic("measured.json has no " + kind + " with " + directory)
}
