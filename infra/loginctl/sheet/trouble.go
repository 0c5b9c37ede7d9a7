package sheet

import (
	"net/url"
	"strconv"
	"strings"

	"deskpro-login/infra/loginctl/stack"
)

// keyLength is the least length of a secret in bytes (RFC 7518 section 3.2).
var keyLength = map[string]string{"HS256": "32", "HS384": "48", "HS512": "64"}

// trouble names codes as pkg/web/problem.go and the pages in infra/stacks have
// them.
func trouble(s stack.Stack) troubles {
	var symptoms []symptom
	add := func(sign string, causes ...cause) {
		symptoms = append(symptoms, symptom{prose(sign), causes})
	}
	both := len(s.Doors) == 2
	account := "See to the account in the table {}"
	if s.Directory.Cognito {
		account = "See to the account in the user pool {}"
	}
	seconds := strconv.Itoa(int(s.Lifetime.Seconds()))

	add("*Test Settings*, or Deskpro itself, says that the token or its signature is invalid", when(
		because("The secret was pasted with a space or a line break, or not all of it", "Paste it again as in step 3, then *Save*"),
		because("It is the other door's secret", "The one of `UsersSecretArn` belongs under *CRM > Auth & SSO*, the one of `AgentsSecretArn` under *Agents > Auth & SSO*").only(both),
		because("*Decrypt Algorithm* is another one", "Set it to {}", s.Algorithm),
		because("The secret was changed in AWS since; a new one signs within about a minute", "Paste the new one as in step 3"),
		because("The clock of a Deskpro On-Premise server is wrong: a token is valid from when it is made, for "+seconds+" seconds", "Synchronise it (NTP)"),
	)...)
	add("The browser goes back and forth between Deskpro and the sign-in page",
		because("SSO is *Automatic* and Deskpro refuses the token", "Set SSO to *Disabled*, then see the row above"),
		because("SSO is *Automatic* and Deskpro has nobody with that email address: no such agent, or registration is closed", "Create the person in Deskpro"),
		because("The helpdesk has two host names, and its own cookie is for the other one", "Use one of them everywhere, in Deskpro's settings and in the stack's parameters"))
	add("Somebody logs out of Deskpro and is signed in again at once",
		because("The *Logout Redirect URL* is empty or another one, so that the session here goes on", "Copy it again from step 2"))
	add("`DPL-1001` There is no such page, `DPL-1002` There is no such sign-in page", when(
		because("*Remote Login URL* or the *Logout Redirect URL* was not copied whole", "Copy it again from step 2"),
		because("It is the address of the other door, which is off", "Use the ones on this sheet").only(!both),
	)...)
	addresses, values := known(s)
	add("`DPL-1003` We can't send you back to that page",
		because("Deskpro, or a brand of it, was opened under another host name than that of "+addresses, "The log names its origin. Add that, such as `https://help.example.com`, to "+parameters(s, "ReturnOrigins")+" and deploy. Tokens go there: list only hosts that Deskpro serves", values...),
		because("Deskpro was opened by `http://`", "Let it redirect to `https://`"),
		because("A bookmark or a link has a `return` of its own", "Start from the helpdesk"))
	add("`DPL-1004`, `DPL-1005` This address is damaged",
		because("A mail program or a proxy changed the link", "Start from the helpdesk"))
	add("`DPL-1006` Please sign in from our own page",
		because("Another site sent the form", "Start from the helpdesk, and look at the address before you type"))
	add("`DPL-1007`, `DPL-1009` We could not read the form, `DPL-1008` That was too long",
		because("Something between browser and page changed the form", "Start from the helpdesk, in a private window without extensions"))

	add("`DPL-2001` That didn't work", when(
		because("A typing error, no such account, or a disabled one; the page says the same of each", account+"; the log's `reason` tells which it is", s.Directory.Name),
		tooMany(s),
		because("The pool refuses the account for a while after wrong passwords, wants a new password first, has not confirmed it, finds the sign-in too risky, or has a rule; the page says the same again", "The log's `reason`: `locked_out`, `reset_required`, `unconfirmed`, `blocked`, `refused_by_rule`").only(s.Directory.Cognito),
		because("The person has no password here, but comes from another identity provider", "Sign in by the button that names it").only(s.Directory.ManagedLogin != ""),
	)...)
	add("`DPL-2002` This account may not sign in here",
		because("The account is not in the group of "+parameters(s, "Group")+", or the group is spelled differently there; capitals count", account+". Then log out and sign in again: a session keeps the groups that it began with", s.Directory.Name))
	add("`DPL-2003` Your email address isn't confirmed, `DPL-2004`, `DPL-2005` Your account is incomplete", when(
		because("Deskpro needs a verified email address and a name, both such as it can take", account, s.Directory.Name),
		because("The person comes from another identity provider, and nothing is mapped to `email_verified`", "Map it, in the user pool's *Social and external providers*").only(s.Directory.Cognito),
	)...)
	if s.Directory.Cognito {
		add("`DPL-2006` One more step is needed",
			because("The user pool asks for a step that the page cannot take, such as a passkey; the log's `challenge` names it", "Let the pool {} offer the account another way", s.Directory.Name))
	}
	add("`DPL-2007` Too many people at once",
		because("The directory takes no more sign-ins at the moment", "Try again. If it lasts, the dashboard shows since when"))

	if s.Directory.Cognito {
		symptoms = append(symptoms, poolSteps(s)...)
	} else {
		symptoms = append(symptoms, tableSteps(s)...)
	}
	add("`DPL-2021` The helpdesk did not accept this sign-in", when(
		because("The secret in Deskpro is another than the one that signs: pasted with a space or a line break, or not all of it, or changed since", "Paste it again as in step 3, then *Save*. `loginctl secret status` tells the platform engineer which version Deskpro lets people in with"),
		because("It is the other door's secret", "The one of `UsersSecretArn` belongs under *CRM > Auth & SSO*, the one of `AgentsSecretArn` under *Agents > Auth & SSO*").only(both),
		because("The clock of a Deskpro On-Premise server is wrong: a token is valid from when it is made, for "+seconds+" seconds", "Synchronise it (NTP)"),
		because("*Decrypt Algorithm* is another one", "Set it to {}", s.Algorithm),
		because("The account is disabled in Deskpro, or unknown: no such agent, or registration is closed", "Enable the person in Deskpro, or create them"),
		because("The person came back by themselves, several times within a minute", "Try again after a minute"),
	)...)

	add("`DPL-3001` We can't check your password right now, `DPL-3002` That isn't possible right now",
		because("The directory (3001) or the table of sessions (3002) does not answer", "Try again. If it lasts, the log says why; AWS Health knows of outages"))
	add("`DPL-3003` We can't send you to the helpdesk right now",
		because("Secrets Manager does not answer", "Try again. If it lasts, the log says why; AWS Health knows of outages"))
	add("`DPL-3004` We can't send you to the helpdesk right now",
		because("The door's secret is deleted, or marked for deletion", "Restore it in the console of step 3"),
		because("The functions' roles may not read it, or not decrypt it", "See to the policies of the secret and of its KMS key"))
	add("`DPL-3005` We can't send you to the helpdesk right now",
		because("The secret is shorter than the "+keyLength[s.Algorithm]+" bytes that "+s.Algorithm+" needs", "Save a longer one in the console of step 3, then paste it into Deskpro, too"),
		because("It begins or ends with white space, holds control characters, is binary, or is JSON without `key`", "Save it again as plain text, then paste it into Deskpro, too"))
	add("`DPL-3006` Signing in isn't possible right now",
		because("The functions' configuration is broken; their log lists every problem", "Correct the parameters and deploy again"))
	if s.Directory.Cognito {
		add("`DPL-3007` Signing in isn't possible right now",
			because("The app client {} does not allow what `CognitoAuthFlow` says, or has another secret than the one of `CognitoClientSecretArn`; or it is gone, or the pool", "The log's error says which. Mend it in the user pool {}", s.Directory.ClientID, s.Directory.Name),
			because("A trigger of the pool, one of its Lambda functions, fails", "The log's error says which; its own log says why"))
	}
	add("`DPL-4001` Something went wrong",
		because("A fault of the sign-in page", "Try again. If it comes back, report it with its line in the log"))

	add("Somebody is in Deskpro twice, or misses their tickets",
		because("Deskpro knows people by their email address, and theirs has changed", "Merge the two in Deskpro; next time change the address there first"))
	add("A line such as `{\"message\":\"...\"}` instead of a page",
		because("More requests than `ThrottleRate` or `MaxConcurrency` lets through, or a function that crashes", "The dashboard tells which"))
	return troubles{
		Title: "If it does not work",
		Lead: []paragraph{
			prose("Each error page of the sign-in page shows its title, a code, such as `DPL-2002`, and a request id. With both, the platform engineer finds the reason in CloudWatch Logs Insights, with the saved query *Why did this sign-in fail*. Do not send anybody the address of a page that failed in Deskpro: it may hold a token."),
		},
		Heads:    []string{"What you see", "Likely cause, in order", "What to do"},
		Symptoms: append(symptoms, unreachable(s)...),
	}
}

// tooMany is the cause of a page that says to wait.
func tooMany(s stack.Stack) cause {
	why := "There were too many wrong tries, the person's own or somebody else's, and the page says to wait: until then nothing is checked, not even what is right"
	do := "Wait as long as it says, or sign in with a browser that you have signed in with before, which has tries of its own. "
	if s.Directory.Cognito {
		do += "*Forgotten your password?* begins anew, too. "
	}
	return because(why, do+"`loginctl ban list` tells the platform engineer who waits; `loginctl ban lift --login LOGIN --apply` lets the person try again at once, and whoever was guessing, too: be sure who asks. For a whole office, `--source` with its address")
}

// because makes a cause. The values are for why, then for do.
func because(why, do string, values ...string) cause {
	n := strings.Count(why, "{}")
	return cause{prose(why, values[:n]...), prose(do, values[n:]...)}
}

// only returns no cause unless it applies.
func (c cause) only(applies bool) cause {
	if !applies {
		return cause{}
	}
	return c
}

// when returns the causes that apply.
func when(causes ...cause) []cause {
	var some []cause
	for _, c := range causes {
		if c.Why != nil {
			some = append(some, c)
		}
	}
	return some
}

// unreachable is for a host name that people see and that is not the API's.
func unreachable(s stack.Stack) []symptom {
	host := ""
	if u, err := url.Parse(s.Doors[0].LoginURL); err == nil {
		host = u.Host
	}
	if host == s.APIHost {
		return nil
	}
	gone := prose("The browser does not find {}, or warns of its certificate", host)
	if s.DomainTarget != "" {
		return []symptom{{gone, []cause{because("Its DNS record does not lead to the API", "Make it a CNAME of {}", s.DomainTarget)}}}
	}
	return []symptom{
		{prose("`DPL-1010` This isn't the address to sign in at"), []cause{because("*Remote Login URL* is the API's own address, past CloudFront", "Copy it again from step 2")}},
		{prose("`DPL-1011` Too many at once"), []cause{
			because("More forms than `FormsPerAddress` of the edge's stack came from one address within five minutes: a whole office behind it, or somebody who tries passwords", "Wait five minutes. If it is one office, the platform engineer raises that parameter: see `infra/stacks/EDGE.md`"),
			because("More requests of any kind came from it than `RequestsPerAddress`", "The same, with that parameter"),
		}},
		{gone, []cause{because("Its DNS record does not lead to CloudFront", "See `infra/stacks/EDGE.md`")}},
	}
}

// known is markup, with its values, for the doors' own addresses.
func known(s stack.Stack) (text string, values []string) {
	if len(s.Doors) == 1 || s.Doors[0].DeskproURL == s.Doors[1].DeskproURL {
		return "{}", []string{s.Doors[0].DeskproURL}
	}
	return "{} or {}", []string{s.Doors[0].DeskproURL, s.Doors[1].DeskproURL}
}

// parameters is markup for the names of the doors' parameter.
func parameters(s stack.Stack, name string) string {
	var all []string
	for _, d := range s.Doors {
		all = append(all, "`"+d.Name+name+"`")
	}
	return strings.Join(all, " or ")
}
