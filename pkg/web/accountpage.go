package web

import (
	"net/http"
	"slices"
	"time"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/session"
)

// accountPage is what account.html reads.
type accountPage struct {
	page
	Action, Return string
	// Password and App lead to changes; none: there are none to be had.
	Password []link
	App      []link
	// Elsewhere says who keeps the password.
	Elsewhere string
	Devices   []device
	Others    bool
	LogOut    string
}

// device is a session as the page lists it.
type device struct {
	Handle, Name string
	Opened, Used moment
	Current      bool
}

// moment is a time for people and for programs: a script shows it as the
// browser's own clock would.
type moment struct{ Text, Machine string }

func momentOf(t time.Time) moment {
	t = t.UTC()
	return moment{t.Format("2006-01-02 15:04") + " UTC", t.Format(time.RFC3339)}
}

// account renders the account page.
func (v view) account(w http.ResponseWriter, door *Door, returnTo string, mine profile, devices []session.Device, done string) error {
	name := mine.Name
	if name == "" {
		name = mine.FirstName + " " + mine.LastName
	}
	data := &accountPage{
		page: page{
			Title: v.say("account.title"), Text: v.say("account.who", "name", name, "email", mine.Email),
			Links: []link{{v.home(door).Text, loginURL(door, returnTo, false)}},
		},
		Action: accountURL(door, ""), Return: returnTo, LogOut: "/" + door.Name + "/logout",
	}
	data.Chooser = v.chooser(door, pair{paramReturn, returnTo})
	if v.lang.Has("account.done." + done) {
		data.Notice = v.say("account.done." + done)
	}
	to := func(want directory.Want, key string) []link {
		if mine.Federated || !slices.Contains(v.offers.wants(), want) {
			return nil
		}
		return []link{{v.say(key), wantURL(door, returnTo, want)}}
	}
	data.Password = to(directory.WantPassword, "account.change")
	if mine.Factor {
		data.App = slices.Concat(to(directory.WantFactor, "account.replace"), to(directory.WantCodes, "account.codes"), to(directory.WantNoFactor, "account.turn_off"))
	} else {
		data.App = to(directory.WantFactor, "account.set_up")
	}
	if mine.Federated {
		data.Elsewhere = v.say("account.elsewhere", "provider", v.offers.Federation)
	}
	for _, d := range devices {
		shown := device{Handle: d.Handle, Name: d.Name, Opened: momentOf(d.Opened), Used: momentOf(d.Used), Current: d.Current}
		if d.Name == unknownDevice || d.Name == "" {
			shown.Name = v.say("account.unknown")
		}
		data.Devices = append(data.Devices, shown)
		data.Others = data.Others || !d.Current
	}
	return v.render(w, http.StatusOK, "account.html", door, data)
}
