package sheet

import (
	"net/url"
	"slices"
	"strings"

	"deskpro-login/infra/loginctl/stack"
)

// words are what the doors do not share.
type words struct {
	title string
	// menu is where Deskpro's administrator finds the app, logout what its
	// field is called.
	menu, logout string
	// home is the interface where people sign in.
	home string
	// callback is the path in front of N.
	callback string
	// who is who signs in there, group who may.
	who, group string
	extra      []row
	sso        string
}

func wordsFor(d stack.Door) words {
	base := strings.TrimSuffix(d.DeskproURL, "/")
	if d.Name == stack.Agents {
		base = strings.TrimSuffix(base, "/agent")
		return words{
			title:    "Agents: the agent interface",
			menu:     "Agents > Auth & SSO",
			logout:   "Agent Logout Redirect URL",
			home:     base + "/agent/",
			callback: path(base) + "/agent/login/authenticate-callback/",
			who:      "agents",
			group:    "an account in the group that the parameter `AgentsGroup` names (`deskpro-agents` unless it was changed; with `*`, any account)",
			extra: []row{
				{"Auto Agent", prose("off, unless everyone in the group of `AgentsGroup` shall become an agent, which costs licences. Off means that an agent with the same email address must exist in Deskpro before that person signs in")},
			},
			sso: "*Automatic*: they never see Deskpro's form, and logging out of Deskpro ends the session here, too. Every agent then needs an account here.",
		}
	}
	return words{
		title:    "Users: the help centre",
		menu:     "CRM > Auth & SSO",
		logout:   "User Logout Redirect URL",
		home:     base + "/",
		callback: path(base) + "/login/authenticate-callback/",
		who:      "users",
		group:    "an account of a user",
		extra: []row{
			{"Grant Usergroup", prose("none, unless everyone who signs in here shall be in one usergroup")},
			{"Auto Agent", prose("off, if it is there: nobody becomes an agent by this door")},
		},
		sso: "*Automatic*: they never see Deskpro's form, and logging out of Deskpro ends the session here, too. The help centre then shows nothing to people who have not signed in, so every one of them needs an account here.",
	}
}

func path(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "" // package stack has parsed it
	}
	return u.EscapedPath()
}

func door(s stack.Stack, d stack.Door) part {
	w := wordsFor(d)
	p := part{ID: strings.ToLower(d.Name), Title: w.title, Steps: []step{
		install(s, d, w),
		{Title: "Fill in its settings", Items: []item{{
			Heads: []string{"In Deskpro", "Set"},
			Rows: slices.Concat([]row{
				{"Enabled", prose("on")},
				{"Secret", prose("step 3 tells where it is; also called *JWT Secret Code*")},
				{"Remote Login URL", prose("{}", d.LoginURL)},
				{w.logout, prose("{}", d.LogoutURL)},
				{"Decrypt Algorithm", prose("{}", s.Algorithm)},
				{"Custom Button Text", prose("what you like, such as `Sign in with your company account`")},
			}, w.extra, []row{
				{"SSO", prose("*Disabled* for now; step 6 comes back to it")},
			}),
		}}},
		reveal(s, d),
		test(s, d, w),
		{Title: "Note the number of the callback", Items: []item{
			{Prose: prose("In a private window open {link}, choose to log in, and press the button with your *Custom Button Text*. In the address of the sign-in page look behind `return=` for {}, perhaps with `%2F` for each slash. The number there is N: Deskpro gave it to this install of the app.", w.home, w.callback+"N")},
			{Prose: prose("N is ________. Tell the platform engineer, who needs it at the end.")},
		}},
		{Title: "Decide about SSO", Items: []item{
			{Prose: prose("Only when steps 4 and 5 work. *Disabled*: " + w.who + " see Deskpro's own form, and the button that leads here. " + w.sso)},
			{Prose: prose("Before you change it, keep a window open in which you are signed in as an administrator, and try it in a private one.")},
		}},
	}}
	if d.AccountURL != "" {
		p.Steps = append(p.Steps, step{Title: "Link to people's own accounts", Items: []item{
			{Prose: prose("Under {link} people change what signs them in, and see and end where they are signed in. Put a link to it where they look for that, such as the help centre or your intranet.", d.AccountURL)},
		}})
	}
	return p
}

func install(s stack.Stack, d stack.Door, w words) step {
	it := step{Title: "Install the app", Items: []item{
		{Prose: prose("In Deskpro {link}, as an administrator, open *"+w.menu+"* and install the app for JSON Web Tokens (*JWT*). Deskpro On-Premise must have TLS before.", d.DeskproURL)},
	}}
	for _, other := range s.Doors {
		if other.Name != d.Name {
			it.Items = append(it.Items, item{Prose: prose("The one under *" + wordsFor(other).menu + "* is another install, for " + wordsFor(other).who + ".")})
		}
	}
	return it
}

// consoles are AWS's, by partition.
var consoles = map[string]string{
	"aws":        "https://{Region}.console.aws.amazon.com",
	"aws-cn":     "https://{Region}.console.amazonaws.cn",
	"aws-us-gov": "https://{Region}.console.amazonaws-us-gov.com",
}

// console is the secret's page; empty where AWS's console is not known.
func console(s stack.Secret) string {
	base := consoles[s.Partition]
	if base == "" {
		return ""
	}
	query := url.Values{"name": {s.Name}, "region": {s.Region}}
	return strings.ReplaceAll(base, "{Region}", s.Region) + "/secretsmanager/secret?" + query.Encode()
}

func reveal(s stack.Stack, d stack.Door) step {
	it := step{Title: "Bring the secret across"}
	add := func(p paragraph) { it.Items = append(it.Items, item{Prose: p}) }
	add(prose("Somebody who may read secrets in the AWS account does this, best straight into Deskpro's field *Secret*: not by mail, chat or ticket."))
	if link := console(d.Secret); link != "" {
		add(prose("In the console: open {link} and press *Retrieve secret value*.", link))
	} else {
		add(prose("In the console of Secrets Manager, in the Region {}: open {} and press *Retrieve secret value*.", d.Secret.Region, d.Secret.Name))
	}
	add(prose("Or with the AWS CLI, which prints it and a line break that is not part of it:"))
	it.Items = append(it.Items, item{Command: command(
		"aws secretsmanager get-secret-value", "--region "+d.Secret.Region, "--secret-id "+d.Secret.ARN, "--query SecretString", "--output text",
	)})
	add(prose("Copy all of it and nothing else, no space and no line break. A secret that the stack made has 64 letters and digits. If it reads `{\"key\": \"...\"}`, copy only what is between the last two quotation marks."))
	return it
}

func test(s stack.Stack, d stack.Door, w words) step {
	id := "their account's `id` in the table {}"
	if s.Directory.Cognito {
		id = "their `sub` in the user pool {} (or what the parameter `CognitoClaims` makes their id)"
	}
	groups := "their groups as a list, which may be empty"
	if d.Name == stack.Agents {
		groups = "their groups as a list, and in it the one of `AgentsGroup`"
	}
	return step{Title: "Save and test", Items: []item{
		{Prose: prose("Press *Save*, then *Test Settings*. The sign-in page opens: sign in there with " + w.group + ". Deskpro then reports success. Under *View Log*, *Show raw user data* should show:")},
		{Heads: []string{"Name", "Value"}, Rows: []row{
			{"name", prose("the person's name; also `first_name` and `last_name`, where the account has them")},
			{"email", prose("their email address, by which Deskpro knows them")},
			{"id", prose(id+", never Deskpro's own number", s.Directory.Name)},
			{"groups", prose(groups)},
		}},
		{Prose: prose("and the attributes that the parameter {} names, if any. If it is otherwise, see the table at the end.", d.Name+"Attributes")},
	}}
}

// deployment is what the platform engineer does with the numbers.
func deployment(s stack.Stack) part {
	var rows []row
	for _, d := range s.Doors {
		rows = append(rows, row{d.Name + "DefaultReturn", prose("{}", wordsFor(d).callback+"N")})
	}
	each := ""
	if len(s.Doors) == 2 {
		each = ", each door's own"
	}
	return part{ID: "deployment", Title: "Last: the next deployment", Steps: []step{
		{Title: "Give bookmarks a way on", Items: []item{
			{Prose: prose("Whoever bookmarked the sign-in page comes without a `return`. The platform engineer puts the number in place of N" + each + ", and the parameter among the `parameter_overrides` of `samconfig.toml`:")},
			{Heads: []string{"Parameter", "Value"}, Rows: rows},
			{Prose: prose("Then:")},
			{Command: command("make deploy")},
		}},
		{Title: "See that it works", Items: []item{
			{Prose: prose("Sign in and out once in a private window, from Deskpro. Then open the bookmark. The dashboard counts each sign-in within a few minutes: {link}", s.DashboardURL)},
		}},
	}}
}
