package state

import (
	"context"
	"iter"
)

// Entry is an item and the key that it is stored under.
type Entry struct {
	Key  string
	Item Item
}

// Lister looks through a store, for an operator's tool: what serves people knows
// its keys.
type Lister interface {
	// List returns the live items whose keys begin with prefix, in no order.
	// An item that is there from the call to the end of the
	// iteration, with nobody writing it, is in it once; of any other it may tell
	// an older version, or nothing; what no Store has put there is left out. It
	// costs as much as reading all that is stored.
	//
	// An error is ErrUnavailable by errors.Is and the last of the iteration. It is
	// safe for concurrent use and ends soon after ctx does.
	List(ctx context.Context, prefix string) iter.Seq2[Entry, error]
}
