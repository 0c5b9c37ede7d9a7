package awstest

import (
	"encoding/json"
	"slices"
)

// Limits of a batch,
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
const (
	maxKeys     = 100
	maxResponse = 16 << 20
)

type keysOfTable struct {
	Keys           []item
	ConsistentRead bool `json:",omitempty"`
}

// batchGetItem answers in no order that the keys have. It leaves keys
// unprocessed for a Fault's sake, or for their items' size.
func (s *Server) batchGetItem(body []byte) (any, error) {
	var in struct{ RequestItems map[string]json.RawMessage }
	if err := decode(body, &in, "RequestItems"); err != nil {
		return nil, err
	}
	if len(in.RequestItems) != 1 {
		return nil, invalid("awstest knows batches of one table only")
	}
	out := struct {
		Responses       map[string][]item
		UnprocessedKeys map[string]keysOfTable
	}{map[string][]item{}, map[string]keysOfTable{}}
	for name, body := range in.RequestItems {
		t, err := s.table(name)
		if err != nil {
			return nil, err
		}
		var asked keysOfTable
		if err := decode(body, &asked, "Keys", "ConsistentRead"); err != nil {
			return nil, err
		}
		found, left, err := t.getMany(asked, s.leave)
		if err != nil {
			return nil, err
		}
		out.Responses[name] = found
		if len(left) > 0 {
			out.UnprocessedKeys[name] = keysOfTable{left, asked.ConsistentRead}
		}
	}
	return out, nil
}

// getMany leaves the last keys, so many of them.
func (t *table) getMany(asked keysOfTable, leave int) (found, left []item, err error) {
	switch n := len(asked.Keys); {
	case n == 0:
		return nil, nil, invalid("1 validation error detected: Member must have length greater than or equal to 1")
	case n > maxKeys:
		return nil, nil, invalid("Too many items requested for the BatchGetItem call")
	}
	keys := map[string]bool{}
	found, size := []item{}, 0
	for i, given := range asked.Keys {
		key, err := t.keyAlone(given)
		if err != nil {
			return nil, nil, err
		}
		if keys[key] {
			return nil, nil, invalid("Provided list of item keys contains duplicates")
		}
		keys[key] = true
		it := t.seen(asked.ConsistentRead)[key]
		if size += it.size(); i >= len(asked.Keys)-leave || size > maxResponse {
			left = append(left, given)
		} else if it != nil {
			found = append(found, it)
		}
	}
	slices.Reverse(found)
	return found, left, nil
}
