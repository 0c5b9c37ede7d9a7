package awstest

import (
	"bytes"
	"encoding/json"
	"math/big"
	"regexp"
	"slices"
	"strings"
)

// item is DynamoDB's JSON of an item.
type item map[string]value

// value is one attribute value: its type's name and, canonical so that equal
// values are DeepEqual, what it holds.
type value map[string]any

// UnmarshalJSON refuses what is not an attribute value:
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
func (v *value) UnmarshalJSON(text []byte) error {
	var typed map[string]json.RawMessage
	if err := json.Unmarshal(text, &typed); err != nil {
		return err
	}
	if len(typed) != 1 {
		return invalid("Supplied AttributeValue must contain exactly one of the supported datatypes")
	}
	for kind, raw := range typed {
		held, err := hold(kind, raw)
		if err != nil {
			return err
		}
		*v = value{kind: held}
	}
	return nil
}

func hold(kind string, raw json.RawMessage) (any, error) {
	switch kind {
	case "S":
		return decoded[string](raw)
	case "B":
		return decoded[[]byte](raw)
	case "BOOL":
		return decoded[bool](raw)
	case "L":
		return decoded[[]value](raw)
	case "M":
		return decoded[item](raw)
	case "N":
		text, err := decoded[string](raw)
		if err != nil {
			return nil, err
		}
		return canonicalNumber(text)
	case "NULL":
		if is, err := decoded[bool](raw); err != nil || !is {
			return nil, invalid("One or more parameter values were invalid: Null attribute value types must have the value of true")
		}
		return true, nil
	case "SS":
		set, err := decoded[[]string](raw)
		if err != nil {
			return nil, err
		}
		slices.Sort(set)
		if size := len(set); size == 0 || len(slices.Compact(set)) != size {
			return nil, invalid("One or more parameter values were invalid: an empty set, or one that contains duplicates")
		}
		return set, nil
	}
	return nil, invalid("awstest does not know the attribute type %s", kind)
}

func decoded[T any](raw json.RawMessage) (v T, err error) {
	if string(raw) == "null" {
		return v, invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
	}
	return v, json.Unmarshal(raw, &v)
}

func canonicalNumber(text string) (string, error) {
	parts := regexp.MustCompile(`^[+-]?(\d*\.?\d+)([eE][+-]?\d{1,3})?$`).FindStringSubmatch(text)
	if parts == nil {
		return "", invalid("The parameter cannot be converted to a numeric value: %s", text)
	}
	if len(strings.Trim(strings.ReplaceAll(parts[1], ".", ""), "0")) > 38 {
		return "", invalid("Attempting to store more than 38 significant digits in a Number")
	}
	return numberText(rational(text)), nil
}

func rational(text string) *big.Rat {
	n, _ := new(big.Rat).SetString(text) // of canonicalNumber's form, so it is one
	return n
}

func numberText(n *big.Rat) string {
	digits, _ := n.FloatPrec()
	return n.FloatString(digits)
}

// compare orders two values of one type; there is an order for S, N and B.
func compare(a, b value) (order int, ok bool) {
	if s, is := a["S"].(string); is {
		t, both := b["S"].(string)
		return strings.Compare(s, t), both
	}
	if s, is := a["B"].([]byte); is {
		t, both := b["B"].([]byte)
		return bytes.Compare(s, t), both
	}
	n, isN := a["N"].(string)
	m, both := b["N"].(string)
	if !isN || !both {
		return 0, false
	}
	return rational(n).Cmp(rational(m)), true
}
