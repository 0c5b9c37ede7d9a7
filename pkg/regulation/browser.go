package regulation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"deskpro-login/pkg/opaque"
	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/state"
)

// MaxKnown is how long browsers keep a cookie at most (RFC 6265bis section 5.5).
const MaxKnown = 400 * 24 * time.Hour

// browserPrefix begins the keys of known browsers.
const browserPrefix = "known#"

// renewShare is the share of KnownFor that may pass before a browser that is
// signed in with again is written down anew, so that most sign-ins need not.
const renewShare = 10

// Token is what a browser carries that is known for one account. It signs nobody
// in: it gives guesses at that account, no more than anybody else has.
type Token struct{ encoded redact.Secret }

// ParseToken reads a cookie's value. It reports false for whatever Remember
// could not have made.
func ParseToken(value string) (Token, bool) {
	encoded, ok := opaque.Parse(value)
	return Token{encoded}, ok
}

// Reveal returns the cookie's value.
func (t Token) Reveal() string { return t.encoded.Reveal() }

// mark is what the store knows the token by.
func (t Token) mark() string {
	if t.encoded.Len() == 0 {
		return ""
	}
	sum := sha256.Sum256([]byte(t.Reveal()))
	return hex.EncodeToString(sum[:])
}

// Browser is a known one. Only Recall makes one that is.
type Browser struct {
	// Subject is the account's ID, Since when the browser was last written down:
	// take it for unknown if all that the account had open was ended since.
	Subject string
	Since   time.Time

	mark, account string
}

// browserRecord is a Browser as stored.
type browserRecord struct {
	Account string    `json:"account"`
	Subject string    `json:"subject"`
	Since   time.Time `json:"since"`
}

// Recall returns the browser that t was made for if it is known for login, and
// otherwise the zero Browser.
func (r *Regulation) Recall(ctx context.Context, t Token, login string) (Browser, error) {
	mark := t.mark()
	if mark == "" || r.cfg.KnownFor == 0 {
		return Browser{}, nil
	}
	item, err := r.cfg.Store.Get(ctx, browserPrefix+mark)
	if errors.Is(err, state.ErrNotFound) {
		return Browser{}, nil
	}
	if err != nil {
		return Browser{}, fmt.Errorf("recalling a browser: %w", err)
	}
	var stored browserRecord
	if json.Unmarshal(item.Value, &stored) != nil || stored.Account != r.mark(login) || !r.cfg.Now().Before(stored.Since.Add(r.cfg.KnownFor)) {
		return Browser{}, nil
	}
	return Browser{Subject: stored.Subject, Since: stored.Since, mark: mark, account: stored.Account}, nil
}

// Remember makes the browser that carries t known for login, which it was just
// signed in with as subject, and returns the token that it is to carry: t if
// that is known for login already and not yet old, or a fresh one, never one
// that the browser brought along.
func (r *Regulation) Remember(ctx context.Context, t Token, known Browser, login, subject string) (Token, error) {
	now, account := r.cfg.Now(), r.mark(login)
	if known.mark != "" && known.mark == t.mark() && known.account == account && known.Subject == subject && now.Sub(known.Since) < r.cfg.KnownFor/renewShare {
		return t, nil
	}
	fresh := Token{opaque.New()}
	value, err := json.Marshal(browserRecord{Account: account, Subject: subject, Since: now})
	if err != nil {
		return Token{}, fmt.Errorf("encoding a known browser: %w", err)
	}
	err = r.cfg.Store.Put(ctx, browserPrefix+fresh.mark(), state.Item{Value: value, Expires: now.Add(r.cfg.KnownFor).Add(time.Second)})
	// A conflict on a fresh 256-bit key is our own write, whose answer was lost.
	if err != nil && !errors.Is(err, state.ErrConflict) {
		return Token{}, fmt.Errorf("remembering a browser: %w", err)
	}
	if known.mark != "" && known.mark == t.mark() {
		_, _ = r.cfg.Store.Consume(ctx, browserPrefix+known.mark) // it ends by itself otherwise
	}
	return fresh, nil
}

// Remembers tells whether browsers are known at all, and for how long.
func (r *Regulation) Remembers() time.Duration { return r.cfg.KnownFor }
