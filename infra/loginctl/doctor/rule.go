package doctor

// rule is a check by its id, in which each star stands for a door, a function, a
// table or a host. can are the ways in which it may not be well: a test sees each
// of them happen.
type rule struct {
	id  string
	can ways
	why string
}

type ways uint8

const (
	canWarn ways = 1 << iota
	canFail
	canMiss // it may be that it cannot be told
)

// rules are all, in the order in which they are told.
var rules = [...]rule{
	{"stack/outputs", canWarn | canFail | canMiss, "it says where everything is: what hangs on it is not checked otherwise"},
	{"stack/resources", canMiss, "they are what is examined"},
	{"functions/*/state", canWarn | canFail | canMiss, "what is served comes from it"},
	{"config/*/variables", canFail, "with a problem it answers every request with DPL-3006, or does nothing at all"},
	{"config/unread", canWarn, "a name that is misspelt sets nothing, and nobody is told"},
	{"config/drift", canFail, "a person passes from one function to the other: what the one gives the other does not take"},
	{"config/outputs", canWarn, "people are served something else than what was deployed"},

	{"token/lifetime", canWarn, "a token stands in the address of the helpdesk's page: who sees it can sign in with it for so long; too short, and a slow phone comes late"},
	{"session/idle", canWarn, "who finds the browser open is signed in (NIST SP 800-63B-4 says an hour at most)"},
	{"session/absolute", canWarn, "an account that is disabled by another hand than loginctl's keeps its sessions until then (NIST SP 800-63B-4 says a day at most)"},
	{"doors/*/origins", canWarn, "tokens are sent to any page of them: whoever serves one can sign in as everyone who follows a link to it"},
	{"doors/*/group", canWarn, "with Auto Agent Deskpro makes an agent of everyone who passes, which costs licences"},
	{"pages/frames", canWarn, "a page that shows ours in a frame can have people click what they do not see"},
	{"guesses/free", canWarn, "nothing slows down who tries passwords before that many, at each account"},
	{"guesses/first-wait", canWarn, "a program that tries passwords does not notice a wait of seconds"},
	{"guesses/longest-wait", canWarn, "it is what bounds how many passwords are tried in a day"},
	{"guesses/most", canWarn, "whoever guesses on purpose shuts an account's owner out, until a browser of theirs is known, they set a new password, or an operator lifts it"},
	{"guesses/source", canWarn, "one machine can try a common password at as many accounts"},
	{"guesses/known", canWarn, "whoever guesses at an account makes its owner wait, too, as no browser of theirs is told from others"},
	{"guesses/refusal", canWarn, "where there is no such account the answer comes sooner than where a password is checked: that tells who has one"},
	{"rotation/window", canWarn, "from the moment at which a secret changes until it is pasted into Deskpro nobody can sign in"},

	{"secrets/*/readable", canFail | canMiss, "nothing is signed, or opened, without it"},
	{"secrets/*/current", canFail, "only the version that has AWSCURRENT signs"},
	{"secrets/factors/length", canFail, "no app's key can be sealed or opened with it: who has an app cannot sign in"},
	{"secrets/*/key", canFail, "the function does not sign with it, or Deskpro does not take what it signs"},
	{"secrets/*/doubts", canWarn, "Deskpro takes the text as it stands: a copy that was decoded, wrapped or guessed is another secret, or a weak one"},
	{"secrets/*/pending", canWarn, "a rotation is stuck: whom Deskpro sends back does not get a token with that version, and the next rotation does not begin"},
	{"secrets/*/waiting", canWarn, "somebody meant to paste it and did not; until then two versions can sign"},
	{"secrets/*/age", canWarn, "whoever has seen it since can sign in as anyone"},
	{"secrets/*/rotation", canWarn, "a secret that is never changed is changed in a hurry, when it has leaked"},
	{"secrets/differ", canFail | canMiss, "who knows the one may use the other: a user's token would open the agent interface"},

	{"tables/*/there", canFail | canMiss, "without it nobody signs in"},
	{"tables/*/key", canFail, "every look-up is by that key"},
	{"tables/*/expiry", canWarn | canFail | canMiss, "what is over must be deleted, and nothing else may be"},
	{"tables/*/backup", canWarn | canMiss, "what is deleted or overwritten by mistake is gone"},
	{"tables/*/protection", canWarn, "one wrong call deletes all accounts"},
	{"tables/*/encryption", canWarn | canFail, "who may read the table is then decided by DynamoDB's permissions alone, and no use of the key is on record"},
	{"tables/*/capacity", canWarn, "more sign-ins than it was made for are throttled: people see DPL-3001 and DPL-3002"},
	{"guesses/waits", canWarn | canMiss, "guesses from there, or at that account, are not checked now, not even right ones"},

	{"cognito/pool", canFail | canMiss, "accounts are in it"},
	{"cognito/mfa", canWarn, "a password that was guessed, or typed somewhere else, is enough"},
	{"cognito/protection", canWarn, "one wrong call deletes all accounts"},
	{"cognito/signup", canWarn, "who signs up there is let into the helpdesk"},
	{"cognito/client", canFail | canMiss, "the pool takes sign-ins as its app client says"},
	{"cognito/secret", canFail | canMiss, "without it Cognito refuses every sign-in"},
	{"cognito/validity", canWarn, "this page reads a token once and forgets it: longer ones only serve who gets hold of one"},
	{"cognito/callbacks", canFail, "managed login shows redirect_mismatch instead of sending people back"},
	{"groups/*", canFail | canMiss, "nobody is in a group that is not there: nobody passes, or nobody is asked for a second factor"},

	{"clock/here", canWarn | canMiss, "the other clocks are compared by this machine's"},
	{"deskpro/*/https", canWarn | canFail | canMiss, "people are sent there with their token"},
	{"deskpro/*/tls", canFail, "older versions are broken: a token could be read on its way"},
	{"deskpro/*/certificate", canWarn | canFail, "browsers show a warning instead of the helpdesk"},
	{"deskpro/*/redirect", canWarn, "people arrive at a host that is not among the return origins, and come back from there refused with DPL-1003"},
	{"deskpro/*/clock", canWarn | canFail | canMiss, "a token that is issued in the future by Deskpro's clock, or is over, is refused: everyone comes straight back"},

	{"pages/*/answer", canFail | canMiss, "it is the Remote Login URL: people begin there"},
	{"pages/*/headers", canFail, "they keep tokens out of caches and frames, and let the form lead to the helpdesk"},
	{"pages/*/cookies", canFail, "nobody has signed in yet: something between the browser and the functions sets them"},
	{"pages/tls", canFail, "older versions are broken: a password could be read on its way"},
	{"pages/certificate", canWarn | canFail, "browsers show a warning instead of the page"},
	{"pages/http", canFail, "what is typed there, or sent from there, can be read on its way"},
	{"pages/unknown", canFail, "who mistypes the address finds no way on, nor a code to quote"},
	{"pages/bypass", canFail | canMiss, "who calls the API itself goes past the firewall, and its limits"},
	{"token/*/sample", canFail, "Deskpro refuses what it is not told, or cannot verify"},

	{"logs/*", canWarn | canFail | canMiss, "it says why somebody could not sign in, and who signed in from which address, which nobody needs for ever"},
	{"alarms/there", canFail | canMiss, "nobody is told when people cannot sign in"},
	{"alarms/action", canWarn, "an alarm that tells nobody is found by who looks at the console"},
	{"alarms/state", canWarn, "something is wrong now, and while one is on nothing can be deployed"},
	{"api/throttle", canWarn | canMiss, "a flood of requests is paid for, and takes the account's other functions along"},
}

func whyOf(id string) string {
	for i := range rules {
		if rules[i].id == id {
			return rules[i].why
		}
	}
	panic("doctor: no rule " + id)
}
