package token

import (
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// methods are the ones that Deskpro's JWT app knows.
var methods = []*jwt.SigningMethodHMAC{jwt.SigningMethodHS256, jwt.SigningMethodHS384, jwt.SigningMethodHS512}

// method returns the algorithm that the header names; nil if that is none of
// Deskpro's.
func (o *object) method() *jwt.SigningMethodHMAC {
	alg := o.text("alg")
	if i := slices.IndexFunc(methods, func(m *jwt.SigningMethodHMAC) bool { return m.Alg() == alg }); i >= 0 {
		return methods[i]
	}
	return nil
}

// parameters are those of RFC 7515 section 4.1, RFC 7516 section 4.1 and RFC 7797.
var parameters = map[string]struct{ means, unusual string }{
	"typ": {"what this is", ""},
	"cty": {"what is within", "what is signed is not plain claims, but of another type"},
	"kid": {"which key signed, where there are several", "Deskpro has one secret and needs no name of it"},
	"jku": {"where the signer's keys are", "it asks to fetch keys from an address of its own choice, which Deskpro does not do"},
	"x5u": {"where the signer's certificate is", "it asks to fetch a certificate from an address of its own choice, which Deskpro does not do"},
	"jwk": {"the signer's key", "it brings a key of its own, which Deskpro does not look at"},
	"x5c": {"the signer's certificate", "it brings a certificate of its own, which Deskpro does not look at"},
	"x5t": {"the signer's certificate, by its hash", "Deskpro has a secret, and no certificates"},

	"x5t#S256": {"the signer's certificate, by its hash", "Deskpro has a secret, and no certificates"},

	"crit": {"what else of this header must be understood", "who does not know what it names has to refuse the token (RFC 7515 section 4.1.11), and Deskpro is not documented to know any"},
	"b64":  {"whether the claims are base64url", "libraries differ in what is signed then (RFC 7797)"},
	"enc":  {"how it is encrypted", "an encrypted token is nothing that Deskpro takes"},
	"zip":  {"how it is compressed", "a compressed token is nothing that Deskpro takes"},
}

func (r *Report) judgeHeader(p parsed) {
	for _, m := range p.header.members {
		known, ok := parameters[m.name]
		switch {
		case m.name == "alg":
			r.Header = append(r.Header, m.field(algorithm(p.header.text("alg"))))
			continue
		case !ok:
			known.means = "Deskpro is not documented to read this"
			r.wonder("header_unknown", inHeader, "its header has %s, which is no parameter of RFC 7515", named(m.name))
		case known.unusual != "":
			r.wonder("header_"+m.name, inHeader, "its header has %s: %s", m.name, known.unusual)
		}
		r.Header = append(r.Header, m.field(known.means))
	}
	if typ := p.header.values["typ"]; p.header.has("typ") && !strings.EqualFold(p.header.text("typ"), "JWT") {
		r.wonder("typ", inHeader, "its typ is %s, and that of a token is JWT", short(visible(compact(typ))))
	}
	r.judgeAlgorithm(p)
}

func algorithm(alg string) string {
	switch {
	case strings.EqualFold(alg, "none"):
		return "not signed"
	case alg == "HS256" || alg == "HS384" || alg == "HS512":
		return "signed with a secret that both sides have, by HMAC and SHA-" + alg[2:]
	case asymmetric(alg):
		return "signed with a private key"
	}
	return ""
}

// asymmetric knows the algorithms of RFC 7518 section 3.1, RFC 8037 and RFC 8812.
func asymmetric(alg string) bool {
	return alg == "EdDSA" || len(alg) >= 5 && slices.Contains([]string{"RS", "ES", "PS"}, alg[:2])
}

func (r *Report) judgeAlgorithm(p parsed) {
	alg := p.header.text("alg")
	switch method := p.header.method(); {
	case !p.header.has("alg"):
		r.refuse("alg_missing", inHeader, "its header names no algorithm (alg)")
	case alg == "":
		r.refuse("alg_missing", inHeader, "its algorithm (alg) is no text")
	case strings.EqualFold(alg, "none"):
		r.refuse("alg_none", inHeader, "its algorithm is none: nobody signed it, so anybody can have made it")
	case asymmetric(alg):
		r.refuse("alg_unfit", inHeader, "its algorithm is %s, by which a private key signs; Deskpro's JWT app takes HS256, HS384 or HS512, by a secret that both sides have", quoted(alg))
	case method == nil && slices.Contains([]string{"HS256", "HS384", "HS512"}, strings.ToUpper(alg)):
		r.refuse("alg_unfit", inHeader, "its algorithm is written %s: it must be in capitals", quoted(alg))
	case method == nil:
		r.refuse("alg_unfit", inHeader, "its algorithm is %s, and Deskpro's JWT app takes HS256, HS384 or HS512", quoted(alg))
	case p.signed != "" && len(p.signature) == 0:
		r.refuse("signature_missing", inSignature, "it has no signature: what is behind the second full stop is missing")
	case p.signed != "" && len(p.signature) != method.Hash.Size():
		r.refuse("signature_length", inSignature, "its signature has %s, and one by %s has %d: it was cut off, or is by another algorithm", plural(len(p.signature), "byte"), alg, method.Hash.Size())
	}
}

// maxUsual is what package deskpro makes at most, so that with the longest return
// address it fits the 8,192 bytes that the usual web server takes.
const maxUsual = 3500

func (r *Report) judgeLength() {
	if r.Length > maxUsual {
		r.wonder("long", "", "it has %d bytes, and the sign-in page makes none of more than %d: web servers refuse the address of a redirect that is too long; send fewer groups or attributes", r.Length, maxUsual)
	}
}
