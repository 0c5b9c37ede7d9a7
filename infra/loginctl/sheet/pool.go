package sheet

import (
	"strings"

	"deskpro-login/infra/loginctl/stack"
)

// pool is what the user pool's administrator allows, for people who sign in
// with another identity provider. Its ID is empty if there is nothing to.
//
// The console's words are those of
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-app-idp-settings.html
func pool(s stack.Stack) part {
	var callbacks, logouts []row
	for _, d := range s.Doors {
		if d.CallbackURL != "" {
			callbacks = append(callbacks, row{"Allowed callback URL", prose("{}", d.CallbackURL)})
			logouts = append(logouts, row{"Allowed sign-out URL", prose("{}", d.LogoutURL)})
		}
	}
	if len(callbacks) == 0 {
		return part{}
	}
	region, _, _ := strings.Cut(s.Directory.Name, "_")
	rows := append(callbacks, logouts...)
	return part{ID: "pool", Title: "The user pool: other identity providers", Steps: []step{
		{Title: "Let managed login send people back here", Items: []item{
			{Prose: prose("Only an administrator of the user pool can do this. In the console of Amazon Cognito, in the Region {}, open the user pool {}, *App clients*, the client {}, then *Login pages* and *Edit*. Leave what other applications need as it is, and add:", region, s.Directory.Name, s.Directory.ClientID)},
			{Heads: []string{"In Cognito", "Add"}, Rows: append(rows,
				row{"Identity providers", prose("those that people of your company sign in with")},
				row{"OAuth 2.0 grant types", prose("*Authorization code grant*")},
				row{"OpenID Connect scopes", prose("*OpenID*, *Email* and *Profile*")},
			)},
		}},
		{Title: "Say which of their addresses are verified", Items: []item{
			{Prose: prose("Under *Social and external providers* open each identity provider. Its attribute mapping needs `email`, `email_verified` and `name` (or `given_name` and `family_name`): Deskpro gets no address that is not verified, and Cognito takes each for unverified until something is mapped to `email_verified`. Map an attribute that the provider itself answers for, never one that people may write.")},
			{Prose: prose("Then sign in with it once, in a private window.")},
		}},
	}}
}
