package session

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"deskpro-login/pkg/state"
)

// Listed is a live session as an operator sees it. Nobody can sign in with what
// is in it.
type Listed struct {
	// Handle tells it from the subject's others: 64 random bits of its key, as 16
	// hexadecimal digits.
	Handle       string
	Opened, Used time.Time
	// Ends is when it ends by itself if it is not used again, to the second, by
	// the times of who noted its last use.
	Ends time.Time

	key string
}

const handleLength = 16

// Of returns the live sessions of subject, oldest first. It reads the whole
// store (see state.Lister): for an operator's tool only. A record that is no
// session is left out, as by Find.
func (s *Sessions) Of(ctx context.Context, lister state.Lister, subject string) ([]Listed, error) {
	ended, _, err := s.endedUpTo(ctx, subject)
	if err != nil {
		return nil, fmt.Errorf("listing sessions: %w", err)
	}
	var found []Listed
	for entry, err := range lister.List(ctx, sessionPrefix) {
		if err != nil {
			return nil, fmt.Errorf("listing sessions: %w", err)
		}
		var r record
		if json.Unmarshal(entry.Item.Value, &r) != nil || r.Subject != subject || !r.Checked.After(ended) || !s.cfg.Now().Before(s.endOf(r)) {
			continue
		}
		handle := strings.TrimPrefix(entry.Key, sessionPrefix)
		found = append(found, Listed{
			Handle: handle[:min(handleLength, len(handle))], Opened: r.Opened, Used: r.Used, Ends: entry.Item.Expires, key: entry.Key,
		})
	}
	slices.SortFunc(found, func(a, b Listed) int {
		return cmp.Or(a.Opened.Compare(b.Opened), strings.Compare(a.Handle, b.Handle))
	})
	return found, nil
}

// EndListed ends a session that Of returned. It returns ErrNone if it has ended
// since.
func (s *Sessions) EndListed(ctx context.Context, l Listed) error {
	_, err := s.cfg.Store.Consume(ctx, l.key)
	if errors.Is(err, state.ErrNotFound) {
		return ErrNone
	}
	if err != nil {
		return fmt.Errorf("ending a session: %w", err)
	}
	return nil
}
