package rotation_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/rotation"
)

// stored is what a new key is stored as where the current value is this one.
func (h *house) stored(t *testing.T, currentValue, key string) (string, error) {
	t.Helper()
	h.store.Create(users, first, currentValue)
	version, err := h.Stage(t.Context(), "users", redact.New(key))
	if err != nil {
		return "", err
	}
	value, err := h.store.Value(t.Context(), users, version)
	if err != nil {
		t.Fatal(err)
	}
	return value.Text.Reveal(), nil
}

func TestTheFormOfTheCurrentValueIsKept(t *testing.T) {
	for _, row := range []struct{ name, current, want string }{
		{"plain text", usersKey, newKey},
		{"an object", `{"key":"` + usersKey + `"}`, `{"key":"` + newKey + `"}`},
		{"an object with other members", `{"note":"<&>","key":"` + usersKey + `","n":12345678901234567890,"a":[1, {"key":"x"}]}`, `{"a":[1,{"key":"x"}],"key":"` + newKey + `","n":12345678901234567890,"note":"<&>"}`},
		{"an object that spells it otherwise", `{"Key":"` + usersKey + `"}`, `{"Key":"` + newKey + `"}`},
		{"an object that has it twice", `{"KEY":"x","key":"` + usersKey + `"}`, `{"key":"` + newKey + `"}`},
		{"an object without a key", `{"secret":"x"}`, newKey},
		{"an object whose key is no text", `{"key":5}`, newKey},
		{"an object whose key is null", `{"key":null}`, newKey},
		{"no JSON, though it begins so", `{"key":"` + usersKey, newKey},
		{"a list", `["key"]`, newKey},
		{"too short, and waiting for a better one", "short", newKey},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := newHouse(t)
			got, err := h.stored(t, row.current, newKey)
			want(t, nil, err)
			if got != row.want {
				t.Errorf("stored as %s, want %s", got, row.want)
			}
		})
	}
}

func TestTheFunctionKeepsTheFormToo(t *testing.T) {
	h := newHouse(t)
	h.store.Create(users, first, `{"key":"`+usersKey+`","note":"x"}`)
	version := h.store.Begin(users, second)
	want(t, nil, h.step(t, "createSecret", version))
	value, err := h.store.Value(t.Context(), users, version)
	want(t, nil, err)
	var object struct{ Key, Note string }
	if err := json.Unmarshal([]byte(value.Text.Reveal()), &object); err != nil || len(object.Key) != 64 || object.Note != "x" {
		t.Errorf("stored as an object with a key of %d bytes and the note %q, %v", len(object.Key), object.Note, err)
	}
}

// FuzzForm: whatever the current value is, the new key is read from what is
// stored, and nothing else is lost.
func FuzzForm(f *testing.F) {
	for _, seed := range []string{usersKey, `{"key":"x"}`, `{"KEY":"x","kEy":"y"}`, "{\"\u212Aey\":\"x\"}", `{"key":"x","a":{"key":null}}`, `{"":0,"key":""}`, `{"key":"x"} `, "{\"key\":\"\xff\"}", `{`} {
		f.Add(seed, newKey)
	}
	f.Add(`{"key":"x"}`, "practice-key \"quoted\" \\ and <&>  \u2028 é")
	f.Fuzz(func(t *testing.T, currentValue, key string) {
		h := newHouse(t)
		parsed, err := keyring.ParseKey(redact.New(key), "")
		text, stageErr := h.stored(t, currentValue, key)
		if stageErr != nil {
			if key == newKey && !strings.Contains(currentValue, newKey) && !strings.Contains(currentValue, `\`) {
				t.Fatalf("refused: %v", stageErr)
			}
			if len(key) >= 32 && strings.Contains(stageErr.Error(), key) {
				t.Fatal("the error shows the key")
			}
			return
		}
		if err != nil {
			t.Fatalf("staged what is no key: %v", err)
		}
		read, err := keyring.ParseKey(redact.New(text), "")
		if err != nil || !read.Same(parsed) {
			t.Fatalf("%q became %q, which is read as another key: %v", currentValue, text, err)
		}
		before, after := map[string]json.RawMessage{}, map[string]json.RawMessage{}
		if _, err := keyring.ParseKey(redact.New(currentValue), ""); err != nil || json.Unmarshal([]byte(currentValue), &before) != nil {
			return
		}
		if err := json.Unmarshal([]byte(text), &after); err != nil {
			t.Fatalf("%q became %q, which is no object: %v", currentValue, text, err)
		}
		other := func(name string, _ json.RawMessage) bool { return strings.EqualFold(name, "key") }
		maps.DeleteFunc(before, other)
		maps.DeleteFunc(after, other)
		if len(before) != len(after) {
			t.Fatalf("%q became %q", currentValue, text)
		}
	})
}

// FuzzStep: an event that nobody sent is refused, and changes nothing.
func FuzzStep(f *testing.F) {
	f.Add("createSecret", users, first)
	f.Add("finishSecret", "", "")
	f.Fuzz(func(t *testing.T, step, secretID, version string) {
		h := newHouse(t)
		_ = h.Step(t.Context(), rotation.Event{Step: step, SecretId: secretID, ClientRequestToken: version})
		h.wantLabels(t, map[string]string{rotation.Current: first})
	})
}
