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
	Recovery bool
	Codes    []string
}

// field is for something that the account lacks.
type field struct{ Name, Label, Type, Autocomplete, Value string }

// way is a choice.
type way struct{ Value, Label string }

// step renders the page of a step, with what was wrong the last time if p is
// not nil.
func (p *pages) step(w http.ResponseWriter, status int, door *Door, current step, id string, wrong *problem, requestID string) error {
	c := current.Challenge
	data := &stepPage{
		page:   page{Policy: current.Policy, Hint: c.Policy, Links: []link{{"Start again", loginURL(door, current.Return, true)}, home(door)}},
		Action: pageURL(door, "/challenge", nil), Return: current.Return, ID: id, Login: current.Login, Step: c.Step,
		Question: c.Question, Recovery: c.Recovery, Codes: c.Codes,
	}
	if wrong != nil {
		data.setAlert(wrong, requestID)
	}
	switch c.Step {
	case directory.StepCode:
		data.Title, data.Label = "Enter your code", "Code"
		data.Text = codeText(c)
	case directory.StepPassword:
		data.Title = "Enter your password"
	case directory.StepNewPassword:
		data.Title = "Choose a new password"
		if current.Want != directory.WantPassword {
			data.Text = "Your account needs a new password before you can go on."
		}
		for _, name := range c.Attributes {
			asked := fieldOf(name)
			asked.Value = current.Attributes[name]
			data.Fields = append(data.Fields, asked)
		}
	case directory.StepChoose:
		data.Title, data.Text = "How do you want to go on?", "Choose one."
		for _, choice := range c.Choices {
			data.Ways = append(data.Ways, way{choice.Value, wayLabel(choice)})
		}
	case directory.StepSetup:
		data.Title, data.Label = "Set up your authenticator app", "Code that the app shows"
		data.setKey(p.brand, c.Key)
	case directory.StepQuestion:
		data.Title, data.Text = "One more question", "Your account asks for this before you can go on."
	case directory.StepKeep:
		data.Title = "Keep your recovery codes"
		data.Text = "If you lose your phone, each of these codes lets you in once. Print them or write them down now, and keep them where others don’t find them: they are not shown again."
	default:
		return fmt.Errorf("there is no page for the step %q", c.Step)
	}
	return p.render(w, status, "step.html", data)
}

// ended shows once more the page that ended a sign-in.
func (p *pages) ended(w http.ResponseWriter, problem *problem, door *Door, last step, requestID string) error {
	if problem.other {
		return p.problem(w, problem, door, last.Return, requestID)
	}
	return p.signInAgain(w, problem, door, last.Return, last.signIn, requestID)
}

func codeText(c directory.Challenge) string {
	switch {
	case c.Medium == directory.MediumApp:
		return "Open your authenticator app and type the code that it shows."
	case c.Medium == directory.MediumEmail && c.Destination != "":
		return "We sent a code by email to " + c.Destination + ". It can take a minute; look among unwanted mail, too. If none comes, start again."
	case c.Medium == directory.MediumEmail:
		return "We sent you a code by email. It can take a minute; look among unwanted mail, too. If none comes, start again."
	case c.Destination != "":
		return "We sent a code by text message to " + c.Destination + ". It can take a minute. If none comes, start again."
	}
	return "We sent you a code by text message. It can take a minute. If none comes, start again."
}

func wayLabel(c directory.Choice) string {
	switch c.Medium {
	case directory.MediumApp:
		return "A code from my authenticator app"
	case directory.MediumSMS:
		return "A code by text message"
	case directory.MediumEmail:
		return "A code by email"
	}
	return "My password"
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
func fieldOf(name string) field {
	f := field{Name: prefixAttribute + name, Type: "text", Autocomplete: "off"}
	switch name {
	case "name":
		f.Label, f.Autocomplete = "Full name", "name"
	case "given_name":
		f.Label, f.Autocomplete = "First name", "given-name"
	case "family_name":
		f.Label, f.Autocomplete = "Last name", "family-name"
	case "email":
		f.Label, f.Type, f.Autocomplete = "Email address", "email", "email"
	case "phone_number":
		f.Label, f.Type, f.Autocomplete = "Phone number, with its country’s code, such as +44 20 7946 0000", "tel", "tel"
	case "birthdate":
		f.Label, f.Type, f.Autocomplete = "Date of birth", "date", "bday"
	case "address":
		f.Label, f.Autocomplete = "Address", "street-address"
	default:
		label := strings.ReplaceAll(strings.TrimPrefix(name, "custom:"), "_", " ")
		first, size := utf8.DecodeRuneInString(label)
		f.Label = string(unicode.ToUpper(first)) + label[size:]
	}
	return f
}
