package audit

import (
	"log/slog"
	"slices"
	"strings"
	"time"
)

// Metric is one that CloudWatch takes from the events' lines, in the embedded
// metric format:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
//
// Its dimensions are fields of the line. Each combination of their values is a
// metric that costs money every month, so they are few, and what could be
// anything (an account, an address, a reason) is none of them.
type Metric struct {
	Name string
	// Unit is one of CloudWatch's.
	Unit string
	// Dimensions are the sets under which it is kept; an empty set is the total.
	Dimensions [][]string
}

// The fields that are dimensions.
const (
	door      = "door"
	outcome   = "outcome"
	challenge = "challenge"
	reason    = "reason"
	code      = "code"
)

// These are KeyStages.
const (
	current = "current"
	pending = "pending"
)

var (
	// signIns are the ends of all sign-ins.
	signIns = Metric{"SignIns", "Count", [][]string{{door, outcome}, {outcome}}}
	// success is 1 for each sign-in that ended well and 0 for each that did not:
	// its average is the share, its sample count the attempts.
	success = Metric{"SignInSuccess", "None", [][]string{{door}}}
	// regulated are those of signIns that were not checked, because there had been
	// too many wrong ones before.
	regulated = Metric{"Regulated", "Count", [][]string{{}}}
	// challenges are further steps that the directory asked for.
	challenges = Metric{"Challenges", "Count", [][]string{{door, challenge}}}
	// tokens went to Deskpro.
	tokens = Metric{"Tokens", "Count", [][]string{{door}}}
	// signOuts are sessions that their holders ended.
	signOuts = Metric{"SignOuts", "Count", [][]string{{door}}}
	// keyAge is that of the key that signed, in days.
	keyAge = Metric{"KeyAgeDays", "None", [][]string{{door}}}
	// bounces are browsers that came back as after a refused token, and stops those
	// of them that got a page instead of yet another token.
	bounces = Metric{"Bounces", "Count", [][]string{{door}}}
	stops   = Metric{"LoopsStopped", "Count", [][]string{{}}}
	// pendingTokens went to Deskpro signed with a version that waits, and
	// pendingRefused of them came back: the rest it has accepted.
	pendingTokens  = Metric{"PendingTokens", "Count", [][]string{{}}}
	pendingRefused = Metric{"PendingRefused", "Count", [][]string{{}}}
	// waits are versions that were to become current before anyone had said that
	// Deskpro has them.
	waits = Metric{"SecretWaits", "Count", [][]string{{}}}
	// bypasses are requests that came past the edge, where there is one: an
	// event's reason is one of three words then.
	bypasses = Metric{"Bypassed", "Count", [][]string{{reason}}}
	// failures are pages of what failed behind us, or of us.
	failures = Metric{"Failures", "Count", [][]string{{code}, {}}}
)

// Metrics returns all of them.
func Metrics() []Metric {
	return []Metric{signIns, success, regulated, challenges, tokens, signOuts, keyAge, bounces, stops, pendingTokens, pendingRefused, waits, bypasses, failures}
}

// Challenges are the values of the dimension challenge: the names that Cognito
// has for further steps, one for all that it may yet invent, and TableChallenges.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminInitiateAuth.html
func Challenges() []string {
	return append([]string{
		"NEW_PASSWORD_REQUIRED", "SOFTWARE_TOKEN_MFA", "SMS_MFA", "SMS_OTP", "EMAIL_OTP", "SELECT_MFA_TYPE", "SELECT_CHALLENGE",
		"MFA_SETUP", "PASSWORD", "PASSWORD_SRP", "WEB_AUTHN", "CUSTOM_CHALLENGE", "DEVICE_SRP_AUTH",
		otherChallenge,
	}, TableChallenges()...)
}

// TableChallenges are those of accounts in a table: a stack has these or Cognito's.
func TableChallenges() []string {
	return []string{"TOTP", "NEW_PASSWORD", "TOTP_SETUP", "TOTP_REMOVAL", "RECOVERY_CODES"}
}

const otherChallenge = "OTHER"

// bounded keeps the dimension's values to those of Challenges.
func bounded(name string) string {
	if name == "" || slices.Contains(Challenges(), name) {
		return name
	}
	return otherChallenge
}

// metrics are the fields that make CloudWatch count e.
func (l Log) metrics(e Event, now time.Time) []slog.Attr {
	type definition struct {
		Name string
		Unit string
	}
	type directive struct {
		Namespace  string
		Dimensions [][]string
		Metrics    []definition
	}
	var (
		directives []directive
		values     []slog.Attr
	)
	add := func(m Metric, value int64) {
		directives = append(directives, directive{l.Namespace, m.Dimensions, []definition{{m.Name, m.Unit}}})
		values = append(values, slog.Int64(m.Name, value))
	}
	switch e.Name {
	case SignedIn:
		add(signIns, 1)
		add(success, 1)
	case Refused:
		add(signIns, 1)
		add(success, 0)
		if strings.HasPrefix(e.Reason, Regulated) {
			add(regulated, 1)
		}
	case Challenged:
		add(challenges, 1)
	case TokenIssued:
		add(tokens, 1)
		if !e.KeyMade.IsZero() && (e.KeyStage == "" || e.KeyStage == current) {
			add(keyAge, int64(now.Sub(e.KeyMade)/(24*time.Hour)))
		}
		if e.KeyStage == pending {
			add(pendingTokens, 1)
		}
	case Bounced:
		add(bounces, 1)
		if e.Outcome == Stopped {
			add(stops, 1)
		}
		if e.KeyStage == pending {
			add(pendingRefused, 1)
		}
	case SecretWaits:
		add(waits, 1)
	case SignedOut:
		add(signOuts, 1)
	case Bypassed:
		add(bypasses, 1)
	case Failed:
		add(failures, 1)
	}
	if len(directives) == 0 {
		return nil
	}
	return append(values, slog.Any("_aws", struct {
		Timestamp         int64 // milliseconds since 1970
		CloudWatchMetrics []directive
	}{now.UnixMilli(), directives}))
}
