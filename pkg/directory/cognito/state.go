package cognito

import (
	"bytes"
	"encoding/json"

	"deskpro-login/pkg/directory"
)

// pending is the State of a Challenge: what answering it needs. Its session is
// as good as the answers before it.
type pending struct {
	// Challenge is the Kind that it belongs to.
	Challenge string `json:"challenge"`
	Session   string `json:"session"`
	// Username is what answers are sent for.
	Username string `json:"username"`
	// Unproved: nothing has proved yet that the account is the person's, or
	// that there is one. Errors must not tell either.
	Unproved bool `json:"unproved,omitempty"`
	// Chosen: the password answers SELECT_CHALLENGE, as the choice.
	Chosen bool `json:"chosen,omitempty"`
	// Verified: the authenticator's code was right, and Cognito knows it. Only
	// the sign-in has to be finished.
	Verified bool `json:"verified,omitempty"`
}

// posed returns c with p as its State.
func (p pending) posed(c directory.Challenge) *directory.Challenge {
	p.Challenge = c.Kind
	// It has nothing that JSON could not hold.
	c.State, _ = json.Marshal(p)
	return &c
}

// parsePending reports whether c is one that this package posed.
func parsePending(c directory.Challenge) (p pending, ok bool) {
	decoder := json.NewDecoder(bytes.NewReader(c.State))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&p); err != nil {
		return p, false
	}
	return p, p.Challenge == c.Kind && p.Challenge != "" && p.Session != "" && p.Username != ""
}

// unproved tells whether a challenge comes before anything is proved.
func unproved(c directory.Challenge) bool {
	p, _ := parsePending(c)
	return p.Unproved
}
