package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"deskpro-login/pkg/rotation"
)

// Level is how a check ended.
type Level string

// With Fail somebody cannot sign in, or could as somebody else; with Warn that may
// come, or it could not be told.
const (
	OK   Level = "ok"
	Warn Level = "warn"
	Fail Level = "fail"
)

// Finding is what one check found. Its texts are for people and may hold what AWS,
// or another server, said: see to it before a terminal does.
type Finding struct {
	// ID is stable across releases: what was checked, with the door, table, function
	// or host.
	ID    string `json:"id"`
	Level Level  `json:"level"`
	// What is the case; Why it matters, and Fix, what to do, are empty where all is
	// well.
	What string `json:"what"`
	Why  string `json:"why,omitempty"`
	Fix  string `json:"fix,omitempty"`
	// Unchecked: it could not be told, where it is for want of it by that Permission,
	// an IAM action.
	Unchecked  bool   `json:"unchecked,omitempty"`
	Permission string `json:"permission,omitempty"`

	rule string
}

// report collects the findings of a check.
type report struct{ findings []Finding }

// row is the place of one finding.
type row struct {
	report   *report
	id, rule string
	why      string
}

// at is for the rule's next finding; of is what its stars stand for.
func (r *report) at(rule string, of ...string) *row {
	id := rule
	for _, name := range of {
		id = strings.Replace(id, "*", name, 1)
	}
	return &row{r, id, rule, whyOf(rule)}
}

func (w *row) add(f Finding) {
	f.ID, f.rule = w.id, w.rule
	w.report.findings = append(w.report.findings, f)
}

func (w *row) ok(format string, args ...any) {
	w.add(Finding{Level: OK, What: fmt.Sprintf(format, args...)})
}

func (w *row) warn(fix, format string, args ...any) {
	w.add(Finding{Level: Warn, What: fmt.Sprintf(format, args...), Why: w.why, Fix: fix})
}

func (w *row) fail(fix, format string, args ...any) {
	w.add(Finding{Level: Fail, What: fmt.Sprintf(format, args...), Why: w.why, Fix: fix})
}

// unchecked says why it could not be told: err is that of a call for which action
// is needed, unless it says itself which call that was.
func (w *row) unchecked(err error, action string) {
	f := Finding{Level: Warn, Why: w.why, Unchecked: true, What: "could not be checked: " + worded(err)}
	switch {
	case isDenied(err):
		if _, ok := errors.AsType[smithy.APIError](err); !ok {
			f.What = "could not be checked: it is not allowed"
		}
		f.Permission = actionOf(err, action)
		f.Fix = fmt.Sprintf("let your role do %s; loginctl doctor --permissions prints all that it needs", f.Permission)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		f.What = "could not be checked: there was no answer in time"
		f.Fix = "check the network and the proxy (HTTPS_PROXY), then try again"
	default:
		f.Fix = "check the network, the Region and --endpoint-url if you gave one, then try again"
	}
	w.add(f)
}

// untold is for what no call could tell.
func (w *row) untold(fix, format string, args ...any) {
	w.add(Finding{Level: Warn, Unchecked: true, What: "could not be told: " + fmt.Sprintf(format, args...), Why: w.why, Fix: fix})
}

func isDenied(err error) bool {
	answer, ok := errors.AsType[smithy.APIError](err)
	return errors.Is(err, rotation.ErrDenied) || ok && slices.Contains([]string{"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}, answer.ErrorCode())
}

// actionOf is the IAM action that was denied, as far as err tells.
func actionOf(err error, otherwise string) string {
	if answer, ok := errors.AsType[smithy.APIError](err); ok && (answer.ErrorCode() == "DecryptionFailure" || strings.Contains(answer.ErrorMessage(), "KMS")) {
		return "kms:Decrypt"
	}
	if call, ok := errors.AsType[*smithy.OperationError](err); ok && call.Service() == "Secrets Manager" {
		return "secretsmanager:" + call.Operation()
	}
	return otherwise
}

// isAbsent reports whether AWS says that there is no such thing.
func isAbsent(err error) bool {
	answer, ok := errors.AsType[smithy.APIError](err)
	return ok && (strings.HasSuffix(answer.ErrorCode(), "NotFoundException") ||
		answer.ErrorCode() == "ValidationError" && strings.Contains(answer.ErrorMessage(), "does not exist"))
}

// worded keeps of what the SDK says of a call what AWS answered, or why it did
// not.
func worded(err error) string {
	text := err.Error()
	if call, ok := errors.AsType[*smithy.OperationError](err); ok {
		text = call.Service()
		if answer, ok := errors.AsType[smithy.APIError](err); ok {
			text += " answers " + answer.ErrorCode()
			if answer.ErrorMessage() != "" {
				text += ": " + answer.ErrorMessage()
			}
		} else if unsent, ok := errors.AsType[*smithyhttp.RequestSendError](err); ok {
			text += " does not answer: " + unsent.Err.Error()
		} else {
			text = err.Error()
		}
	}
	return oneLine(text)
}

func oneLine(text string) string { return strings.Join(strings.FieldsFunc(text, isBreak), "; ") }

func isBreak(r rune) bool { return r == '\n' || r == '\r' }
