package awstest

type input struct {
	TableName                 string
	Key, Item                 item
	ConsistentRead            bool
	ConditionExpression       *string
	UpdateExpression          string
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
	if t, err = s.table(in.TableName); err != nil {
		return in, nil, "", err
	}
	if in.Item != nil {
		key, err = t.keyOf(in.Item)
		return in, t, key, err
	}
	key, err = t.keyAlone(in.Key)
	return in, t, key, err
}

func (s *Server) table(name string) (*table, error) {
	t := s.tables[name]
	if t == nil {
		return nil, &apiError{Code: "ResourceNotFoundException", Message: "Requested resource not found"}
	}
	return t, nil
}

// beginWrite is begin for an operation that takes a condition, and returnValues
// as the one way to answer beside none.
func (s *Server) beginWrite(body []byte, returnValues string, known ...string) (in input, t *table, key string, err error) {
	in, t, key, err = s.begin(body, append(known,
		"ConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues", "ReturnValues")...)
	if in.ReturnValues == "NONE" {
		in.ReturnValues = "" // as if it were not there
	}
	if how := in.ReturnValues; err == nil && how != "" && how != returnValues {
		err = invalid("awstest does not know the return values %s here", how)
	}
	return in, t, key, err
}

// getItem answers a read that is not ConsistentRead with what the item was
// before its last write: the staleness that AWS allows, every time.
func (s *Server) getItem(body []byte) (any, error) {
	in, t, key, err := s.begin(body, "Key", "ConsistentRead")
	if err != nil {
		return nil, err
	}
	return shown("Item", t.seen(in.ConsistentRead)[key]), nil
}

// change makes of an item, nil where there is none, what it becomes.
type change func(old item, x *expressions) item

func (s *Server) putItem(body []byte) (any, error) {
	in, t, key, err := s.beginWrite(body, "", "Item")
	if err != nil {
		return nil, err
	}
	_, err = t.commit(&in, key, in.put)
	return shown("Attributes", nil), err
}

func (s *Server) deleteItem(body []byte) (any, error) {
	in, t, key, err := s.beginWrite(body, "ALL_OLD", "Key")
	if err != nil {
		return nil, err
	}
	old, err := t.commit(&in, key, in.delete)
	if in.ReturnValues == "" {
		old = nil
	}
	return shown("Attributes", old), err
}

func (s *Server) updateItem(body []byte) (any, error) {
	in, t, key, err := s.beginWrite(body, "UPDATED_NEW", "Key", "UpdateExpression")
	if err != nil {
		return nil, err
	}
	var set item
	_, err = t.commit(&in, key, func(old item, x *expressions) (updated item) {
		updated, set = in.update(t, old, x)
		return updated
	})
	if in.ReturnValues == "" {
		set = nil
	}
	return shown("Attributes", set), err
}

func (in *input) put(item, *expressions) item    { return in.Item }
func (in *input) delete(item, *expressions) item { return nil }

func (in *input) update(t *table, old item, x *expressions) (updated, set item) {
	if old == nil {
		old = in.Key
	}
	return x.update(in.UpdateExpression, old, t.key)
}

const updateTooLarge = "Item size to update has exceeded the maximum allowed size"

// commit writes what c makes of the item, if the condition holds, and returns
// the item as it was.
func (t *table) commit(in *input, key string, c change) (item, error) {
	updated, holds, err := t.evaluate(in, key, c)
	if err != nil {
		return nil, err
	}
	switch {
	case updated.size() > maxItem:
		return nil, invalid(updateTooLarge)
	case !holds:
		return nil, &apiError{Code: "ConditionalCheckFailedException", Message: "The conditional request failed"}
	}
	old := t.items[key]
	t.write(key, updated)
	return old, nil
}

// evaluate returns what c makes of the item, and whether the condition holds. An
// expression that is wrong in itself is refused whether it holds or not.
func (t *table) evaluate(in *input, key string, c change) (updated item, holds bool, err error) {
	old := t.items[key]
	x := &expressions{names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues, used: map[string]bool{}}
	holds = in.ConditionExpression == nil || x.condition(*in.ConditionExpression, old)
	if !holds {
		old = nil // the change is only checked: what it would meet is not its fault
	}
	updated = c(old, x)
	if in.Item.size() > maxItem {
		x.fail("Item size has exceeded the maximum allowed size")
	}
	return updated, holds, x.problem()
}

func shown(name string, it item) map[string]any {
	if len(it) == 0 {
		return map[string]any{}
	}
	return map[string]any{name: it}
}
