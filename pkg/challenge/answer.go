package challenge

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"deskpro-login/pkg/state"
)

const (
	// claimLife is after how long a claim that was not settled is taken for
	// one whose process has died: the functions' Timeout in template.yaml.
	claimLife = 10 * time.Second
	// repeatWindow is for how long after a claim the same answer counts as
	// sent by the same person again.
	repeatWindow = 30 * time.Second

	// The store is asked for another's result first after firstWait, then less
	// and less often.
	firstWait = 100 * time.Millisecond
	mostWait  = 400 * time.Millisecond
)

// Attempt is what became of an answer.
type Attempt struct {
	// Content is what Open was given.
	Content []byte
	// Won: this is the one answer that may be acted upon, and Settle is to be
	// called. Result and Same are for the others.
	Won bool
	// Result is what the winner settled with. Whoever holds the ID gets it,
	// whatever they answered: hand out what signs someone in only if Same.
	Result []byte
	// Same: the winner gave the same answer from the same source, at most 30
	// seconds ago. It is a double click, a reload or a retry.
	Same bool

	// claimed is nil unless Won.
	claimed *claimed
}

// claimed is a step as the one that claimed it has stored it.
type claimed struct {
	*box
	record  record
	version int64
}

// Answer claims the step of id for answer, which came from source (an address;
// any text). Neither is stored: another answer is compared with their MAC.
//
// Of concurrent calls, in whichever processes, exactly one wins. The others
// wait until it has settled, or return ErrBusy when ctx ends: let it end in
// time to still show a page. A claim that is not settled within 10 seconds has
// lapsed, and the step is open to the next answer, or to one that waits, as if
// nobody had claimed it.
//
// Answer returns ErrNone for a step that is not there. After
// state.ErrUnavailable the step may be claimed by nobody until that lapses.
func (s *Steps) Answer(ctx context.Context, id ID, answer []byte, source string) (Attempt, error) {
	box, err := s.box(id)
	if err != nil {
		return Attempt{}, err
	}
	mine := claim{Nonce: rand.Text(), Answer: box.mac(answer, source)}
	var failed error // claiming, although the claim may be stored
	for waited := time.Duration(0); ; {
		r, version, err := s.get(ctx, box)
		now := s.cfg.Now()
		switch {
		case err != nil && waited > 0 && ctx.Err() != nil:
			return Attempt{}, ErrBusy
		case err != nil:
			return Attempt{}, fmt.Errorf("answering a step: %w", err)

		case r.Claim.Nonce == mine.Nonce:
			return won(box, r, version), nil
		case r.Settled:
			same := hmac.Equal(r.Claim.Answer, mine.Answer) && now.Sub(r.Claim.At) <= repeatWindow
			return Attempt{Content: r.Content, Result: r.Result, Same: same}, nil

		case now.Sub(r.Claim.At) < claimLife:
			waited = min(max(2*waited, firstWait), mostWait)
			if !sleep(ctx, waited) {
				return Attempt{}, ErrBusy
			}

		case failed != nil:
			return Attempt{}, failed
		default:
			mine.At = now
			r.Claim = mine
			err := s.put(ctx, box, r, version)
			if err == nil {
				return won(box, r, version+1), nil
			}
			// Whoever's claim is there now, and it may be our own: by a retry
			// of the store's client, or by a write whose answer was lost.
			if !errors.Is(err, state.ErrConflict) {
				failed = fmt.Errorf("claiming a step: %w", err)
			}
		}
	}
}

func won(b *box, r record, version int64) Attempt {
	return Attempt{Content: r.Content, Won: true, claimed: &claimed{b, r, version}}
}

// Settle records what an attempt that won has led to, of at most 64 KiB, for
// those that wait and for repeats until the step is over. It returns ErrNone,
// and changes nothing, if the step is over or the claim had lapsed and was
// taken by another. Settling again what was settled changes nothing, so that
// state.ErrUnavailable may be answered by another call.
func (s *Steps) Settle(ctx context.Context, attempt Attempt, result []byte) error {
	step := attempt.claimed
	if step == nil {
		return errors.New("challenge: an attempt that did not win cannot settle")
	}
	if err := checkSize("result", result, 2*maxSize); err != nil {
		return err
	}
	r := step.record
	r.Settled, r.Result = true, result
	err := s.put(ctx, step.box, r, step.version)
	if errors.Is(err, state.ErrConflict) {
		var there record
		there, _, err = s.get(ctx, step.box)
		if err == nil && (!there.Settled || there.Claim.Nonce != r.Claim.Nonce) {
			return ErrNone
		}
	}
	if err != nil {
		return fmt.Errorf("settling a step: %w", err)
	}
	return nil
}

// sleep tells whether it slept for d, rather than until ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
