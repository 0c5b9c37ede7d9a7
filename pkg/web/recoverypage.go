package web

import "net/http"

// recovery is what a person who cannot sign in does about it.
type recovery int

const (
	forgotten   recovery = iota // the password
	unconfirmed                 // the account
)

// recoveryPage is what recovery.html reads.
type recoveryPage struct {
	page
	Action, Return, Login string
	// Ask is what the form is for; Sent tells that a code was asked for just now.
	Ask  string
	Sent bool
	// NewPassword: the code's form asks for one.
	NewPassword bool
	Button      string
	// Again is the button that asks for another code.
	Again string
}

// recovery renders a form of recovery. Its words are the same whether or not
// there is an account.
func (p *pages) recovery(w http.ResponseWriter, status int, about recovery, door *Door, data recoveryPage) error {
	data.Links = []link{{"Back to signing in", loginURL(door, data.Return, true)}, home(door)}
	switch {
	case about == unconfirmed:
		data.Ask = giveCode // whose new one is asked for there, too
		data.Action, data.Title = pageURL(door, "/confirm", nil), "Confirm your account"
		data.Text = "Type the code that you were sent when the account was made."
		data.Button, data.Again = "Confirm", "Send me a new code"
	case data.Ask == askForCode:
		data.Action, data.Title = pageURL(door, "/reset", nil), "Set a new password"
		data.Text = "We’ll send you a code with which you can choose a new password."
		data.Button = "Send me a code"
	default:
		data.Action, data.Title, data.NewPassword = pageURL(door, "/reset", nil), "Set a new password", true
		data.Text = "Type the code that you were sent, and choose a new password."
		data.Button, data.Again = "Set the password", "Send me a new code"
	}
	if data.Sent {
		data.Text = "If there is an account for this login, a code is on its way to its email address or phone. It can take " +
			"a few minutes; look among unwanted mail, too. Only a few codes are sent in an hour: if none arrives, wait an hour, " +
			"then ask for another one."
	}
	return p.render(w, status, "recovery.html", &data)
}
