package awstest

import (
	"encoding/json"
	"maps"
)

// table keeps items by the text of their key. before is what each item was
// before its last write: see getItem.
type table struct {
	key           string
	items, before map[string]item
}

// CreateTable makes an empty table whose partition key is the string attribute
// key; a table of that name is replaced.
func (s *Server) CreateTable(name, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tables[name] = &table{key: key, items: map[string]item{}, before: map[string]item{}}
}

// PutItem stores an item given in DynamoDB's JSON, as the console shows it:
//
//	{"login": {"S": "ada@example.com"}, "disabled": {"BOOL": true}}
//
// A table that is unknown or an item that is not one is a panic.
func (s *Server) PutItem(name, itemJSON string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var it item
	if err := json.Unmarshal([]byte(itemJSON), &it); err != nil {
		panic(err)
	}
	t := s.tables[name]
	key, err := t.keyOf(it)
	if err != nil {
		panic(err)
	}
	t.write(key, it)
	t.write(key, it) // old enough for every reader
}

// Items returns the table's items in DynamoDB's JSON by their key.
func (s *Server) Items(name string) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	shown := map[string]string{}
	for key, it := range s.tables[name].items {
		text, err := json.Marshal(it)
		if err != nil {
			panic(err)
		}
		shown[key] = string(text)
	}
	return shown
}

// keyOf returns the key of an item or of a Key parameter.
func (t *table) keyOf(it item) (string, error) {
	key, ok := it[t.key]["S"].(string)
	switch {
	case !ok:
		return "", invalid("One of the required keys was not given a value")
	case key == "":
		return "", invalid("One or more parameter values are not valid. The AttributeValue for a key attribute "+
			"cannot contain an empty string value. Key: %s", t.key)
	case len(key) > 2048:
		return "", invalid("One or more parameter values were invalid: " +
			"Size of hashkey has exceeded the maximum size limit of2048 bytes")
	}
	return key, nil
}

func (t *table) write(key string, it item) {
	t.before[key] = t.items[key]
	if it == nil {
		delete(t.items, key)
		return
	}
	t.items[key] = it
}

type input struct {
	TableName                 string
	Key, Item                 item
	ConsistentRead            bool
	ConditionExpression       *string
	UpdateExpression          *string
	ExpressionAttributeNames  map[string]string
	ExpressionAttributeValues map[string]value
	ReturnValues              string
}

// begin decodes body, which may have the parameters known, and finds the table
// and the key meant.
func (s *Server) begin(body []byte, known ...string) (in input, t *table, key string, err error) {
	if err := decode(body, &in, append(known, "TableName")...); err != nil {
		return in, nil, "", err
	}
	if t = s.tables[in.TableName]; t == nil {
		return in, nil, "", &apiError{Code: "ResourceNotFoundException", Message: "Requested resource not found"}
	}
	if in.Item != nil {
		key, err = t.keyOf(in.Item)
		return in, t, key, err
	}
	if len(in.Key) != 1 || in.Key[t.key]["S"] == nil {
		return in, nil, "", invalid("The provided key element does not match the schema")
	}
	key, err = t.keyOf(in.Key)
	return in, t, key, err
}

// begin's parameters for a write, beside what is written.
func writeParameters(more string) []string {
	return []string{more, "ConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues", "ReturnValues"}
}

// getItem answers a read that is not ConsistentRead with what the item was
// before its last write: the staleness that AWS allows, every time.
func (s *Server) getItem(body []byte) (any, error) {
	in, t, key, err := s.begin(body, "Key", "ConsistentRead")
	if err != nil {
		return nil, err
	}
	if !in.ConsistentRead {
		return shown("Item", t.before[key]), nil
	}
	return shown("Item", t.items[key]), nil
}

func (s *Server) putItem(body []byte) (any, error) {
	in, t, key, err := s.begin(body, writeParameters("Item")...)
	if err != nil {
		return nil, err
	}
	return t.commit(&in, key, func(item, *expressions) item { return in.Item })
}

func (s *Server) deleteItem(body []byte) (any, error) {
	in, t, key, err := s.begin(body, writeParameters("Key")...)
	if err != nil {
		return nil, err
	}
	return t.commit(&in, key, func(item, *expressions) item { return nil })
}

func (s *Server) updateItem(body []byte) (any, error) {
	in, t, key, err := s.begin(body, append(writeParameters("Key"), "UpdateExpression")...)
	if err != nil {
		return nil, err
	}
	return t.commit(&in, key, func(old item, x *expressions) item {
		updated := maps.Clone(in.Key)
		maps.Copy(updated, old)
		if in.UpdateExpression != nil {
			x.update(*in.UpdateExpression, old, updated, t.key)
		}
		return updated
	})
}

// commit writes what change makes of the item, if the condition holds. An
// expression that is wrong in itself is refused whether it holds or not.
func (t *table) commit(in *input, key string, change func(old item, x *expressions) item) (any, error) {
	old := t.items[key]
	x := newExpressions(in)
	holds := in.ConditionExpression == nil || x.condition(*in.ConditionExpression, old)
	from := old
	if !holds {
		from = nil // the change is only checked: what it would meet is not its fault
	}
	updated := change(from, x)
	if err := x.problem(); err != nil {
		return nil, err
	}
	returned := map[string]any{}
	switch how := in.ReturnValues; {
	case how == "" || how == "NONE":
	case how == "ALL_OLD":
		returned = shown("Attributes", old)
	case how == "UPDATED_NEW" && in.UpdateExpression != nil:
		changed := maps.Clone(updated)
		maps.DeleteFunc(changed, func(name string, _ value) bool { return !x.updated[name] })
		returned = shown("Attributes", changed)
	default:
		return nil, invalid("awstest does not know the return values %s here", how)
	}
	if !holds {
		return nil, &apiError{Code: "ConditionalCheckFailedException", Message: "The conditional request failed"}
	}
	t.write(key, updated)
	return returned, nil
}

func shown(name string, it item) map[string]any {
	if it == nil {
		return map[string]any{}
	}
	return map[string]any{name: it}
}
