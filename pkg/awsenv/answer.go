package awsenv

import (
	"errors"
	"fmt"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// WithoutAnswer replaces the error of an answer that could not be decoded,
// because the SDK puts into it what it could not decode: perhaps
// a token or a key. Any other error it returns as it is.
func WithoutAnswer(err error) error {
	if _, undecoded := errors.AsType[*smithy.DeserializationError](err); !undecoded {
		return err
	}
	status := 0
	if response, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		status = response.HTTPStatusCode()
	}
	return fmt.Errorf("decoding an answer of status %d", status)
}
