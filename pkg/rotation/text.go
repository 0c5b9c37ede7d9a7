package rotation

import (
	"bytes"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/redact"
)

// inFormOf returns the key as it is to be stored: as plain text, unless current is
// a JSON object with the key in it (keyring.ParseKey); then as that object with
// this one, and whatever else is in it. It is ErrUnfit for a key that would be
// read as another from there.
func inFormOf(current, key redact.Secret) (redact.Secret, error) {
	text := key
	if members, ok := object(current.Reveal()); ok {
		name := "key"
		for _, member := range slices.Sorted(maps.Keys(members)) {
			// As encoding/json finds it: another spelling would be a second one.
			if strings.EqualFold(member, "key") {
				name = member
				delete(members, member)
			}
		}
		members[name] = key.Reveal()
		var b bytes.Buffer
		encoder := json.NewEncoder(&b)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(members); err != nil {
			return redact.Secret{}, fmt.Errorf("%w: it cannot be a text in JSON, which the secret is stored as", ErrUnfit)
		}
		text = redact.New(strings.TrimSuffix(b.String(), "\n"))
	}
	read, err := keyring.ParseKey(text, "")
	if err != nil || subtle.ConstantTimeCompare(read.Bytes(), []byte(key.Reveal())) == 0 {
		return redact.Secret{}, fmt.Errorf("%w: it would not be read as it is stored; generate another", ErrUnfit)
	}
	return text, nil
}

// object returns the members of a JSON object that has a key. Those that are not
// the key stay as they are, number for number.
func object(text string) (map[string]any, bool) {
	var holder struct{ Key *string }
	var raw map[string]json.RawMessage
	if !strings.HasPrefix(text, "{") || json.Unmarshal([]byte(text), &holder) != nil || holder.Key == nil || json.Unmarshal([]byte(text), &raw) != nil {
		return nil, false
	}
	members := make(map[string]any, len(raw))
	for name, value := range raw {
		members[name] = value
	}
	return members, true
}
