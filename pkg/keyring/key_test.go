package keyring_test

import (
	"errors"
	"strings"
	"testing"

	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/redact"
)

func TestParseKey(t *testing.T) {
	const good = "correct-horse-battery-staple-0123456789"
	for _, row := range []struct {
		name, value string
		want        string // empty: refused
	}{
		{"a plain string is the key, byte for byte", good, good},
		{"32 bytes are enough", good[:32], good[:32]},
		{"31 bytes are not", good[:31], ""},
		{"bytes count, not characters", strings.Repeat("é", 16), strings.Repeat("é", 16)},
		{"an empty value is refused", "", ""},
		{"a trailing newline is refused", good + "\n", ""},
		{"a trailing space is refused", good + " ", ""},
		{"a leading tab is refused", "\t" + good, ""},
		{"a space inside is part of the key", "correct horse battery staple 0123", "correct horse battery staple 0123"},
		{"a newline inside is refused", good[:16] + "\n" + good[16:], ""},
		{"a NUL inside is refused", good + "\x00" + good, ""},
		{"bytes that are not UTF-8 are refused", good + "\xff", ""},
		{"base64 is not decoded", "bm90IGRlY29kZWQsIG5vdCBkZWNvZGVkLCBub3QgZGVjb2RlZA==", "bm90IGRlY29kZWQsIG5vdCBkZWNvZGVkLCBub3QgZGVjb2RlZA=="},
		{"the console's JSON object is read", `{"key": "` + good + `"}`, good},
		{"further members of the object are ignored", `{"user": "x", "key": "` + good + `"}`, good},
		{"a newline within the JSON string is refused", `{"key": "` + good + `\n"}`, ""},
		{"a short key in JSON is refused", `{"key": "short"}`, ""},
		{"JSON without the key is refused, not used as the key", `{"secret": "` + good + `"}`, ""},
		{"JSON whose key is no string is refused", `{"key": 12345678901234567890123456789012}`, ""},
		{"a key that merely begins with a brace is the key", "{" + good, "{" + good},
	} {
		t.Run(row.name, func(t *testing.T) {
			key, err := keyring.ParseKey(redact.New(row.value), "v1")
			if row.want == "" {
				if !errors.Is(err, keyring.ErrUnusable) {
					t.Fatalf("error = %v, want ErrUnusable", err)
				}
				if row.value != "" && strings.Contains(err.Error(), row.value) {
					t.Fatalf("error shows the value: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := string(key.Bytes()); got != row.want {
				t.Errorf("key = %q, want %q", got, row.want)
			}
			if got := key.Version(); got != "v1" {
				t.Errorf("version = %q, want v1", got)
			}
		})
	}
}

func TestKeysAreTheSameByWhatTheySignWith(t *testing.T) {
	parse := func(value, version string) keyring.Key {
		key, err := keyring.ParseKey(redact.New(value), version)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	const one, other = "correct-horse-battery-staple-0123456789", "correct-horse-battery-staple-0123456780"
	if !parse(one, "v1").Same(parse(`{"key": "`+one+`"}`, "v2")) {
		t.Error("a key is not the same as itself in JSON")
	}
	if parse(one, "v1").Same(parse(other, "v1")) {
		t.Error("two keys are the same")
	}
}
