package config

import "slices"

// Function names a Lambda function, whose environment holds the variables that
// it reads and no others.
type Function string

const (
	Login        Function = "login"
	Authenticate Function = "authenticate"
	Logout       Function = "logout"
	// Preflight tries new versions of the others before people reach them.
	Preflight Function = "preflight"
	// Rotate changes the doors' secrets.
	Rotate Function = "rotate"
)

// Variable is one variable of the environment. An empty one counts as not set.
type Variable struct {
	// Name; those of a door begin with DOOR_, which stands for USERS_ and AGENTS_.
	Name string
	// Functions read it.
	Functions []Function
	// Default is used where it is not set; empty means none.
	Default string
	// Doc is the operator's: what it is, its unit, its danger.
	Doc string
}

var (
	every  = []Function{Login, Authenticate, Logout, Preflight, Rotate}
	all    = []Function{Login, Authenticate, Logout, Preflight}
	pages  = []Function{Login, Authenticate, Logout}
	keys   = []Function{Login, Authenticate, Preflight}
	keyed  = []Function{Login, Authenticate, Preflight, Rotate}
	events = []Function{Login, Authenticate, Logout, Rotate}
	first  = []Function{Login}
	forms  = []Function{Login, Authenticate}
	auth   = []Function{Authenticate}
	out    = []Function{Logout}
	ids    = []Function{Authenticate, Logout}
	trial  = []Function{Preflight}
	turn   = []Function{Rotate}
)

// variables is the only list of them; the README's table is made from it.
var variables = [...]Variable{
	{"DOOR_DESKPRO_URL", every, "", "The helpdesk's address, such as `https://acme.deskpro.com/`; the door is on when this is set. At least one door must be on."},
	{"DOOR_RETURN_ORIGINS", all, "", "Further origins that people may return to, separated by spaces: brands with hosts of their own, such as `https://help.acme.com`. Tokens are sent to any page of them."},
	{"DOOR_DEFAULT_RETURN", all, "", "Where people go who came from a bookmark, best `/login/authenticate-callback/N` (for agents `/agent/login/authenticate-callback/N`) with the N of the app in Deskpro. Not set: the helpdesk's address."},
	{"DOOR_ATTRIBUTES", all, "", "Names of directory attributes to send as claims, separated by spaces."},
	{"DOOR_SECRET", keyed, "", "ARN or name of the Secrets Manager secret that holds the door's JWT secret. Required when the door is on; never the same for both doors."},
	{"DOOR_GROUP", keys, "", "Only members of this group may pass; `*` lets everyone pass. Not set: everyone for users; for agents it is required, because Deskpro may make agents of all who come."},
	{"DOOR_FACTOR", forms, factorOptional, "`required`: nobody passes without a second factor; who has none sets up an authenticator app. `optional`: only who has one is asked for it. With `dynamodb` and `FACTORS`."},
	{"DOOR_BRAND", pages, "", "What `BRAND` is at this door; not set: the same. So it is with the next seven."},
	{"DOOR_ACCENT", pages, "", "What `ACCENT` is at this door."},
	{"DOOR_LOGO", pages, "", "What `LOGO` is at this door."},
	{"DOOR_ICON", pages, "", "What `ICON` is at this door."},
	{"DOOR_SUPPORT_URL", pages, "", "What `SUPPORT_URL` is at this door."},
	{"DOOR_PRIVACY_URL", pages, "", "What `PRIVACY_URL` is at this door."},
	{"DOOR_TERMS_URL", pages, "", "What `TERMS_URL` is at this door."},
	{"DOOR_IMPRINT_URL", pages, "", "What `IMPRINT_URL` is at this door."},
	{"ISSUER", every, "deskpro-login", "The tokens' `iss` claim, followed by `/users` or `/agents`."},
	{"TOKEN_ALGORITHM", every, "HS256", "`HS256`, `HS384` or `HS512`, as *Decrypt Algorithm* in Deskpro; the secret needs at least 32, 48 or 64 bytes."},
	{"TOKEN_LIFETIME", all, "120s", "How long a token is valid, 30s to 600s. A token is read once, at the redirect."},
	{"ROTATION_WINDOW", first, "24h", "For so long after a door's secret was changed its version before still signs for a browser that comes back from Deskpro refused, and so does, at any time, one that waits to become current. `0s`: nothing signs but the current one. 168h at most."},
	{"PROMOTE_WHEN", turn, "confirmed", "What makes a waiting version of a secret the current one: `confirmed`, an operator's word that Deskpro has it; `accepted`, also that Deskpro let three people in with it, and more than it refused."},
	{"SESSION_IDLE", pages, "1h", "A session that was not used for so long ends (1m or more)."},
	{"SESSION_ABSOLUTE", pages, "12h", "A session ends so long after signing in, used or not (720h at most). An account that is disabled, or taken out of a group, by another hand than `loginctl`'s keeps its sessions until then."},
	{"STATE_TABLE", every, "", "Name of the DynamoDB table for sessions, and for sign-ins that are under way. Required."},
	{"BRAND", pages, "Helpdesk", "Your company's name, on every page."},
	{"ACCENT", pages, "#1f56c4", "A colour of your brand, such as `#1f56c4`: buttons have it, and links a shade of it that is legible on the page."},
	{"LOGO", pages, "", "A picture in place of the name: an `https:` address, which is the one request to elsewhere that pages then make, or a small one in itself, `data:image/svg+xml,…`. Lambda takes 4 KB for all variables together: where everything is set, 600 bytes are left for all such pictures."},
	{"ICON", pages, "", "The picture in the browser's tab, likewise. Not set: the name's first letter on the accent."},
	{"SUPPORT_URL", pages, "", "Where people get help: an `https:`, `mailto:` or `tel:` address."},
	{"PRIVACY_URL", pages, "", "Your privacy policy, `https:`."},
	{"TERMS_URL", pages, "", "Your terms of use, `https:`."},
	{"IMPRINT_URL", pages, "", "Your legal notice, `https:`."},
	{"LANGUAGES", pages, "", "Tags of the languages that pages are offered in, separated by spaces; the first is for whoever prefers none of them. One alone: there is no choice. Not set: all of `" + offered + "`, with English first."},
	{"FRAME_ANCESTORS", pages, "", "Who may show the pages in a frame, as CSP sources separated by spaces. Not set: nobody. A frame invites clickjacking."},
	{"METRICS_NAMESPACE", events, "", "CloudWatch namespace of the metrics that ride on the log's lines. Not set: none do."},
	{"EDGE_DOMAIN", pages, "", "The host that people see where CloudFront is in front of the API, such as `login.acme.com`; with `ORIGIN_VERIFY_HASHES`."},
	{"ORIGIN_VERIFY_HASHES", pages, "", "SHA-256, in hex, of what CloudFront sends as `X-Origin-Verify`; two, separated by a space, while it changes. Set: requests that do not come through CloudFront are refused, and the client's address is the one that CloudFront names."},
	{"DIRECTORY", forms, "", "Where accounts are: `dynamodb` or `cognito`. Required."},
	{"ACCOUNTS_TABLE", auth, "", "Name of the DynamoDB table of accounts; with `dynamodb`."},
	{"ACCOUNTS_FIELDS", auth, "", "Which attribute of a table that was there before is what, as pairs separated by spaces, such as `login=username email_verified=* disabled=!active department=dept` ([infra/stacks/ACCOUNTS.md](infra/stacks/ACCOUNTS.md)). Not set: the table is as this project makes it. Who somebody is, and what is open to them, is in that table: whoever may write it can sign in as anyone. With `dynamodb`."},
	{"ACCOUNTS_WRITES", forms, "on", "`off`: the table is only read. Hashes stay as they are, people cannot choose another password here, and there are no second factors. With `dynamodb`."},
	{"FACTORS", forms, "off", "`on`: people may set up an authenticator app, and are asked for its code from then on. Off while somebody has one: they cannot sign in. Needs `ACCOUNTS_WRITES`. With `dynamodb`."},
	{"FACTOR_SECRET", auth, "", "ARN or name of the Secrets Manager secret that seals the keys of authenticator apps, a text of 32 bytes or more that is nothing else's. Another one: nobody's app is known any more. Required with `FACTORS`."},
	{"FACTOR_GROUPS", auth, "", "Groups whose members need a second factor to sign in, at whichever door, separated by commas. Sessions from before it was set go on until they end. With `FACTORS`."},
	{"PASSWORD_MIN_LENGTH", auth, "15", "How many characters a new password needs at least, 15 to 64, where it is the only factor; beside an authenticator app 8 will do. With `dynamodb` and `ACCOUNTS_WRITES`."},
	{"PASSWORD_WORDS", auth, "", "Words that everybody would think of here, such as products, separated by spaces: a new password must be more than they are; those of fewer than four letters are not looked for. `BRAND` and the helpdesk's host names count by themselves. With `dynamodb` and `ACCOUNTS_WRITES`."},
	{"BREACH_CHECK", auth, "off", "`on`: new passwords are looked up in *Have I Been Pwned*, which is sent the first five hex digits of their SHA-1 and nothing else; if it does not answer, they pass. With `dynamodb` and `ACCOUNTS_WRITES`."},
	{"HASH_MEMORY", auth, "19456", "What a new hash (argon2id) costs, in KiB of memory, 7168 to 65536. It must be a multiple of four times `HASH_PARALLELISM` and, with `HASH_TIME`, be OWASP's minimum or more. Older hashes are replaced when people sign in, unless `ACCOUNTS_WRITES` is `off`: then this is what a login that does not exist costs, too, best what the table's own hashes do. With `dynamodb`."},
	{"HASH_TIME", auth, "2", "… in passes, 1 to 8. With `dynamodb`."},
	{"HASH_PARALLELISM", auth, "1", "… in lanes, 1 to 8; on the one processor that a function has, more make no hash sooner. With `dynamodb`."},
	{"COGNITO_USER_POOL_ID", auth, "", "The user pool, such as `eu-west-1_AbCdEfGhI`; with `cognito`."},
	{"COGNITO_CLIENT_ID", ids, "", "The pool's app client, which must allow `ADMIN_USER_PASSWORD_AUTH`, or what `COGNITO_AUTH_FLOW` says; with `cognito`. `logout` needs it only where `FEDERATION_LOGOUT` is `on`."},
	{"COGNITO_CLIENT_SECRET", auth, "", "ARN or name of the Secrets Manager secret that holds the app client's secret, if it has one, as it must where `COGNITO_CLAIMS` names `id`, `email`, `email_verified` or `groups`; with `cognito`."},
	{"COGNITO_AUTH_FLOW", forms, adminPassword, "How people sign in to the pool: `ADMIN_USER_PASSWORD_AUTH` is a password, then whatever else the pool asks for. `USER_AUTH` is that too, and offers the other first factors that the pool allows, such as a code by email. With `cognito`."},
	{"COGNITO_CLAIMS", auth, "", "Which claims of the ID token make a person, where they are not the standard ones, as pairs separated by spaces, such as `id=custom:staff_no groups=custom:roles`. Ours are `id`, `email`, `email_verified`, `name`, `first_name`, `last_name` and `groups`; every other name is an attribute's. Who somebody is, and what is open to them, hangs on `id`, `email`, `email_verified` and `groups`: people must not be able to write the claims of these four, which need `COGNITO_CLIENT_SECRET` therefore. An `id` must never go to a second person, as an email address may. Groups that are text are read as Cognito keeps what an identity provider sends: `[a,b%2Cc]` is a list, form-encoded; without brackets the whole is one group. With `cognito`."},
	{"PASSWORD_RESET", forms, "on", "`on`: the sign-in page leads people who forgot their password to a new one, by a code that the pool sends them. `off` if that is done elsewhere. With `cognito`."},
	{"ACCOUNT_CONFIRMATION", forms, "off", "`on`: there is a page where people confirm accounts that they made themselves. Only for a pool where anybody may sign up. With `cognito`."},
	{"FEDERATION_DOMAIN", pages, "", "Host of the pool's managed login, such as `acme.auth.eu-west-1.amazoncognito.com`, through which people of other identity providers sign in. Not set: nobody does. What it vouches for is believed. `http://127.0.0.1:PORT` is for trials. With `cognito`."},
	{"FEDERATION_NAME", forms, "", "What people call the identity provider, such as `Acme ID`: the button says *Sign in with Acme ID*. Required with `FEDERATION_DOMAIN`."},
	{"FEDERATION_PROVIDER", auth, "", "Name of the pool's identity provider to go to at once. Not set: people choose on managed login's own page."},
	{"FEDERATION_MODE", forms, "button", "`button`: beside the form for a password. `direct`: people are sent there at once and see no form, unless they ask to sign in anew."},
	{"FEDERATION_LOGOUT", out, "off", "`on`: who signed in there is also signed out of managed login when logging out here; otherwise the next sign-in may need no password. Their identity provider's own session goes on, unless the pool ends it."},
	{"GUESSES_FREE", auth, "5", "How many wrong guesses in a row one address has at one account before its next has to wait, 1 to 20; so has a browser in which the account was signed in to before. All addresses together have four times as many at one account. Passwords, codes, and answers to what a directory asks are counted apart."},
	{"GUESSES_FIRST_WAIT", auth, "30s", "The first wait, 1s to 1h; each further wrong guess doubles it."},
	{"GUESSES_LONGEST_WAIT", auth, "1h", "The longest wait, from `GUESSES_FIRST_WAIT` to 24h. Whoever guesses at an account makes its owner wait, too, where no browser of theirs is known: a long one is a weapon."},
	{"GUESSES_MOST", auth, "100", "After so many wrong guesses in a row there is no next one, from `GUESSES_FREE` to 100 (NIST SP 800-63B-4), until the account is signed in to with a browser that is known for it, its password is reset, an operator lifts it, or nobody has guessed for 30 days. A low one lets anybody shut anybody out."},
	{"GUESSES_OF_SOURCE", auth, "100", "How many wrong guesses one IPv4 address, or one IPv6 /64, has within about an hour at whichever accounts, from `GUESSES_FREE` to 100000; it may have a fifth as many codes sent. People behind one address share them: more where an office is."},
	{"KNOWN_BROWSER_FOR", auth, "4320h", "For so long after it was last signed in with a browser is known for that account, by a cookie, so that nobody else's guesses make it wait. `0s`: none is, and anybody can keep anybody waiting. 9600h at most."},
	{"REFUSAL_TIME", auth, "500ms", "What a refusal takes at least, 0s to 2s, so that its time tells nothing about the account; more than checking a password takes. `0s`: no such floor."},
	{"LOGIN_VERSION", trial, "", "ARN of the new version of `login` to try. Required."},
	{"AUTHENTICATE_VERSION", trial, "", "ARN of the new version of `authenticate` to try. Required."},
	{"LOGOUT_VERSION", trial, "", "ARN of the new version of `logout` to try. Required."},
}

// Variables returns all of them, in the order of the README.
func Variables() []Variable { return slices.Clone(variables[:]) }

func variable(name string) *Variable {
	for i := range variables {
		if variables[i].Name == name {
			return &variables[i]
		}
	}
	panic("config: no variable " + name)
}
