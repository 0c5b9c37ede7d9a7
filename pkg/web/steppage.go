package web

import (
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"rsc.io/qr"

	"deskpro-login/pkg/directory"
)

// stepPage is what step.html reads.
type stepPage struct {
	page
	Action, Return, ID, Login string
	Step                      directory.Step
	// Label is that of the field for a code.
	Label  string
	Fields []field
	Ways   []way
	// Key and QR are the new authenticator's: in groups of four letters, and
	// as the path of a drawing that is Size wide.
	Key, QR  string
	URI      template.URL
	Size     int
	Question []directory.Prompt
	// Recovery: a recovery code will do, too. Codes are new ones.
	// Recovering: one of those was wrong the last time.
	Recovery, Recovering bool
	Codes                []string
	// Whole: a code has six digits, so that a script can tell when it is whole.
	Whole bool
}

// field is for something that the account lacks.
type field struct{ Name, Label, Type, Autocomplete, Value string }

// way is a choice.
type way struct{ Value, Label string }

// step renders the page of a step, with what was wrong the last time if p is
// not nil.
func (v view) step(w http.ResponseWriter, status int, door *Door, current step, id string, wrong *problem) error {
	c := current.Challenge
	data := &stepPage{
		page: page{
			Policy: v.policy(current), Hint: v.hint(current),
			Links: []link{{v.say("link.start_again"), wantedURL(door, current)}, v.home(door)},
		},
		Action: pageURL(door, "/challenge", nil), Return: current.Return, ID: id, Login: current.Login, Step: c.Step,
		Question: c.Question, Recovery: c.Recovery, Codes: c.Codes, Whole: c.Medium == directory.MediumApp && !c.Recovery || c.Medium == directory.MediumSMS,
	}
	data.Chooser = v.post(data.Action, pair{paramReturn, current.Return}, pair{paramStep, id})
	if wrong != nil {
		v.setAlert(&data.page, wrong)
		if data.Recovering = current.Recovering && data.BadCode; data.Recovering {
			data.BadCode = false
			if wrong.wait == nil {
				data.Alert = v.said(wrong) // what to do is for an app's codes
			}
		}
	}
	switch c.Step {
	case directory.StepCode:
		data.Title, data.Label = v.say("code.title"), v.say("code.label")
		data.Text = v.codeText(c)
	case directory.StepPassword:
		data.Title = v.say("password.title")
	case directory.StepNewPassword:
		data.Title = v.say("new_password.title")
		if current.Want != directory.WantPassword {
			data.Text = v.say("new_password.needed")
		}
		for _, name := range c.Attributes {
			asked := v.fieldOf(name)
			asked.Value = current.Attributes[name]
			data.Fields = append(data.Fields, asked)
		}
	case directory.StepChoose:
		data.Title, data.Text = v.say("choose.title"), v.say("choose.text")
		for _, choice := range c.Choices {
			data.Ways = append(data.Ways, way{choice.Value, v.wayLabel(choice)})
		}
	case directory.StepSetup:
		data.Title, data.Label = v.say("setup.title"), v.say("setup.label")
		data.setKey(v.faces[door.Name].Brand, c.Key)
	case directory.StepQuestion:
		data.Title, data.Text = v.say("question.title"), v.say("question.text")
	case directory.StepKeep:
		data.Title, data.Text = v.say("keep.title"), v.say("keep.text")
	case directory.StepRemove:
		data.Title, data.Text = v.say("remove.title"), v.say("remove.text")
	default:
		return fmt.Errorf("there is no page for the step %q", c.Step)
	}
	return v.render(w, status, "step.html", door, data)
}

// wantedURL begins the sign-in of current anew, with what the person came for.
func wantedURL(door *Door, current step) string {
	if current.Want != "" {
		return wantURL(door, current.Return, current.Want)
	}
	return loginURL(door, current.Return, true)
}

// ended shows once more the page that ended a sign-in.
func (v view) ended(w http.ResponseWriter, problem *problem, door *Door, last step) error {
	if problem.other {
		return v.problem(w, problem, door, last.Return)
	}
	return v.signInAgain(w, problem, door, last.Return, last.signIn)
}

// policy says why the last new password was refused: by a rule of ours in the
// person's language, by one of others in theirs.
func (v view) policy(last step) string {
	switch {
	case last.Rule == "":
		return last.Policy
	case last.Least > 0:
		return v.lang.Count("new_password.least", last.Least)
	}
	return v.say("rule." + last.Rule)
}

// hint says what a new password must be, before one is typed.
func (v view) hint(current step) string {
	switch {
	case current.Least > 0: // policy says it
		return ""
	case current.Challenge.Least > 0:
		return v.lang.Count("new_password.least", current.Challenge.Least)
	}
	return current.Challenge.Policy
}

func (v view) codeText(c directory.Challenge) string {
	key := "code.sms"
	switch c.Medium {
	case directory.MediumApp:
		return v.say("code.app")
	case directory.MediumEmail:
		key = "code.email"
	}
	if c.Destination != "" {
		return v.say(key+"_to", "destination", c.Destination)
	}
	return v.say(key)
}

func (v view) wayLabel(c directory.Choice) string {
	if c.Medium == "" {
		return v.say("choose.password")
	}
	return v.say("choose." + string(c.Medium))
}

// setKey shows the key of a new authenticator, typed and drawn (unless it has too
// long a name for a drawing):
// https://github.com/google/google-authenticator/wiki/Key-Uri-Format
func (d *stepPage) setKey(brand, key string) {
	label := url.PathEscape(brand)
	if d.Login != "" {
		label += ":" + url.PathEscape(d.Login)
	}
	// Some apps show the + of a form's encoding as it is.
	query := strings.ReplaceAll(url.Values{"secret": {key}, "issuer": {brand}}.Encode(), "+", "%20")
	uri := "otpauth://totp/" + label + "?" + query
	d.URI = template.URL(uri) // #nosec G203 -- escaped above; html/template knows no such scheme
	for i := 0; i < len(key); i += 4 {
		d.Key += key[i:min(i+4, len(key))] + " "
	}
	d.Key = strings.TrimSpace(d.Key)
	if code, err := qr.Encode(uri, qr.M); err == nil {
		d.QR, d.Size = drawing(code)
	}
}

// drawing returns the dark parts as an SVG path, with the quiet zone of four
// modules around them that ISO/IEC 18004 asks for.
func drawing(code *qr.Code) (path string, size int) {
	const quiet = 4
	var b strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from)
			}
		}
	}
	return b.String(), code.Size + 2*quiet
}

// fieldOf is how a form asks for an attribute, by its name in OpenID Connect
// Core section 5.1 or, for others, by its own.
func (v view) fieldOf(name string) field {
	f := field{Name: prefixAttribute + name, Type: "text", Autocomplete: "off"}
	switch name {
	case "name":
		f.Autocomplete = "name"
	case "given_name":
		f.Autocomplete = "given-name"
	case "family_name":
		f.Autocomplete = "family-name"
	case "email":
		f.Type, f.Autocomplete = "email", "email"
	case "phone_number":
		f.Type, f.Autocomplete = "tel", "tel"
	case "birthdate":
		f.Type, f.Autocomplete = "date", "bday"
	case "address":
		f.Autocomplete = "street-address"
	default:
		label := strings.ReplaceAll(strings.TrimPrefix(name, "custom:"), "_", " ")
		first, size := utf8.DecodeRuneInString(label)
		f.Label = string(unicode.ToUpper(first)) + label[size:]
		return f
	}
	f.Label = v.say("attribute." + name)
	return f
}
