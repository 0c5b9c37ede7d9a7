// Command floor is the least that a sign-in can do: so many bare round trips to
// AWS, one password hash, a redirect. What a function of this project takes
// beyond it is our own.
//
// FLOOR_CALLS is how many GetItem calls to make to AWS_ENDPOINT_URL, with
// FLOOR_BODY; FLOOR_HASH is verified with FLOOR_PASSWORD unless empty.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"deskpro-login/pkg/password"
	"deskpro-login/pkg/redact"
)

type floor struct {
	calls          int
	endpoint, body string
	hasher         *password.Hasher
	hash           string
	password       redact.Secret
}

func main() {
	hasher, err := password.New(password.Config{})
	calls, callsErr := strconv.Atoi(os.Getenv("FLOOR_CALLS"))
	if err := errors.Join(err, callsErr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	f := floor{
		calls: calls, endpoint: os.Getenv("AWS_ENDPOINT_URL"), body: os.Getenv("FLOOR_BODY"),
		hasher: hasher, hash: os.Getenv("FLOOR_HASH"), password: redact.New(os.Getenv("FLOOR_PASSWORD")),
	}
	lambda.Start(f.handle)
}

func (f floor) handle(ctx context.Context, _ events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	for range f.calls {
		if err := f.call(ctx); err != nil {
			return events.APIGatewayV2HTTPResponse{}, err
		}
	}
	if f.hash != "" {
		if ok, err := f.hasher.Verify(ctx, f.hash, f.password); err != nil || !ok {
			return events.APIGatewayV2HTTPResponse{}, fmt.Errorf("verifying the password: %t, %w", ok, err)
		}
	}
	return events.APIGatewayV2HTTPResponse{
		StatusCode: http.StatusFound,
		Headers:    map[string]string{"Location": "https://support.example.com/"},
	}, nil
}

// call asks as the SDK would, signed once and for all: the stand-in looks at a
// signature's form only.
func (f floor) call(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, f.endpoint+"/", strings.NewReader(f.body))
	if err != nil {
		return fmt.Errorf("making a request: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.0")
	request.Header.Set("X-Amz-Target", "DynamoDB_20120810.GetItem")
	request.Header.Set("X-Amz-Date", "20260101T000000Z")
	request.Header.Set("X-Amz-Security-Token", "none")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=none/20260101/eu-central-1/dynamodb/aws4_request, "+
		"SignedHeaders=host;x-amz-date, Signature="+strings.Repeat("0", 64))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("calling AWS: %w", err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); err != nil || response.StatusCode != http.StatusOK {
		return fmt.Errorf("calling AWS: %s %s: %w", response.Status, body, err)
	}
	return nil
}
