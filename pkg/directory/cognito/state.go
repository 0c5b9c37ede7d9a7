package cognito

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

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
	// the sign-in has to be finished, or the authenticator turned on.
	Verified bool `json:"verified,omitempty"`
	course
	// Entered is set, in place of Session, once the pool has let the person in.
	Entered *entered `json:"entered,omitempty"`
}

// course is what a sign-in is for besides, and what of it that depends on.
type course struct {
	Want directory.Want `json:"want,omitempty"`
	// Password was right; kept for WantPassword alone, as ChangePassword wants it.
	Password sealed `json:"password,omitempty"`
	// Typed: a password was right. Fresh: one was chosen in this sign-in.
	Typed bool `json:"typed,omitempty"`
	Fresh bool `json:"fresh,omitempty"`
	// App: an authenticator's code was right. Enrolled: one was set up, because
	// the pool wanted it.
	App      bool `json:"app,omitempty"`
	Enrolled bool `json:"enrolled,omitempty"`
}

// entered is a person whom the pool has let in, and who has not come in yet.
type entered struct {
	// Token is the access token: it can change the account for as long as it
	// lives, which is the app client's to say (five minutes to a day).
	Token sealed         `json:"token"`
	User  directory.User `json:"user"`
}

// sealed is a secret that State alone shows, which the pages keep encrypted.
type sealed string

// Format implements fmt.Formatter.
func (sealed) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[sealed]") }

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
	goesOn := p.Session != "" || p.Entered != nil && p.Entered.Token != "" && p.Entered.User.ID != ""
	return p, p.Challenge == c.Kind && p.Challenge != "" && goesOn && p.Username != ""
}

// unproved tells whether a challenge comes before anything is proved.
func unproved(c directory.Challenge) bool {
	p, _ := parsePending(c)
	return p.Unproved
}
