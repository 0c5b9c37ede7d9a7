package sheet

import "deskpro-login/infra/loginctl/stack"

// tableSteps are the symptoms of what accounts in a table need beside a password.
func tableSteps(s stack.Stack) []symptom {
	var symptoms []symptom
	add := func(sign string, causes ...cause) {
		symptoms = append(symptoms, symptom{prose(sign), causes})
	}
	add("`DPL-2008` That code isn't right, `DPL-2009` That code was used before",
		because("A typing error, or an older code than the last; a recovery code that was used already", "Type the newest one, six digits without a space. Each is good once: wait for the next"),
		because("The phone's clock is wrong, and its app goes by the time", "Let the phone set its time by itself"),
		because("It is another account's code", "Look for this account's entry in the app"),
		because("The app or the phone is gone, and the recovery codes, too", "`loginctl account mfa reset LOGIN --apply`; be sure who asks for it"),
		because("There were too many wrong ones, and the page says to wait", "As for `DPL-2001`"))
	add("`DPL-2010` Choose another password",
		because("It is too short, common, was in a breach, or is mostly the person's or the company's name", "The page says which. A few words in a row are easy to remember"))
	add("`DPL-2012`, `DPL-2018` Please sign in again",
		because("More than a quarter of an hour passed between two steps, or the step was answered already, perhaps in another tab", "Sign in again"),
		because("The account got another password or app meanwhile, or was disabled", "Sign in again. The saved query *All that happened to one account* tells"),
		because("There were too many wrong answers in one sign-in", "Sign in again, with the newest code"))
	add("`DPL-2013` Your account can't get a code",
		because("What seals the keys of apps was changed twice since the person was here, or the stack has another secret for it", "The log's error says which. Restore that secret's version, or `loginctl account mfa reset LOGIN --apply`"),
		because("The account has an app, and `Factors` or `AccountsWrites` was switched off since", "Set it to on again, with the `FactorSecretArn` from before, or `loginctl account mfa reset LOGIN --apply`"))
	add("`DPL-2019` Still checking",
		because("The form was sent twice, and the first answer is not there yet", "Wait a moment, then sign in again"))
	add("`DPL-2023` Your account needs its app",
		because("The person wants to be without the authenticator app, which the door or one of their groups asks for", "See to "+parameters(s, "Factor")+" and `FactorGroups`, or leave it as it is"))
	add("`DPL-2020` A second factor is needed",
		because("The door asks for a second factor, and whoever signed the person in had none", "See to "+parameters(s, "Factor")+" and `Factors`; the log's outcome is `factor_missing`"))
	add("`DPL-3007` Signing in isn't possible right now",
		because("There is no table {}, its key is another than `AccountsFields` says, or the function may not use it", "The log's error says which. Correct the parameters and deploy again", s.Directory.Name),
		because("The secret that seals the keys of apps is gone, too short, or may not be read", "The log's error says which. Restore it in Secrets Manager"))
	return symptoms
}

// poolSteps are the symptoms of what a user pool asks for beside a password.
func poolSteps(s stack.Stack) []symptom {
	var symptoms []symptom
	add := func(sign string, causes ...cause) {
		symptoms = append(symptoms, symptom{prose(sign), causes})
	}
	pool := s.Directory.Name

	add("`DPL-2008` That code isn't right, `DPL-2009` That code was used before",
		because("A typing error, or an older code than the last", "Type the newest one. One from an app is good once: wait for the next"),
		because("The phone's clock is wrong, and its app goes by the time", "Let the phone set its time by itself"),
		because("It is another account's code", "Look for this account's entry in the app"),
		because("The app or the phone is gone", "Delete its software token (`aws cognito-idp admin-delete-software-token`, of a recent AWS CLI) in the pool {}; if the pool requires a factor, the next sign-in sets up a new one. Where codes come by text message, change the account's number", pool),
		because("There were too many wrong ones, and the page says to wait", "As for `DPL-2001`"))
	add("`DPL-2010` Choose another password",
		because("It is not what the pool's rules for passwords ask for, or was used before", "Choose a longer one that is new; the page says what the pool says about it"))
	add("`DPL-2023` Your account needs its app",
		because("The person wants to be without the authenticator app, and the pool {} requires a second factor", "Leave it as it is, or set up another app", pool))
	add("`DPL-2011` This sign-in isn't allowed",
		because("The pool's threat protection found it too risky", "Try from a network and a device used before. The account's event history in the pool {} tells why", pool),
		because("A rule of your company refuses it, in a trigger of the pool, one of its Lambda functions", "See to that trigger; its own log says why"))
	add("`DPL-2012`, `DPL-2018` Please sign in again",
		because("More time passed than the pool allows between two steps, a quarter of an hour at most, or the step was answered already, perhaps in another tab", "Sign in again"),
		because("There were too many wrong answers in one sign-in", "Sign in again, with the newest code"))
	add("`DPL-2013` Your account can't get a code",
		because("The pool requires a second factor, and the account has no address or number for one that it allows", "See to the account in the pool {}, or let the pool allow authenticator apps", pool))
	add("`DPL-2014` That code isn't right",
		because("The code for a new password, or for a new account, is mistyped, too old, or was tried too often", "Ask for a new one"),
		because("There were too many wrong ones, and the page says to wait", "As for `DPL-2001`"),
		because("There is no such account; the page does not say so", "See to the account in the pool {}", pool))
	add("`DPL-2022` Please wait",
		because("Codes were asked for too often, for the account or from the address", "Wait as long as the page says; the last code may have come meanwhile. To let the person ask again at once: `loginctl ban lift`, as for `DPL-2001`"))
	add("The mail with a code does not come",
		because("It is taken for junk, or the mails that Cognito sends by itself, 50 a day, are used up", "Look there. Let the pool send through Amazon SES: with `CognitoMailFrom` if the stack made it"),
		because("SES is still in its sandbox, and sends to verified addresses alone", "Ask AWS to move it out"),
		because("The account has no verified address, is new and still has its first password, is disabled, or comes from another identity provider", "The saved query *Why did no code arrive* tells. See to the account in the pool {}; a new one needs a new first password", pool))
	add("`DPL-2015` Check what you typed",
		because("A detail that the pool requires is missing, or not in the form it wants", "Fill in all: a phone number such as `+442079460000`, a date such as `1990-12-31`"))
	add("`DPL-2016` You weren't signed in",
		because("The person went back, or the identity provider does not let them in here", "Try again; let its administrator assign them to the application"),
		because("It does not send what the pool requires of an account", "See to its attribute mapping in the pool {}", pool))
	add("`DPL-2017` Please sign in again",
		because("It took longer than a quarter of an hour, was finished before, or began in another browser", "Start from the helpdesk"),
		because("It happens to everyone: what came back cannot be taken", "The log's error says why. With `invalid_grant` the app client may not read all attributes that its scopes stand for: let it"))
	if s.Directory.ManagedLogin != "" {
		add("Managed login itself shows an error, such as `redirect_mismatch`; no log here has it",
			because("The app client {} does not allow the address that people come back to: each door's *Remote Login URL* with `/callback` behind", "Add it under the client's *Login pages*", s.Directory.ClientID),
			because("The client has no style", "Give it one under *Branding*, *Managed login*"),
			because("The client does not list the provider that `FederationProvider` names, or the pool has none of that name", "Add it under *Login pages*, or spell it as in the pool"))
	}
	add("`DPL-2019` Still checking",
		because("The form was sent twice, and the first answer is not there yet", "Wait a moment, then sign in again"))
	return symptoms
}
