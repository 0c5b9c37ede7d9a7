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
// admin by its code, to the engineer in the log.
type problem struct {
	is error
	// code is stable across releases: people quote it.
	code   string
	status int
	// title and text are what the person reads: what happened, what to do.
	title, text string
	// reason is the log's stable word.
	reason string
	level  slog.Level
	// refused marks the refusal of a sign-in, which is audited.
	refused bool
	// other offers to sign in with another account.
	other bool
	// causes are the likely ones, the likeliest first, for the administrator.
	causes []string
}

// problems is the one table of errors, matched in order by errors.Is. The 1xxx
// codes are requests we do not take, 2xxx people we do not let in, 3xxx
// something behind us that is down or set up wrongly, 4xxx our own faults.
var problems = [...]problem{
	{is: errNoRoute, code: "DPL-1001", status: http.StatusNotFound, reason: "no_such_page", level: slog.LevelInfo,
		title: "There is no such page", text: "Check the address, or go to the helpdesk and sign in from there."},
	{is: errNoDoor, code: "DPL-1002", status: http.StatusNotFound, reason: "no_such_door", level: slog.LevelInfo,
		title: "There is no such sign-in page", text: "Check the address, or go to the helpdesk and sign in from there."},
	{is: deskpro.ErrReturn, code: "DPL-1003", status: http.StatusBadRequest, reason: "return_refused", level: slog.LevelWarn,
		title: "We can’t send you back to that page", text: "The address to return to does not belong to the helpdesk. Go to the helpdesk and sign in from there. If you came from there, tell its administrator the code below."},
	{is: errQuery, code: "DPL-1004", status: http.StatusBadRequest, reason: "query_unreadable", level: slog.LevelInfo,
		title: "This address is damaged", text: "Part of the address is missing or mangled. Go to the helpdesk and sign in from there."},
	{is: errRepeated, code: "DPL-1005", status: http.StatusBadRequest, reason: "parameter_repeated", level: slog.LevelWarn,
		title: "This address is damaged", text: "Part of the address or form is there twice. Go to the helpdesk and sign in from there."},
	{is: errCrossOrigin, code: "DPL-1006", status: http.StatusForbidden, reason: "cross_origin", level: slog.LevelWarn,
		title: "Please sign in from our own page", text: "Your password was sent from another site, so we did not use it. Open the sign-in page again and check its address before you type."},
	{is: errFormType, code: "DPL-1007", status: http.StatusUnsupportedMediaType, reason: "form_type", level: slog.LevelInfo,
		title: "We could not read the form", text: "Open the sign-in page again and send its form."},
	{is: errFormSize, code: "DPL-1008", status: http.StatusRequestEntityTooLarge, reason: "form_too_large", level: slog.LevelInfo,
		title: "That was too long", text: "What was typed is longer than we accept. Open the sign-in page again."},
	{is: errForm, code: "DPL-1009", status: http.StatusBadRequest, reason: "form_unreadable", level: slog.LevelInfo,
		title: "We could not read the form", text: "Open the sign-in page again and send its form."},
	{is: errBypass, code: "DPL-1010", status: http.StatusForbidden, reason: "edge_bypassed", level: slog.LevelWarn,
		title: "This isn’t the address to sign in at", text: "Go to the helpdesk and sign in from there: it knows the right address."},

	// These two wrap others of the table.
	{is: errRecoveryCode, code: "DPL-2014", status: http.StatusUnauthorized, reason: "recovery_code", level: slog.LevelInfo,
		title: "That code isn’t right", text: "That code isn’t right, or no longer valid, or was used already. Check it, ask for a new one, or sign in: you may have set the password already, or confirmed this address before."},
	{is: errTooMany, code: "DPL-2018", status: http.StatusUnauthorized, reason: "too_many_answers", level: slog.LevelWarn, refused: true,
		title: "Please sign in again", text: "There were too many wrong answers. Please sign in again."},
	{is: errRequests, code: "DPL-2022", status: http.StatusTooManyRequests, reason: "too_many_requests", level: slog.LevelInfo, refused: true,
		title: "Please wait", text: "A code was asked for several times."},
	{is: directory.ErrBadCredentials, code: "DPL-2001", status: http.StatusUnauthorized, reason: "bad_credentials", level: slog.LevelInfo, refused: true,
		title: "That didn’t work", text: "The login or the password is not right. Check both and try again."},
	{is: errGroup, code: "DPL-2002", status: http.StatusForbidden, reason: "not_in_group", level: slog.LevelInfo, refused: true, other: true,
		title: "This account may not sign in here", text: "Your account does not have access to this part of the helpdesk. Use another account, or ask the helpdesk’s administrator for access."},
	{is: errFactor, code: "DPL-2020", status: http.StatusForbidden, reason: "factor_missing", level: slog.LevelWarn, refused: true, other: true,
		title: "A second factor is needed", text: "Signing in here takes more than a password, such as a code from an authenticator app, and this sign-in had none. Ask the helpdesk’s administrator how to get one."},
	{is: errBounced, code: "DPL-2021", status: http.StatusForbidden, reason: "token_not_accepted", level: slog.LevelWarn,
		title: "The helpdesk did not accept this sign-in", text: "You are signed in here, but the helpdesk sent you back each time. Try again in a moment. If that does not help, tell the helpdesk’s administrator the code below.",
		causes: []string{
			"The secret in Deskpro’s JWT app is another than the one that signs here, or was pasted with a space or without its end.",
			"The clock of Deskpro’s server is wrong.",
			"Deskpro’s “Decrypt Algorithm” is another than the one that signs here.",
			"Deskpro does not let this account in: it is disabled there, or no agent.",
		}},
	{is: directory.ErrUnverifiedEmail, code: "DPL-2003", status: http.StatusForbidden, reason: "email_unverified", level: slog.LevelInfo, refused: true, other: true,
		title: "Your email address isn’t confirmed", text: "The helpdesk knows people by their email address, and yours has not been confirmed yet. Ask the helpdesk’s administrator to confirm it."},
	{is: directory.ErrIncomplete, code: "DPL-2004", status: http.StatusForbidden, reason: "account_incomplete", level: slog.LevelWarn, refused: true, other: true,
		title: "Your account is incomplete", text: "Your account lacks something that the helpdesk needs: a name or an email address. Ask the helpdesk’s administrator to complete it."},
	{is: deskpro.ErrClaims, code: "DPL-2005", status: http.StatusForbidden, reason: "claims_refused", level: slog.LevelWarn, refused: true, other: true,
		title: "Your account is incomplete", text: "The helpdesk cannot use your account’s name or email address as it is. Ask the helpdesk’s administrator to correct it."},
	{is: errChallenge, code: "DPL-2006", status: http.StatusForbidden, reason: "challenge_unsupported", level: slog.LevelWarn, refused: true, other: true,
		title: "One more step is needed", text: "Your account asks for a further step that this page cannot take, such as a passkey. Ask the helpdesk’s administrator for another way to sign in."},
	{is: directory.ErrThrottled, code: "DPL-2007", status: http.StatusTooManyRequests, reason: "throttled", level: slog.LevelWarn, refused: true,
		title: "Too many people at once", text: "Wait a moment, then try again."},
	{is: directory.ErrWrongCode, code: "DPL-2008", status: http.StatusUnauthorized, reason: "wrong_code", level: slog.LevelInfo, refused: true,
		title: "That code isn’t right", text: "That code isn’t right. Type the newest one that you have."},
	{is: directory.ErrSpentCode, code: "DPL-2009", status: http.StatusUnauthorized, reason: "spent_code", level: slog.LevelInfo, refused: true,
		title: "That code was used before", text: "That code was used before. Wait until your app shows the next one."},
	{is: directory.ErrUnfitPassword, code: "DPL-2010", status: http.StatusUnprocessableEntity, reason: "unfit_password", level: slog.LevelInfo, refused: true,
		title: "Choose another password", text: "That password can’t be used. Choose another one."},
	{is: directory.ErrDenied, code: "DPL-2011", status: http.StatusForbidden, reason: "denied", level: slog.LevelWarn, refused: true, other: true,
		title: "This sign-in isn’t allowed", text: "Your company’s rules do not allow this sign-in. Try again from a place and a device that you have used before, or ask the helpdesk’s administrator."},
	{is: directory.ErrOver, code: "DPL-2012", status: http.StatusUnauthorized, reason: "step_over", level: slog.LevelInfo,
		title: "Please sign in again", text: "That step took too long, or was answered already. Please sign in again."},
	{is: directory.ErrNoFactor, code: "DPL-2013", status: http.StatusForbidden, reason: "no_factor", level: slog.LevelWarn, refused: true, other: true,
		title: "Your account can’t get a code", text: "Signing in needs a code, and your account has no app, phone or address to get one. Ask the helpdesk’s administrator to add one."},
	{is: directory.ErrUnfitAttribute, code: "DPL-2015", status: http.StatusUnprocessableEntity, reason: "unfit_attribute", level: slog.LevelInfo, refused: true,
		title: "Check what you typed", text: "One of the details is missing, or not in the form that it needs. Check all of them."},
	{is: errFederationRefused, code: "DPL-2016", status: http.StatusForbidden, reason: "federation_refused", level: slog.LevelInfo, refused: true,
		title: "You weren’t signed in", text: "Signing in was cancelled there, or refused. Try again, or use another way."},
	{is: errNoTrip, code: "DPL-2017", status: http.StatusUnauthorized, reason: "trip_over", level: slog.LevelInfo,
		title: "Please sign in again", text: "That sign-in took too long, was finished already, or began in another browser. Please sign in again."},
	{is: directory.ErrFederationCode, code: "DPL-2017", status: http.StatusUnauthorized, reason: "federation_code", level: slog.LevelWarn,
		title: "Please sign in again", text: "That sign-in took too long, was finished already, or began in another browser. Please sign in again."},
	{is: directory.ErrFederation, code: "DPL-2017", status: http.StatusUnauthorized, reason: "federation_unacceptable", level: slog.LevelWarn, refused: true,
		title: "Please sign in again", text: "That sign-in took too long, was finished already, or began in another browser. Please sign in again."},
	{is: challenge.ErrBusy, code: "DPL-2019", status: http.StatusConflict, reason: "step_busy", level: slog.LevelInfo,
		title: "Still checking", text: "Your answer came twice, and the first is still being checked. Wait a moment, then sign in again if you have to."},

	{is: directory.ErrUnavailable, code: "DPL-3001", status: http.StatusServiceUnavailable, reason: "directory_unavailable", level: slog.LevelError,
		title: "We can’t check your password right now", text: "This is our fault, not yours. Wait a moment, then try again."},
	{is: state.ErrUnavailable, code: "DPL-3002", status: http.StatusServiceUnavailable, reason: "state_unavailable", level: slog.LevelError,
		title: "That isn’t possible right now", text: "This is our fault, not yours. Wait a moment, then try again."},
	{is: keyring.ErrUnavailable, code: "DPL-3003", status: http.StatusServiceUnavailable, reason: "key_unavailable", level: slog.LevelError,
		title: "We can’t send you to the helpdesk right now", text: "This is our fault, not yours. Wait a moment, then try again."},
	{is: keyring.ErrAbsent, code: "DPL-3004", status: http.StatusServiceUnavailable, reason: "key_absent", level: slog.LevelError,
		title: "We can’t send you to the helpdesk right now", text: "The sign-in page is not set up completely. Tell the helpdesk’s administrator the code below."},
	{is: keyring.ErrUnusable, code: "DPL-3005", status: http.StatusServiceUnavailable, reason: "key_unusable", level: slog.LevelError,
		title: "We can’t send you to the helpdesk right now", text: "The sign-in page is not set up correctly. Tell the helpdesk’s administrator the code below."},

	{is: errConfiguration, code: "DPL-3006", status: http.StatusServiceUnavailable, reason: "misconfigured", level: slog.LevelError,
		title: "Signing in isn’t possible right now", text: "The sign-in page is not set up correctly. Tell the helpdesk’s administrator the code below."},
	{is: directory.ErrMisconfigured, code: "DPL-3007", status: http.StatusServiceUnavailable, reason: "directory_misconfigured", level: slog.LevelError,
		title: "Signing in isn’t possible right now", text: "The sign-in page is not set up correctly. Tell the helpdesk’s administrator the code below."},

	// The last row is for everything that no other row is for.
	{is: errPanic, code: "DPL-4001", status: http.StatusInternalServerError, reason: "internal", level: slog.LevelError,
		title: "Something went wrong", text: "This is our fault, not yours. Try again; if it happens again, tell the helpdesk’s administrator the code below."},
}
