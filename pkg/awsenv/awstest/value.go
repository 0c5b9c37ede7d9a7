package awstest

import (
	"encoding/json"
	"slices"
)

// item is DynamoDB's JSON of an item.
type item map[string]value

// maxItem is an item's greatest size in bytes,
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
const maxItem = 400 << 10

// size returns about what AWS counts: names and values.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
func (it item) size() (n int) {
	for name, v := range it {
		n += len(name) + v.size()
	}
	return n
}

func (v value) size() int {
	const nested = 3 // of a list or map, beside 1 for each that it holds
	for _, held := range v {
		switch held := held.(type) {
		case string:
			return len(held)
		case []byte:
			return len(held)
		case []string:
			n := 0
			for _, text := range held {
				n += len(text)
			}
			return n
		case []value:
			n := nested
			for _, element := range held {
				n += 1 + element.size()
			}
			return n
		case item:
			return nested + len(held) + held.size()
		}
	}
	return 1
}

// value is one attribute value: its type's name and what it holds.
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
	case "NULL":
		if string(raw) == "true" {
			return true, nil
		}
	case "L":
		return decoded[[]value](raw)
	case "M":
		return decoded[item](raw)
	case "N":
		text, err := decoded[string](raw)
		if err != nil {
			return nil, err
		}
		if _, err := decoded[float64](json.RawMessage(text)); err != nil {
			return nil, invalid("The parameter cannot be converted to a numeric value: %s", text)
		}
		return text, nil
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
