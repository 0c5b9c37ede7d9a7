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
	if t = s.tables[in.TableName]; t == nil {
		return in, nil, "", &apiError{Code: "ResourceNotFoundException", Message: "Requested resource not found"}
	}
	if in.Item != nil {
		key, err = t.keyOf(in.Item)
		return in, t, key, err
	}
	if len(in.Key) != 1 {
		return in, nil, "", invalid("The provided key element does not match the schema")
	}
	key, err = t.keyOf(in.Key)
	return in, t, key, err
}

// beginWrite is begin for an operation that takes a condition, and returnValues
// as the one way to answer beside none.
func (s *Server) beginWrite(body []byte, returnValues string, known ...string) (in input, t *table, key string, err error) {
	in, t, key, err = s.begin(body, append(known,
		"ConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues", "ReturnValues")...)
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
	if !in.ConsistentRead {
		return shown("Item", t.before[key]), nil
	}
	return shown("Item", t.items[key]), nil
}

func (s *Server) putItem(body []byte) (any, error) {
	in, t, key, err := s.beginWrite(body, "", "Item")
	if err != nil {
		return nil, err
	}
	_, err = t.commit(&in, key, func(item, *expressions) item { return in.Item })
	return shown("Attributes", nil), err
}

func (s *Server) deleteItem(body []byte) (any, error) {
	in, t, key, err := s.beginWrite(body, "ALL_OLD", "Key")
	if err != nil {
		return nil, err
	}
	old, err := t.commit(&in, key, func(item, *expressions) item { return nil })
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
	var changed item
	_, err = t.commit(&in, key, func(old item, x *expressions) item {
		if old == nil {
			old = in.Key
		}
		updated, name := x.update(in.UpdateExpression, old)
		if name == t.key {
			x.fail("One or more parameter values were invalid: Cannot update attribute %s. This attribute is part of the key", name)
		}
		if in.ReturnValues != "" {
			changed = item{name: updated[name]}
		}
		return updated
	})
	return shown("Attributes", changed), err
}

// commit writes what change makes of the item, if the condition holds, and
// returns the item as it was. An expression that is wrong in itself is refused
// whether the condition holds or not.
func (t *table) commit(in *input, key string, change func(old item, x *expressions) item) (item, error) {
	old := t.items[key]
	x := &expressions{names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues, used: map[string]bool{}}
	holds := in.ConditionExpression == nil || x.condition(*in.ConditionExpression, old)
	from := old
	if !holds {
		from = nil // the change is only checked: what it would meet is not its fault
	}
	updated := change(from, x)
	if err := x.problem(); err != nil {
		return nil, err
	}
	if !holds {
		return nil, &apiError{Code: "ConditionalCheckFailedException", Message: "The conditional request failed"}
	}
	t.write(key, updated)
	return old, nil
}

func shown(name string, it item) map[string]any {
	if it == nil {
		return map[string]any{}
	}
	return map[string]any{name: it}
}
