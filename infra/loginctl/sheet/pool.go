package sheet

import (
	"cmp"
	"slices"
	"strings"

	"deskpro-login/infra/loginctl/stack"
)

// pool is what the user pool's administrator does for people who sign in with
// another identity provider. Its ID is empty where there is no pool.
//
// The console's words are those of
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-app-idp-settings.html
func pool(s stack.Stack) part {
	p := part{ID: "pool", Title: "The user pool: other identity providers"}
	switch {
	case !s.Directory.Cognito:
		return part{}
	case s.Directory.ManagedLogin == "":
		p.Steps = []step{prepare(s)}
	case s.Doors[0].CallbackURL != "": // else the stack made the pool
		p.Steps = []step{register(s), verify(), allow(s)}
	default:
		p.Steps = []step{register(s), verify(), choose()}
	}
	return p
}

// prepare is for a pool where nobody does so far. Whether the stack made it, the
// outputs do not tell.
func prepare(s stack.Stack) step {
	return step{Title: "Only if people shall sign in with one", Items: []item{
		{Prose: prose("So far nobody does; `infra/stacks/POOL.md` tells how. In a pool of your own the app client {} can be prepared before the parameter `FederationDomain` is set: what it must allow is each door's *Remote Login URL* with `/callback` behind, and its logout address. In a pool that the stack made the stack sees to that.", s.Directory.ClientID)},
		{Heads: []string{"In Cognito", "Add"}, Rows: addresses(s)},
	}}
}

// register has the addresses of
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-saml-idp.html
// and its neighbour for OpenID Connect.
func register(s stack.Stack) step {
	host := s.Directory.ManagedLogin
	return step{Title: "Let the identity provider and the pool know each other", Items: []item{
		{Prose: prose("The identity provider's administrator registers the pool's managed login there, for one of these:")},
		{Heads: []string{"At the identity provider", "Set"}, Rows: []row{
			{"SAML: reply URL (ACS)", prose("{}", "https://"+host+"/saml2/idpresponse")},
			{"SAML: entity ID", prose("{}", "urn:amazon:cognito:sp:"+s.Directory.Name)},
			{"OpenID Connect: redirect URI", prose("{}", "https://"+host+"/oauth2/idpresponse")},
		}},
		{Prose: prose("Then the pool's administrator adds the provider: in the console of Amazon Cognito, in the Region {}, open the user pool {}, *Social and external providers* and *Add identity provider*.", poolRegion(s), s.Directory.Name)},
	}}
}

func verify() step {
	return step{Title: "Say which of their addresses are verified", Items: []item{
		{Prose: prose("Under *Social and external providers* open each identity provider. Its attribute mapping needs `email`, `email_verified` and `name` (or `given_name` and `family_name`): Deskpro gets no address that is not verified, and Cognito takes each for unverified until something is mapped to `email_verified`. Map an attribute that the provider itself answers for and always sends, never one that people may write.")},
	}}
}

// allow is for a pool that somebody brought.
func allow(s stack.Stack) step {
	return step{Title: "Let managed login send people back here", Items: []item{
		{Prose: prose("Only an administrator of the user pool can do this. In the console of Amazon Cognito, in the Region {}, open the user pool {}, *App clients*, the client {}, then *Login pages* and *Edit*. Leave what other applications need as it is, and add:", poolRegion(s), s.Directory.Name, s.Directory.ClientID)},
		{Heads: []string{"In Cognito", "Add"}, Rows: append(addresses(s),
			row{"Identity providers", prose("those that people of your company sign in with")},
			row{"OAuth 2.0 grant types", prose("*Authorization code grant*")},
			row{"OpenID Connect scopes", prose("*OpenID*, *Email* and *Profile*")},
		)},
		{Prose: prose("Under *Branding*, *Managed login*, give the client a style if it has none: without one there are no pages. Then sign in with each provider once, in a private window.")},
	}}
}

// choose is for a pool that the stack made, which sees to the app client.
func choose() step {
	return step{Title: "Send people there", Items: []item{
		{Prose: prose("The stack sets up the app client of this pool, so change nothing of it in the console. It has one provider: that of the parameter `FederationProvider`, spelled as in the pool. While that is empty, managed login knows the pool's own accounts alone. The platform engineer sets it, then:")},
		{Command: command("make deploy")},
		{Prose: prose("Then sign in with it once, in a private window.")},
	}}
}

// addresses are those that people come back to.
func addresses(s stack.Stack) []row {
	var callbacks, logouts []row
	for _, d := range s.Doors {
		callbacks = append(callbacks, row{"Allowed callback URL", prose("{}", cmp.Or(d.CallbackURL, d.LoginURL+"/callback"))})
		logouts = append(logouts, row{"Allowed sign-out URL", prose("{}", d.LogoutURL)})
	}
	return slices.Concat(callbacks, logouts)
}

// poolRegion is what a pool's ID begins with.
func poolRegion(s stack.Stack) string {
	region, _, _ := strings.Cut(s.Directory.Name, "_")
	return region
}
