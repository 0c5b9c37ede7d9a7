package web

import (
	"log/slog"
	"net/http"

	"deskpro-login/pkg/challenge"
	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/state"
)

// problem is how one kind of error looks: to the person on the page, to the
// admin by its code, to the engineer in the log. What the person reads, a title,
// what happened and what to do, is in locales, by the code.
type problem struct {
	is error
	// code is stable across releases: people quote it.
	code   string
	status int
	// admin is what the helpdesk's administrator, or the engineer, can do about it.
	admin string
	// reason is the log's stable word.
	reason string
	level  slog.Level
	// refused marks the refusal of a sign-in, which is audited.
	refused bool
	// other is a page of its own in place of the form: the way on is another account,
	// or another wish.
	other bool
	// causes is how many likely ones the page tells the administrator.
	causes int
	// wait is how long nothing is checked, on a page that says so.
	wait *wait
}

// problems is the one table of errors, matched in order by errors.Is. The 1xxx
// codes are requests we do not take, 2xxx people we do not let in, 3xxx
// something behind us that is down or set up wrongly, 4xxx our own faults.
var problems = [...]problem{
	{is: errNoRoute, code: "DPL-1001", status: http.StatusNotFound, reason: "no_such_page", level: slog.LevelInfo,
		admin: "Copy Remote Login URL and Logout Redirect URL whole, as `loginctl setup` shows them."},
	{is: errNoDoor, code: "DPL-1002", status: http.StatusNotFound, reason: "no_such_door", level: slog.LevelInfo,
		admin: "Copy the addresses again from `loginctl setup`: this door is off, or misspelled."},
	{is: deskpro.ErrReturn, code: "DPL-1003", status: http.StatusBadRequest, reason: "return_refused", level: slog.LevelWarn,
		admin: "The log names the origin. If Deskpro serves it, add it to the door's return origins."},
	{is: errQuery, code: "DPL-1004", status: http.StatusBadRequest, reason: "query_unreadable", level: slog.LevelInfo,
		admin: "A mail program or a proxy changed the link: start from the helpdesk."},
	{is: errRepeated, code: "DPL-1005", status: http.StatusBadRequest, reason: "parameter_repeated", level: slog.LevelWarn,
		admin: "A mail program, a proxy or an attacker changed the link: start from the helpdesk."},
	{is: errCrossOrigin, code: "DPL-1006", status: http.StatusForbidden, reason: "cross_origin", level: slog.LevelWarn,
		admin: "If the page is not framed or rebuilt by a site of yours, somebody else's sends people's passwords here."},
	{is: errFormType, code: "DPL-1007", status: http.StatusUnsupportedMediaType, reason: "form_type", level: slog.LevelInfo,
		admin: "Something between browser and page changed the form, such as an extension or a proxy."},
	{is: errFormSize, code: "DPL-1008", status: http.StatusRequestEntityTooLarge, reason: "form_too_large", level: slog.LevelInfo,
		admin: "Forms end at 16 KB: something filled the form."},
	{is: errForm, code: "DPL-1009", status: http.StatusBadRequest, reason: "form_unreadable", level: slog.LevelInfo,
		admin: "Something between browser and page changed the form, such as an extension or a proxy."},
	{is: errBypass, code: "DPL-1010", status: http.StatusForbidden, reason: "edge_bypassed", level: slog.LevelWarn,
		admin: "Deskpro has the API's own address: give it the one of CloudFront."},

	// These two wrap others of the table.
	{is: errRecoveryCode, code: "DPL-2014", status: http.StatusUnauthorized, reason: "recovery_code", level: slog.LevelInfo,
		admin: "The log's reason tells an expired code from a wrong one and from no account."},
	{is: errTooMany, code: "DPL-2018", status: http.StatusUnauthorized, reason: "too_many_answers", level: slog.LevelWarn, refused: true,
		admin: "None: five wrong answers end a sign-in. Many of them are somebody's guesses."},
	{is: errRequests, code: "DPL-2022", status: http.StatusTooManyRequests, reason: "too_many_requests", level: slog.LevelInfo, refused: true,
		admin: "`loginctl ban list` shows who waits, `loginctl ban lift` ends it."},
	{is: directory.ErrBadCredentials, code: "DPL-2001", status: http.StatusUnauthorized, reason: "bad_credentials", level: slog.LevelInfo, refused: true,
		admin: "The log's reason tells wrong, unknown, disabled and waiting apart; `loginctl ban list` shows who waits."},
	{is: errGroup, code: "DPL-2002", status: http.StatusForbidden, reason: "not_in_group", level: slog.LevelInfo, refused: true, other: true,
		admin: "Add the account to the group that the door asks for, then let the person log out and sign in again."},
	{is: errFactor, code: "DPL-2020", status: http.StatusForbidden, reason: "factor_missing", level: slog.LevelWarn, refused: true, other: true,
		admin: "Whoever signed the person in had no second factor: see to the door's factor and `FACTORS`."},
	{is: errBounced, code: "DPL-2021", status: http.StatusForbidden, reason: "token_not_accepted", level: slog.LevelWarn,
		causes: 4, admin: "Compare the secret, the algorithm and the clock with Deskpro's; `loginctl doctor` tries them."},
	{is: directory.ErrUnverifiedEmail, code: "DPL-2003", status: http.StatusForbidden, reason: "email_unverified", level: slog.LevelInfo, refused: true, other: true,
		admin: "Verify the address in the directory, or map `email_verified` of the identity provider."},
	{is: directory.ErrIncomplete, code: "DPL-2004", status: http.StatusForbidden, reason: "account_incomplete", level: slog.LevelWarn, refused: true, other: true,
		admin: "Complete the account: the log's error names what is missing."},
	{is: deskpro.ErrClaims, code: "DPL-2005", status: http.StatusForbidden, reason: "claims_refused", level: slog.LevelWarn, refused: true, other: true,
		admin: "Correct the account: the log's error names what Deskpro cannot take."},
	{is: errChallenge, code: "DPL-2006", status: http.StatusForbidden, reason: "challenge_unsupported", level: slog.LevelWarn, refused: true, other: true,
		admin: "Let the pool offer the account another way; the log's `challenge` names the one that it asked for."},
	{is: directory.ErrThrottled, code: "DPL-2007", status: http.StatusTooManyRequests, reason: "throttled", level: slog.LevelWarn, refused: true,
		admin: "The directory's quota is used up: see since when on the dashboard, and ask AWS for more if it lasts."},
	{is: directory.ErrWrongCode, code: "DPL-2008", status: http.StatusUnauthorized, reason: "wrong_code", level: slog.LevelInfo, refused: true,
		admin: "Where every code is wrong, the phone's clock is."},
	{is: directory.ErrSpentCode, code: "DPL-2009", status: http.StatusUnauthorized, reason: "spent_code", level: slog.LevelInfo, refused: true,
		admin: "None: an app's code is good once."},
	{is: directory.ErrUnfitPassword, code: "DPL-2010", status: http.StatusUnprocessableEntity, reason: "unfit_password", level: slog.LevelInfo, refused: true,
		admin: "None: the page says what is wrong with it."},
	{is: directory.ErrDenied, code: "DPL-2011", status: http.StatusForbidden, reason: "denied", level: slog.LevelWarn, refused: true, other: true,
		admin: "See the account's event history in the pool, or the trigger that refused it."},
	{is: directory.ErrOver, code: "DPL-2012", status: http.StatusUnauthorized, reason: "step_over", level: slog.LevelInfo,
		admin: "None: a step is open for a quarter of an hour and answered once."},
	{is: directory.ErrNoFactor, code: "DPL-2013", status: http.StatusForbidden, reason: "no_factor", level: slog.LevelWarn, refused: true, other: true,
		admin: "Give the account an app, a phone number or an address, or restore the secret that seals the keys of apps: the log's error says which."},
	{is: directory.ErrUnfitAttribute, code: "DPL-2015", status: http.StatusUnprocessableEntity, reason: "unfit_attribute", level: slog.LevelInfo, refused: true,
		admin: "The pool's rules for the attribute are stricter than the page's."},
	{is: errFederationRefused, code: "DPL-2016", status: http.StatusForbidden, reason: "federation_refused", level: slog.LevelInfo, refused: true,
		admin: "The log's reason is the identity provider's own word."},
	{is: errNoTrip, code: "DPL-2017", status: http.StatusUnauthorized, reason: "trip_over", level: slog.LevelInfo,
		admin: "If it happens to everyone, the log's error says what of the identity provider's token is not accepted."},
	{is: directory.ErrFederationCode, code: "DPL-2017", status: http.StatusUnauthorized, reason: "federation_code", level: slog.LevelWarn,
		admin: "If it happens to everyone, the log's error says what of the identity provider's token is not accepted."},
	{is: directory.ErrFederation, code: "DPL-2017", status: http.StatusUnauthorized, reason: "federation_unacceptable", level: slog.LevelWarn, refused: true,
		admin: "If it happens to everyone, the log's error says what of the identity provider's token is not accepted."},
	{is: directory.ErrFactorRequired, code: "DPL-2023", status: http.StatusForbidden, reason: "factor_required", level: slog.LevelInfo, other: true,
		admin: "None, if the account is to have a second factor: see to the door's factor and the groups that need one."},
	{is: challenge.ErrBusy, code: "DPL-2019", status: http.StatusConflict, reason: "step_busy", level: slog.LevelInfo,
		admin: "None: the answer came twice."},

	{is: directory.ErrUnavailable, code: "DPL-3001", status: http.StatusServiceUnavailable, reason: "directory_unavailable", level: slog.LevelError,
		admin: "The directory does not answer: the log's error says why; AWS Health knows of outages."},
	{is: state.ErrUnavailable, code: "DPL-3002", status: http.StatusServiceUnavailable, reason: "state_unavailable", level: slog.LevelError,
		admin: "The state table does not answer: the log's error says why; AWS Health knows of outages."},
	{is: keyring.ErrUnavailable, code: "DPL-3003", status: http.StatusServiceUnavailable, reason: "key_unavailable", level: slog.LevelError,
		admin: "Secrets Manager does not answer: the log's error says why; AWS Health knows of outages."},
	{is: keyring.ErrAbsent, code: "DPL-3004", status: http.StatusServiceUnavailable, reason: "key_absent", level: slog.LevelError,
		admin: "The door's secret is deleted, or the function may not read it."},
	{is: keyring.ErrUnusable, code: "DPL-3005", status: http.StatusServiceUnavailable, reason: "key_unusable", level: slog.LevelError,
		admin: "The door's secret is too short, or not plain text: save another one, also in Deskpro."},

	{is: errConfiguration, code: "DPL-3006", status: http.StatusServiceUnavailable, reason: "misconfigured", level: slog.LevelError,
		admin: "The function's log lists every problem of its configuration: correct the parameters and deploy again."},
	{is: directory.ErrMisconfigured, code: "DPL-3007", status: http.StatusServiceUnavailable, reason: "directory_misconfigured", level: slog.LevelError,
		admin: "The log's error says what the directory does not allow."},

	// The last row is for everything that no other row is for.
	{is: errPanic, code: "DPL-4001", status: http.StatusInternalServerError, reason: "internal", level: slog.LevelError,
		admin: "Report the log's lines of this request: it is a fault of the page."},
}
