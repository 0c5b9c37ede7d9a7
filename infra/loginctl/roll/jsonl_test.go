package roll

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func TestJSONLines(t *testing.T) {
	for _, row := range []struct {
		name, file string
		want       []string
	}{
		{"is read by its keys", `{"login": "a", "disabled": true, "groups": ["x", "y"], "attributes": {"k": "v", "l": null}, "alias": null}` + "\n" + `{"login":"b"}`,
			[]string{`1 login="a" disabled=true groups=["x" "y"] attributes=[{"k" "v"} {"l" ""}] alias=null`, `2 login="b"`}},
		{"may have a byte order mark, CRLF and empty lines", "\ufeff{\"login\":\"a\"}\r\n \r\n\n{\"login\":\"b\"}\r\n", []string{`1 login="a"`, `4 login="b"`}},
		{"has escapes", `{"log\u0069n":"\u00e9\n\ud83d\ude00"}`, []string{`1 login="é\n😀"`}},
		{"has half a surrogate, which rows are checked for", `{"login":"a\ud83d"}`, []string{"1 login=\"a\ufffd\""}},
		{"has a number", `{"login":4711}`, []string{`1 login=odd`}},
		{"has a list of other things", `{"groups":["a",null]}`, []string{`1 groups=odd`}},
		{"has an attribute that is no text", `{"attributes":{"k":1}}`, []string{`1 !attributes: "k" is not text`}},
		{"has an attribute twice", `{"attributes":{"k":"1","k":"2"}}`, []string{`1 !attributes: the key "k" is there twice`}},
		{"has a key twice", `{"login":"a","logi\u006e":"b"}`, []string{`1 !the key "login" is there twice`}},
		{"has an empty object", `{}`, []string{`1 !it is an empty object`}},
		{"has something behind the object", `{"login":"a"} {"login":"b"}`, []string{`1 !there is something behind the object`}},
		{"has an object over several lines", "{\"login\":\n\"a\"}", []string{`1 !it is not a JSON object`, `2 !it is not a JSON object`}},
		{"has other JSON", "1\n\"a\"\n{\"login\":\"a\"}\n[]", []string{`1 !it is not a JSON object`, `2 !it is not a JSON object`, `3 login="a"`, `4 !it is not a JSON object`}},
		{"is not UTF-8", "{\"login\":\"\xff\"}", []string{`1 !it is not valid UTF-8`}},
		{"has a row that is too long", `{"login":"` + strings.Repeat("x", maxRow) + "\"}\n" + `{"login":"b"}`, []string{`1 !it has more than 64 KiB`, `2 login="b"`}},
		{"has a row of spaces that is too long", strings.Repeat(" ", maxRow+1) + "\n" + `{"login":"b"}`, []string{`1 !it has more than 64 KiB`, `2 login="b"`}},
		{"is nested deeply", `{"login":` + strings.Repeat("[", 20_000) + `}`, []string{`1 !it is not a JSON object`}},
	} {
		t.Run("a file that "+row.name, func(t *testing.T) {
			for name, source := range map[string]io.Reader{
				"at once":          strings.NewReader(row.file),
				"a byte at a time": iotest.OneByteReader(strings.NewReader(row.file)),
			} {
				got, err := all(t, JSONL, source, 0)
				if err != nil || !slices.Equal(got, row.want) {
					t.Errorf("%s: %q, %v\nwant %q", name, got, err, row.want)
				}
			}
		})
	}
}

// What is taken means what encoding/json says that it means.
func FuzzJSONLine(f *testing.F) {
	for _, line := range []string{
		`{"login":"a","groups":["x"],"attributes":{"k":null},"disabled":false}`, `{"a":1}`, `{"a":"b","a":"c"}`, `{"\ud800":"\u0000"}`, `[`, `{"a":{}}{`, `{"A":[],"a":[]}`,
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		found, err := members(line)
		if err != nil {
			return
		}
		theirs := map[string]any{}
		if err := json.Unmarshal(line, &theirs); err != nil {
			t.Fatalf("taken, but: %v", err)
		}
		ours := map[string]any{}
		for _, m := range found {
			switch m.value.kind {
			case null:
				ours[m.name] = nil
			case text:
				ours[m.name] = m.value.text
			case flag:
				ours[m.name] = m.value.flag
			case list:
				ours[m.name] = fmt.Sprint(m.value.list)
				theirs[m.name] = fmt.Sprint(theirs[m.name])
			case object:
				attributes := map[string]any{}
				for _, p := range m.value.object {
					attributes[p.name] = p.text
				}
				ours[m.name] = fmt.Sprint(attributes)
				for name, value := range theirs[m.name].(map[string]any) {
					if value == nil {
						theirs[m.name].(map[string]any)[name] = ""
					}
				}
				theirs[m.name] = fmt.Sprint(theirs[m.name])
			case odd:
				delete(theirs, m.name) // it is refused
			}
		}
		if !maps.Equal(ours, theirs) {
			t.Errorf("%s is read as %v, want %v", line, ours, theirs)
		}
	})
}
