package dynamo

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"deskpro-login/pkg/awsenv"
	"deskpro-login/pkg/directory"
)

// failed makes one of the directory's sentinels of what an operation returned,
// and keeps the cause.
func (t *Table) failed(operation string, err error) error {
	mend, sentinel := t.judge(operation, err)
	doing := fmt.Sprintf("calling %s on table %s", operation, t.name)
	if mend != "" {
		doing += ": " + mend
	}
	return fmt.Errorf("%w: %s: %w", sentinel, doing, awsenv.WithoutAnswer(err))
}

// judge returns what err is, and what to mend where somebody can.
func (t *Table) judge(operation string, err error) (mend string, sentinel error) {
	if retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == aws.TrueTernary || cancelledFor(err, "ThrottlingError", "ProvisionedThroughputExceeded") {
		return "", directory.ErrThrottled
	}
	answer, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return "", directory.ErrUnavailable
	}
	switch answer.ErrorCode() {
	case "ResourceNotFoundException":
		return "correct the table's name: this account has none of that name in this Region", directory.ErrMisconfigured
	case "AccessDeniedException":
		if operation == transaction {
			operation = "PutItem, dynamodb:UpdateItem and dynamodb:DeleteItem"
		}
		return "allow dynamodb:" + operation + " on it to the caller's role", directory.ErrMisconfigured
	case "UnrecognizedClientException", "InvalidSignatureException", "MissingAuthenticationTokenException":
		return "correct the caller's credentials", directory.ErrMisconfigured
	case "ValidationException":
		if aboutKey(answer.ErrorMessage()) {
			return "name a table whose only key is the string " + t.layout.login(), directory.ErrMisconfigured
		}
	}
	return "", directory.ErrUnavailable
}

// aboutKey: "The provided key element does not match the schema", "… Missing the
// key login in the item", "… Type mismatch for key login expected: N actual: S".
// The wording is not promised.
func aboutKey(message string) bool {
	return slices.ContainsFunc([]string{"match the schema", "Missing the key", "Type mismatch for key"}, func(words string) bool {
		return strings.Contains(message, words)
	})
}

func conditionFailed(err error) bool {
	_, ok := errors.AsType[*types.ConditionalCheckFailedException](err)
	return ok
}

// conflicting reports whether another's write of the same item was under way.
func conflicting(err error) bool {
	_, ok := errors.AsType[*types.TransactionConflictException](err)
	return ok || cancelledFor(err, "TransactionConflict")
}

// cancelledFor reports whether a transaction was cancelled for one of these
// reasons, whichever action's it is.
func cancelledFor(err error, codes ...string) bool {
	return slices.ContainsFunc(reasons(err), func(code string) bool { return slices.Contains(codes, code) })
}

// reasons returns why a transaction was cancelled: for each action a code, "None"
// for one that was not to blame. It is nil for any other error.
func reasons(err error) []string {
	cancelled, ok := errors.AsType[*types.TransactionCanceledException](err)
	if !ok {
		return nil
	}
	var codes []string
	for _, reason := range cancelled.CancellationReasons {
		codes = append(codes, aws.ToString(reason.Code))
	}
	return codes
}
