package token

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/rotation"
)

// Check is what a token is held to.
type Check struct {
	// Secret is a secret's stored value, as keyring.ParseKey reads it. Required.
	Secret redact.Secret
	// Algorithm is Deskpro's setting Decrypt Algorithm: HS256, HS384 or HS512.
	// Empty: the one that the header names.
	Algorithm string
	// DeskproURL is the helpdesk's address, which aud must name. Empty: any.
	DeskproURL string
	// Issuer is what iss must be. Empty: anything.
	Issuer string
}

// Verify explains the token as Inspect does, and judges it as App.Verify of package
// deskpro does, with the secret and as of at. Beyond that it refuses what the
// Check's URL and issuer rule out. The error is for a Check that is none.
func (t Token) Verify(at time.Time, check Check) (Report, error) {
	cfg := deskpro.Config{URL: cmp.Or(check.DeskproURL, "https://deskpro.invalid/"), Issuer: cmp.Or(check.Issuer, "any")}
	cfg.Algorithm = check.Algorithm
	if _, err := deskpro.New(cfg); err != nil {
		return Report{}, err
	}
	p, r := t.inspect(at)
	if p.header != nil {
		if method := p.header.method(); method != nil && cfg.Algorithm == "" {
			cfg.Algorithm = method.Alg()
		}
		if alg := p.header.text("alg"); alg != "" && check.Algorithm != "" && alg != check.Algorithm {
			r.refuse("alg_other", inHeader, "its algorithm is %s, and Deskpro's Decrypt Algorithm is %s: they must be the same", quoted(alg), check.Algorithm)
		}
	}
	app, err := deskpro.New(cfg)
	if err != nil {
		return Report{}, err
	}
	key, unusable := keyring.ParseKey(check.Secret, "")
	if unusable != nil {
		r.refuse("secret_unusable", "", "the sign-in page does not sign with this secret, and Deskpro may not take it: %s", because(unusable))
	}
	for _, doubt := range Doubts(check.Secret) {
		r.wonder("secret_doubt", "", "%s", doubt)
	}
	r.judgeSignature(p, check.Secret.Reveal(), key)
	if p.claims != nil {
		r.judgeWhere(p.claims, check, app)
	}
	r.conclude(app, t.text, key, unusable, at)
	return r, nil
}

// Doubts are sentences about what an admin should look at twice in a secret that
// keyring.ParseKey takes. They do not quote it.
func Doubts(secret redact.Secret) []string {
	key, err := keyring.ParseKey(secret, "")
	if err != nil {
		return nil
	}
	doubts := rotation.Doubts(redact.New(string(key.Bytes())))
	for i, sentence := range doubts {
		if rest, ok := strings.CutPrefix(sentence, "It "); ok {
			doubts[i] = "the secret " + strings.TrimSuffix(rest, ".")
		}
	}
	return doubts
}

// because is the sentence of an error that wraps keyring.ErrUnusable.
func because(err error) string {
	return strings.TrimPrefix(err.Error(), keyring.ErrUnusable.Error()+": ")
}

func (r *Report) judgeSignature(p parsed, secret string, key keyring.Key) {
	if p.header == nil || p.signed == "" || len(p.signature) == 0 {
		return
	}
	signer := key.Bytes()
	if key.IsZero() {
		signer = []byte(secret)
	}
	r.Signature.Checked = true
	method := p.header.method()
	if r.Signature.Fits = method != nil && signs(method, p, signer); r.Signature.Fits {
		return
	}
	r.Signature.WouldFit = wouldFit(p, secret, signer)
	if method != nil {
		r.refuse("signature_unfit", inSignature, "its signature is not by this secret, or somebody changed the token since")
	}
}

// judgeWhere holds aud and iss to what was asked for.
func (r *Report) judgeWhere(claims *object, check Check, app *deskpro.App) {
	if check.DeskproURL != "" {
		want := app.Origins()[0]
		if aud, err := claims.values.GetAudience(); err != nil || !slices.Contains(aud, want) {
			r.refuse("aud_other", inClaims, "its aud is not %s: it was made for another helpdesk", quoted(want))
		}
	}
	if check.Issuer != "" && claims.text("iss") != check.Issuer {
		r.refuse("iss_other", inClaims, "its iss is not %s: another sign-in page made it, or one that is set otherwise", quoted(check.Issuer))
	}
}

// conclude asks the judge. What it refuses has a reason here already, or gets its.
func (r *Report) conclude(app *deskpro.App, token redact.Secret, key keyring.Key, unusable error, at time.Time) {
	if unusable == nil {
		_, err := app.Verify(token.Reveal(), key, at)
		if errors.Is(err, keyring.ErrUnusable) {
			_, short, _ := strings.Cut(err.Error(), keyring.ErrUnusable.Error()+": ")
			r.refuse("secret_short", "", "the secret is too short: %s", short)
		} else if err != nil && len(r.Refused)+len(r.Malformed) == 0 {
			r.refuse("refused", "", "%s", visible(err.Error()))
		}
	}
	accepted := len(r.Refused)+len(r.Malformed) == 0
	r.Accepted = &accepted
}
