// Package token explains a token that Deskpro is to be given, to people: what
// each part of it says and means, what Deskpro would refuse, what is unusual, and,
// by whoever has the secret, whether that signed it. Find takes the token out of
// what somebody pasted; Token.Inspect explains it; Token.Verify also judges its
// signature.
//
// Package deskpro decides what is accepted; the sentences here only say why, and
// tests hold them to it. A token is hostile: whatever is in it, the texts of a
// Report hold nothing that steers a terminal or cannot be seen (only a Field's Name
// and Value do). They hold neither the token nor a secret, but what the token says
// of a person.
package token

import (
	"encoding/json"
	"fmt"
	"time"
)

// MaxLength bounds in bytes what is looked at. A token that reaches Deskpro is
// much shorter: web servers take no such address.
const MaxLength = 16 << 10

// Report is what there is to say of a token. Its JSON form is stable: fields and
// codes may be added, their meaning does not change; texts may.
type Report struct {
	// At is the moment for which it was judged.
	At time.Time `json:"at"`
	// Accepted says whether Deskpro would accept the token then; nil where the
	// signature was not looked at.
	Accepted *bool `json:"accepted,omitempty"`
	// Length is the token's, in bytes.
	Length int `json:"length"`
	// Cut says what was around the token and is not part of it.
	Cut []string `json:"cut"`
	// Header and Claims are in the token's order; empty where they cannot be read.
	Header []Field `json:"header"`
	Claims []Field `json:"claims"`
	// Malformed is where it is no token.
	Malformed []Finding `json:"malformed"`
	// Refused is for what Deskpro would not let the person in.
	Refused []Finding `json:"refused"`
	// Unusual is what the sign-in page's tokens are not like.
	Unusual   []Finding `json:"unusual"`
	Signature Signature `json:"signature"`
}

// Field is a parameter of the header, or a claim.
type Field struct {
	Name string `json:"name"`
	// Value is all of it, as JSON; nil where it is nested too deeply to be worth
	// that. A Name and a Value may hold what steers a terminal.
	Value json.RawMessage `json:"value"`
	// Label and Shown are the two for people: what cannot be seen is escaped, what is
	// long cut short.
	Label string `json:"-"`
	Shown string `json:"-"`
	// Time is what a number of seconds stands for, where it is one of this era.
	Time time.Time `json:"time,omitzero"`
	// Means says what the field is for.
	Means string `json:"means,omitempty"`
}

// Finding is something that is the matter.
type Finding struct {
	// Code does not change when the words do.
	Code string `json:"code"`
	// Part is one of header, claims and signature; empty for the token as a whole.
	Part string `json:"part,omitempty"`
	Text string `json:"text"`
}

// Signature is what is known of the token's signature.
type Signature struct {
	Checked bool `json:"checked"`
	// Fits says whether the secret made it, by the algorithm that the header names.
	Fits bool `json:"fits"`
	// WouldFit are sentences that say how it does fit, where it does not.
	WouldFit []string `json:"would_fit,omitempty"`
}

// Inspect explains the token, as of at. Of the signature it sees only the form.
func (t Token) Inspect(at time.Time) Report {
	_, r := t.inspect(at)
	return r
}

func (t Token) inspect(at time.Time) (parsed, Report) {
	r := Report{
		At: at.UTC(), Length: t.text.Len(), Cut: append([]string{}, t.cut...),
		Header: []Field{}, Claims: []Field{}, Malformed: []Finding{}, Refused: []Finding{}, Unusual: []Finding{},
	}
	if t.text.Len() > MaxLength {
		r.malformed("too_long", "", "it has %d bytes, and no more than %d are looked at: no web server takes such an address", t.text.Len(), MaxLength)
		return parsed{}, r
	}
	p := r.parse(t.text.Reveal())
	if p.header != nil {
		r.judgeHeader(p)
	}
	if p.claims != nil {
		r.judgeTimes(p.claims)
		r.judgePerson(p.claims)
		r.judgeOthers(p.claims)
	}
	if len(r.Malformed) == 0 {
		r.judgeLength()
	}
	if others := len(r.Unusual) - maxUnusual; others > 0 {
		r.Unusual = r.Unusual[:maxUnusual]
		r.wonder("others", "", "and %s of that kind", plural(others, "other"))
	}
	return p, r
}

// maxUnusual bounds a list that a token could make very long.
const maxUnusual = 40

func (r *Report) malformed(code, part, format string, args ...any) {
	r.Malformed = append(r.Malformed, Finding{code, part, fmt.Sprintf(format, args...)})
}

func (r *Report) refuse(code, part, format string, args ...any) {
	r.Refused = append(r.Refused, Finding{code, part, fmt.Sprintf(format, args...)})
}

func (r *Report) wonder(code, part, format string, args ...any) {
	r.Unusual = append(r.Unusual, Finding{code, part, fmt.Sprintf(format, args...)})
}

// The parts, as findings name them.
const (
	inHeader    = "header"
	inClaims    = "claims"
	inSignature = "signature"
)
