package awstest

import (
	"encoding/json"
)

// table keeps items by the text of their key. before is what each item was
// before its last write, nil where there was none: see seen.
type table struct {
	key           string
	items, before map[string]item
	// order is that of a consistent scan; nil: to be made anew.
	order []string
	// journal is told of each write; nil: nobody is.
	journal func(key string, it item)
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

// Journal has write called for each change of a table from now on, one after the
// other, with the item's key and its DynamoDB JSON, which PutItem reads back;
// empty for one that is gone. It is for whoever keeps tables from run to run,
// and must not call s.
func (s *Server) Journal(write func(table, key, itemJSON string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, t := range s.tables {
		t.journal = func(key string, it item) {
			if it == nil {
				write(name, key, "")
				return
			}
			text, err := json.Marshal(it)
			if err != nil {
				panic(err)
			}
			write(name, key, string(text))
		}
	}
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

// seen returns the items as a read sees them: one that is not consistent as
// they were before the last write of each.
func (t *table) seen(consistent bool) map[string]item {
	if consistent {
		return t.items
	}
	return t.before
}

// keyAlone returns the key that a parameter holds, which holds nothing else.
func (t *table) keyAlone(it item) (string, error) {
	if _, ok := it[t.key]["S"].(string); !ok || len(it) != 1 {
		return "", invalid("The provided key element does not match the schema")
	}
	return t.keyOf(it)
}

// keyOf returns the key of an item.
func (t *table) keyOf(it item) (string, error) {
	key, ok := it[t.key]["S"].(string)
	switch {
	case it[t.key] == nil:
		return "", invalid("One or more parameter values were invalid: Missing the key %s in the item", t.key)
	case !ok:
		return "", invalid("One or more parameter values were invalid: Type mismatch for key %s expected: S", t.key)
	case key == "":
		return "", invalid("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: %s", t.key)
	case len(key) > 2048:
		return "", invalid("One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of 2048 bytes")
	}
	return key, nil
}

func (t *table) write(key string, it item) {
	t.before[key] = t.items[key]
	if t.journal != nil {
		t.journal(key, it)
	}
	if (it == nil) != (t.items[key] == nil) {
		t.order = nil
	}
	if it == nil {
		delete(t.items, key)
		return
	}
	t.items[key] = it
}
