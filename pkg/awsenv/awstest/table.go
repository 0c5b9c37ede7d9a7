package awstest

import (
	"encoding/json"
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
		return "", invalid("The AttributeValue for a key attribute cannot contain an empty string value. Key: %s", t.key)
	case len(key) > 2048:
		return "", invalid("Size of hashkey has exceeded the maximum size limit of 2048 bytes")
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
