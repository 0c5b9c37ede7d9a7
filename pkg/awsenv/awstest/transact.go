package awstest

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Limits of a transaction,
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
const (
	maxActions     = 100
	maxTransaction = 4 << 20
)

// action is one of a transaction's, read but not done.
type action struct {
	in    input
	table *table
	key   string
	change
}

// transactWriteItems does all or none. A call that repeats the token of one
// that was done changes nothing, as AWS has it for ten minutes.
func (s *Server) transactWriteItems(body []byte) (any, error) {
	var in struct {
		TransactItems      []map[string]json.RawMessage
		ClientRequestToken string
	}
	if err := decode(body, &in, "TransactItems", "ClientRequestToken"); err != nil {
		return nil, err
	}
	if n := len(in.TransactItems); n == 0 || n > maxActions {
		return nil, invalid("1 validation error detected: Member must have length between 1 and %d", maxActions)
	}
	if in.ClientRequestToken == "" {
		return nil, invalid("awstest wants a client request token, which the SDK makes")
	}
	if done, ok := s.transactions[in.ClientRequestToken]; ok {
		if done != digest(body) {
			return nil, &apiError{Code: "IdempotentParameterMismatchException", Message: "The request uses the same client token as a previous, but non-identical request."}
		}
		return struct{}{}, nil
	}
	var actions []action
	for _, given := range in.TransactItems {
		read, err := s.action(given)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(actions, func(other action) bool { return other.table == read.table && other.key == read.key }) {
			return nil, invalid("Transaction request cannot include multiple operations on one item")
		}
		actions = append(actions, read)
	}
	if err := commitAll(actions); err != nil {
		return nil, err
	}
	s.transactions[in.ClientRequestToken] = digest(body)
	return struct{}{}, nil
}

// digest is of JSON with its members in order: the SDK writes an item's in any.
func digest(body []byte) [sha256.Size]byte {
	var decoded any
	if err := json.Unmarshal(body, &decoded); err != nil {
		panic(err) // it was decoded before
	}
	canonical, err := json.Marshal(decoded)
	if err != nil {
		panic(err)
	}
	return sha256.Sum256(canonical)
}

func (s *Server) action(given map[string]json.RawMessage) (a action, err error) {
	if len(given) != 1 {
		return a, invalid("TransactItems can only contain one of Check, Put, Update or Delete")
	}
	for kind, body := range given {
		switch kind {
		case "Put":
			a.in, a.table, a.key, err = s.beginWrite(body, "", "Item")
			a.change = a.in.put
		case "Delete":
			a.in, a.table, a.key, err = s.beginWrite(body, "", "Key")
			a.change = a.in.delete
		case "Update":
			a.in, a.table, a.key, err = s.beginWrite(body, "", "Key", "UpdateExpression")
			in, t := a.in, a.table
			a.change = func(old item, x *expressions) item {
				updated, _ := in.update(t, old, x)
				return updated
			}
		case "ConditionCheck":
			a.in, a.table, a.key, err = s.beginWrite(body, "", "Key")
			a.change = func(old item, _ *expressions) item { return old }
		default:
			err = invalid("awstest does not know the action %s", kind)
		}
	}
	return a, err
}

// commitAll writes what all actions make of their items if all their conditions
// hold. Otherwise the error has a reason for each, in their order.
func commitAll(actions []action) error {
	var (
		updated []item
		reasons []reason
		size    int
	)
	for _, a := range actions {
		changed, holds, err := a.table.evaluate(&a.in, a.key, a.change)
		if err != nil {
			return err
		}
		reason := reason{Code: "None"}
		switch {
		case !holds:
			reason.Code = "ConditionalCheckFailed"
		case changed.size() > maxItem:
			reason.Code, reason.Message = "ValidationError", updateTooLarge
		}
		updated, reasons, size = append(updated, changed), append(reasons, reason), size+changed.size()
	}
	if size > maxTransaction {
		return invalid("Transaction size has exceeded the maximum allowed size")
	}
	if slices.ContainsFunc(reasons, func(r reason) bool { return r.Code != "None" }) {
		return cancelled(reasons)
	}
	for i, a := range actions {
		a.table.write(a.key, updated[i])
	}
	return nil
}

func cancelled(reasons []reason) *apiError {
	var codes []string
	for _, r := range reasons {
		codes = append(codes, r.Code)
	}
	return &apiError{
		Code:    "TransactionCanceledException",
		Message: fmt.Sprintf("Transaction cancelled, please refer cancellation reasons for specific reasons [%s]", strings.Join(codes, ", ")),
		Reasons: reasons,
	}
}
