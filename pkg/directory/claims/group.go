package claims

import (
	"fmt"
	"net/url"
	"strings"
)

// list reads groups: a list of strings or, as a custom attribute can only hold
// text, one string.
func list(token map[string]any, claim string) ([]string, error) {
	switch value := token[claim].(type) {
	case nil:
		return nil, nil
	case string:
		if claim == defaults()[groups] {
			return nil, fmt.Errorf("claim %s is a string, not a list", claim)
		}
		return fromText(claim, value)
	case []any:
		var names []string
		for _, item := range value {
			name, ok := item.(string)
			if !ok {
				return nil, fmt.Errorf("claim %s holds a %T, not a string", claim, item)
			}
			names = append(names, name)
		}
		return names, nil
	default:
		return nil, fmt.Errorf("claim %s is a %T, not a list", claim, value)
	}
}

// fromText reads what Cognito makes of an identity provider's attribute. Several
// values are separated by commas in brackets, and form-encoded each: [a,b%2Cc].
// A single one is as the provider sent it, so that a comma in it is its own: it
// must not make a second group.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-specifying-attribute-mapping.html
func fromText(claim, text string) ([]string, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	inner, opened := strings.CutPrefix(text, "[")
	inner, closed := strings.CutSuffix(inner, "]")
	if !opened || !closed {
		return []string{text}, nil
	}
	var names []string
	for encoded := range strings.SplitSeq(inner, ",") {
		// An encoded value has no spaces of its own.
		name, err := url.QueryUnescape(strings.TrimSpace(encoded))
		if err != nil {
			return nil, fmt.Errorf("claim %s holds a value that is not form-encoded", claim)
		}
		if name != "" {
			names = append(names, name)
		}
	}
	return names, nil
}
