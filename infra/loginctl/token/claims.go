package token

import (
	"errors"
	"slices"
	"strings"

	"deskpro-login/pkg/deskpro"
)

// meanings are what Deskpro's admin guide ("JWT") and RFC 7519 section 4.1 say of
// claims. Times have theirs from date.means.
var meanings = map[string]string{
	"id":         "who this is on our side; it must never become somebody else's",
	"email":      "by this Deskpro finds the person, or makes a new one",
	"name":       "what Deskpro calls the person",
	"first_name": "beside last_name, instead of name",
	"last_name":  "beside first_name, instead of name",
	"groups":     "for the filters of Deskpro's usersource",
	"iss":        "who made it",
	"aud":        "the helpdesk that it is for",
	"jti":        "its own number, by which a second use can be told",
	"sub":        "whom it is about, by RFC 7519; Deskpro reads id instead",
}

// attribute is what any other claim means.
const attribute = "an attribute, for the filters of Deskpro's usersource"

// instead are other systems' names for what Deskpro requires.
var instead = map[string][]string{
	"id":    {"sub", "uid", "userid", "user_id", "username", "preferred_username", "cognito:username", "oid"},
	"email": {"mail", "e-mail", "emailaddress", "email_address", "upn"},
	"name":  {"fullname", "full_name", "displayname", "display_name", "given_name", "family_name", "firstname", "lastname"},
}

// judgePerson says what Verify says of who signs in.
func (r *Report) judgePerson(claims *object) {
	for _, name := range []string{"id", "email"} {
		if claims.text(name) == "" {
			r.refuse(name+"_missing", inClaims, "%s", claims.lacks(name))
		}
	}
	if claims.text("name") == "" && (claims.text("first_name") == "" || claims.text("last_name") == "") {
		text := claims.lacks("name") + ", nor first_name and last_name"
		switch {
		case claims.text("first_name") != "":
			text = "it has a first_name, and neither last_name nor name"
		case claims.text("last_name") != "":
			text = "it has a last_name, and neither first_name nor name"
		}
		r.refuse("name_missing", inClaims, "%s", text)
	}
	r.judgeEmail(claims.text("email"))
	if id := claims.text("id"); id != "" && strings.EqualFold(id, claims.text("email")) {
		r.wonder("id_email", inClaims, "its id is the email address: with another address the person becomes another")
	}
	for _, name := range []string{"id", "email", "name", "first_name", "last_name"} {
		text := claims.text(name)
		if text != strings.TrimSpace(text) {
			r.wonder("white_space", inClaims, "its %s has white space at an end, so it is not the same as without", name)
		}
		if hidden(text) {
			r.wonder("hidden", inClaims, "its %s has characters that cannot be seen, or that change how others are read", name)
		}
	}
}

// lacks says that a claim is missing, and what is there instead of it.
func (o *object) lacks(name string) string {
	switch value := o.values[name]; value.(type) {
	case string:
		return "its " + name + " is empty"
	case nil:
		if o.has(name) {
			return "its " + name + " is null"
		}
	case float64:
		return "its " + name + " is a number, and must be a text: in quotation marks"
	default:
		return "its " + name + " is no text"
	}
	var others []string
	for _, m := range o.members {
		if strings.EqualFold(m.name, name) || slices.Contains(instead[name], strings.ToLower(m.name)) {
			others = append(others, named(m.name))
		}
	}
	if len(others) > 0 && len(others) <= 3 {
		return "it has no " + name + ", but " + strings.Join(others, " and ") + ", which Deskpro does not read as that"
	}
	return "it has no " + name
}

func (r *Report) judgeEmail(email string) {
	if email == "" {
		return
	}
	if _, err := deskpro.ParseEmail(email); errors.Is(err, deskpro.ErrClaims) {
		// The text is ErrClaims and a sentence without the address.
		_, why, _ := strings.Cut(err.Error(), ": the email ")
		r.wonder("email", inClaims, "its email %s: the sign-in page sends no such address", why)
	}
}

// messenger are claims of another token, that of Deskpro Messenger.
var messenger = []string{"deskpro_id", "organization_id", "usergroup_ids", "language_id"}

// judgeOthers lists the claims, and says what is unusual about the rest of them.
func (r *Report) judgeOthers(claims *object) {
	iat, nbf, exp := claims.dates()
	for _, m := range claims.members {
		means, ok := meanings[m.name]
		f := m.field(means)
		switch i := slices.IndexFunc([]date{iat, nbf, exp}, func(d date) bool { return d.name == m.name }); {
		case m.again:
		case i >= 0:
			d := []date{iat, nbf, exp}[i]
			f.Means = d.means(iat, r.At)
			if d.sane() {
				f.Time = d.time.UTC()
			}
		case slices.Contains(messenger, m.name):
			f.Means = "a claim of Deskpro Messenger's token"
		case !ok:
			f.Means = attribute
		}
		r.Claims = append(r.Claims, f)
	}
	if jti := claims.text("jti"); jti == "" {
		r.wonder("jti_missing", inClaims, "it has no jti, which Deskpro asks for: nobody can tell whether it is used a second time")
	} else if len(jti) < 16 {
		r.wonder("jti_short", inClaims, "its jti is short, so it can be guessed, or another token may have the same")
	}
	if !isTexts(claims.values["groups"]) {
		r.wonder("groups", inClaims, "its groups are not a list of texts, which filters may not read")
	}
	for _, name := range []string{"iss", "aud"} {
		if !claims.has(name) {
			r.wonder(name+"_missing", inClaims, "it has no %s, which is %s: the sign-in page always sets it", name, meanings[name])
		}
	}
	if claims.has("token_use") || strings.HasPrefix(claims.text("iss"), "https://cognito-idp.") {
		r.wonder("cognito", inClaims, "it looks like a token of Amazon Cognito, which is for the sign-in page, not for Deskpro")
	}
	if !claims.has("id") && slices.ContainsFunc(messenger, claims.has) {
		r.wonder("messenger", inClaims, "it looks like a token for Deskpro Messenger, which has a secret of its own")
	}
}

// isTexts also of what is not there.
func isTexts(value any) bool {
	if value == nil {
		return true
	}
	list, ok := value.([]any)
	return ok && !slices.ContainsFunc(list, func(v any) bool { _, ok := v.(string); return !ok })
}
