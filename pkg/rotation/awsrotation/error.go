package awsrotation

import (
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"

	"deskpro-login/pkg/awsenv"
	"deskpro-login/pkg/rotation"
)

func code(err error) string {
	if refused, ok := errors.AsType[smithy.APIError](err); ok {
		return refused.ErrorCode()
	}
	return ""
}

func notFound(err error) bool {
	_, ok := errors.AsType[*types.ResourceNotFoundException](err)
	return ok
}

// malformed: a parameter cannot be what it is meant for, such as an id that no
// version has.
func malformed(err error) bool {
	return slices.Contains([]string{"InvalidParameterException", "ValidationException"}, code(err))
}

// withoutText leaves of a refusal its code alone.
func withoutText(err error) error {
	if refused, ok := errors.AsType[smithy.APIError](err); ok {
		return &smithy.GenericAPIError{Code: refused.ErrorCode(), Message: "not shown", Fault: refused.ErrorFault()}
	}
	return err
}

// worded makes of what AWS answers one of rotation's sentinels.
func worded(secretID string, err error) error {
	switch code(err) {
	case "ResourceNotFoundException":
		return fmt.Errorf("secret %s: %w: create it or correct the configuration: %w", secretID, rotation.ErrAbsent, err)
	case "InvalidRequestException":
		return fmt.Errorf("secret %s: %w: it is marked for deletion; restore it in the console: %w", secretID, rotation.ErrAbsent, err)
	case "AccessDeniedException":
		return fmt.Errorf("secret %s: %w: see to the caller's policy: %w", secretID, rotation.ErrDenied, err)
	case "DecryptionFailure", "EncryptionFailure":
		return fmt.Errorf("secret %s: %w: see to its KMS key and that key's policy: %w", secretID, rotation.ErrDenied, err)
	case "InvalidParameterException", "ValidationException":
		return fmt.Errorf("secret %s: %w: Secrets Manager takes no such request: %w", secretID, rotation.ErrDenied, err)
	case "ExpiredTokenException", "UnrecognizedClientException", "InvalidSignatureException":
		return fmt.Errorf("secret %s: %w: see to the caller's credentials, which AWS does not take: %w", secretID, rotation.ErrDenied, err)
	case "LimitExceededException":
		return fmt.Errorf("secret %s: %w: it has as many versions as there may be; Secrets Manager removes old ones after a day: %w", secretID, rotation.ErrUnavailable, err)
	}
	return fmt.Errorf("secret %s: %w: %w", secretID, rotation.ErrUnavailable, awsenv.WithoutAnswer(err))
}
