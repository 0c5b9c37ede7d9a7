package dynamo

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/smithy-go"

	"deskpro-login/pkg/directory"
)

// As AWS words it; its emulators know only some of these.
func TestARefusalForTheKeyIsTheTablesFault(t *testing.T) {
	for message, want := range map[string]error{
		"The provided key element does not match the schema":                                                       directory.ErrMisconfigured,
		"One or more parameter values were invalid: Missing the key login in the item":                             directory.ErrMisconfigured,
		"One or more parameter values were invalid: Type mismatch for key login expected: N actual: S":             directory.ErrMisconfigured,
		"One or more parameter values are not valid. A value specified for a key is longer than its limit of 2048": directory.ErrUnavailable,
		"ExpressionAttributeNames contains invalid key: Syntax error; key: \"name\"":                               directory.ErrUnavailable,
	} {
		err := (&Table{name: "users"}).failed("PutItem", &smithy.GenericAPIError{Code: "ValidationException", Message: message})
		if !errors.Is(err, want) || strings.Contains(err.Error(), "name a table whose only key is the string login") != (want == directory.ErrMisconfigured) {
			t.Errorf("%s: %v, want %v", message, err, want)
		}
	}
}
