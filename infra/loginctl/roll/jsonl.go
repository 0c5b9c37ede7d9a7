package roll

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"deskpro-login/infra/loginctl/hint"
)

// jsonlReader reads JSON Lines: an object a line, empty lines passed over.
type jsonlReader struct {
	lines         *lines
	ignoreColumns bool
	begun         bool
	line          []byte
}

func openJSONL(in *lines, ignoreColumns bool) (*jsonlReader, error) {
	return &jsonlReader{lines: in, ignoreColumns: ignoreColumns}, nil
}

// next implements reader.
func (j *jsonlReader) next() (record, error) {
	for {
		long, err := j.read()
		switch {
		case errors.Is(err, io.EOF) && !j.begun:
			return record{}, hint.With(errEmpty, `each of its lines is an object: {"login": "mara", "email": "mara@example.com", "name": "Mara"}`)
		case err != nil:
			return record{}, err
		}
		row := record{line: j.lines.number, last: j.lines.number}
		trimmed := bytes.TrimSpace(j.line)
		switch {
		case !j.begun && bytes.HasPrefix(trimmed, []byte("[")):
			return record{}, hint.With(errors.New("the file is one JSON array"), "put each object on a line of its own: jq -c '.[]' FILE")
		case len(trimmed) == 0 && !long:
			continue
		case long:
			row.problem = fmt.Sprintf("it has more than %d KiB", maxRow>>10)
		default:
			row.members, err = members(trimmed)
			if err == nil {
				err = j.check(row.members)
			}
			if err != nil {
				row.problem = err.Error()
			}
		}
		j.begun = true
		if row.problem != "" && row.members == nil {
			row.raw = string(trimmed)
		}
		return row, nil
	}
}

// read reads a line, and of a long one the first maxRow bytes.
func (j *jsonlReader) read() (long bool, err error) {
	for j.line = j.line[:0]; ; {
		part, end, err := j.lines.piece()
		if err != nil {
			return false, err
		}
		kept := min(len(part), maxRow-len(j.line))
		long = long || kept < len(part)
		j.line = append(j.line, part[:kept]...)
		if end {
			return long, nil
		}
	}
}

// check refuses keys that are none: there is no header to refuse them in.
func (j *jsonlReader) check(found []member) error {
	var strange []string
	for _, m := range found {
		if !known(JSONL, m.name) {
			strange = append(strange, m.name)
		}
	}
	if len(strange) == 0 || j.ignoreColumns {
		return nil
	}
	return fmt.Errorf("%s; what is an attribute belongs into the object attributes", strings.Replace(unknown(JSONL, strange), "column", "key", 1))
}

var errObject = errors.New("it is not a JSON object")

// members takes an object apart. encoding/json would let the last of several
// members with one name win, and replace what is not UTF-8.
func members(line []byte) ([]member, error) {
	if !utf8.Valid(line) {
		return nil, errors.New("it is not valid UTF-8")
	}
	var found []member
	err := eachMember(line, func(name string, raw json.RawMessage) error {
		if slices.ContainsFunc(found, func(m member) bool { return m.name == name }) {
			return fmt.Errorf("the key %q is there twice", shortened(name))
		}
		if len(found) == maxColumns {
			return fmt.Errorf("it has more than %d keys", maxColumns)
		}
		v, err := parse(raw)
		if err != nil {
			return fmt.Errorf("%s: %w", shortened(name), err)
		}
		found = append(found, member{name: name, value: v, json: bytes.Clone(raw)})
		return nil
	})
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, errors.New("it is an empty object")
	}
	return found, nil
}

// eachMember calls each for every member of the one object in data.
func eachMember(data []byte, each func(name string, raw json.RawMessage) error) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return errObject
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return errObject
		}
		var raw json.RawMessage
		if err := decoder.Decode(&raw); err != nil {
			return errObject
		}
		if err := each(name.(string), raw); err != nil {
			return err
		}
	}
	if _, err := decoder.Token(); err != nil {
		return errObject
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is something behind the object")
	}
	return nil
}

// parse reads a value of a type that columns have.
func parse(raw json.RawMessage) (v value, err error) {
	switch raw[0] {
	case 'n':
		return value{kind: null}, nil
	case '"':
		v.kind, err = text, json.Unmarshal(raw, &v.text)
	case 't', 'f':
		v.kind, err = flag, json.Unmarshal(raw, &v.flag)
	case '[':
		// Of pointers: a null among strings would else become "".
		var texts []*string
		if json.Unmarshal(raw, &texts) != nil || slices.Contains(texts, nil) {
			return value{kind: odd}, nil
		}
		v.kind = list
		for _, t := range texts {
			v.list = append(v.list, *t)
		}
	case '{':
		v.kind = object
		err = eachMember(raw, func(name string, raw json.RawMessage) error {
			if slices.ContainsFunc(v.object, func(p pair) bool { return p.name == name }) {
				return fmt.Errorf("the key %q is there twice", shortened(name))
			}
			inner, err := parse(raw)
			if err != nil || inner.kind != text && inner.kind != null {
				return fmt.Errorf("%q is not text", shortened(name))
			}
			v.object = append(v.object, pair{name, inner.text})
			return nil
		})
	default:
		v.kind = odd
	}
	return v, err
}

// encoded is v in JSON without escapes that only HTML needs.
func encoded(v any) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(err) // strings, lists and maps of them always encode
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}
