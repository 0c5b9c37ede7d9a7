package awstest

import (
	"cmp"
	"crypto/sha256"
	"slices"
)

// pageSize ends a page of a scan, in bytes. AWS's is 1 MB, which no test would
// fill.
const pageSize = 4 << 10

// scan returns a page of the items in an order that is neither that in which
// they were written nor that of their keys. As on AWS a page that is full ends
// with a LastEvaluatedKey though nothing may come after it.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html
func (s *Server) scan(body []byte) (any, error) {
	var in struct {
		TableName         string
		ConsistentRead    bool
		Limit             *int
		ExclusiveStartKey item
	}
	if err := decode(body, &in, "TableName", "ConsistentRead", "Limit", "ExclusiveStartKey"); err != nil {
		return nil, err
	}
	t, err := s.table(in.TableName)
	if err != nil {
		return nil, err
	}
	if in.Limit != nil && *in.Limit < 1 {
		return nil, invalid("1 validation error detected: Value at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1")
	}
	after := ""
	if in.ExclusiveStartKey != nil {
		if after, err = t.keyAlone(in.ExclusiveStartKey); err != nil {
			return nil, invalid("The provided starting key is invalid")
		}
	}
	page, last, size := []item{}, "", 0
	items, order := t.seen(in.ConsistentRead), t.order
	if order == nil || !in.ConsistentRead {
		order = scanOrder(items)
	}
	if in.ConsistentRead {
		t.order = order
	}
	from, found := slices.BinarySearchFunc(order, after, compareHashed)
	switch {
	case after == "":
		from = 0
	case found:
		from++
	}
	for _, key := range order[from:] {
		page, size = append(page, items[key]), size+items[key].size()
		if size >= pageSize || in.Limit != nil && len(page) == *in.Limit {
			last = key
			break
		}
	}
	out := map[string]any{"Items": page, "Count": len(page), "ScannedCount": len(page)}
	if last != "" {
		out["LastEvaluatedKey"] = item{t.key: value{"S": last}}
	}
	return out, nil
}

func scanOrder(items map[string]item) []string {
	var keys []string
	for key, it := range items {
		if it != nil {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, compareHashed)
	return keys
}

func compareHashed(a, b string) int {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return cmp.Or(slices.Compare(x[:], y[:]), cmp.Compare(a, b))
}
