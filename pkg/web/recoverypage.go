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
func (v view) recovery(w http.ResponseWriter, status int, about recovery, door *Door, data recoveryPage) error {
	data.Links = []link{{v.say("link.back"), loginURL(door, data.Return, true)}, v.home(door)}
	switch {
	case about == unconfirmed:
		data.Ask = giveCode // whose new one is asked for there, too
		data.Action, data.Title = pageURL(door, "/confirm", nil), v.say("confirm.title")
		data.Text = v.say("confirm.text")
		data.Button, data.Again = v.say("confirm.submit"), v.say("reset.again")
	case data.Ask == askForCode:
		data.Action, data.Title = pageURL(door, "/reset", nil), v.say("reset.title")
		data.Text, data.Button = v.say("reset.text"), v.say("reset.request")
	default:
		data.Action, data.Title, data.NewPassword = pageURL(door, "/reset", nil), v.say("reset.title"), true
		data.Text = v.say("reset.type")
		data.Button, data.Again = v.say("reset.submit"), v.say("reset.again")
	}
	if data.Sent {
		data.Text = v.say("reset.sent")
	}
	data.Chooser = v.chooser(door, pair{paramReturn, data.Return})
	if v.posted {
		data.Chooser = v.post(data.Action, pair{paramReturn, data.Return}, pair{paramLogin, data.Login}, pair{paramAsk, data.Ask})
	}
	return v.render(w, status, "recovery.html", door, &data)
}

// recoveryAgain shows the form that f is of in another language.
func (v view) recoveryAgain(w http.ResponseWriter, about recovery, door *Door, returnTo string, f form) error {
	ask := askForCode
	if f.get(paramAsk) == giveCode {
		ask = giveCode
	}
	return v.recovery(w, http.StatusOK, about, door, recoveryPage{Return: returnTo, Login: f.get(paramLogin), Ask: ask})
}
