// Package awsenv builds the AWS SDK's configuration from the variables that
// Lambda sets. It stands in for the SDK's own config package, whose chain of
// files, profiles and metadata services costs a third of a cold start and can
// find nothing inside Lambda. Not for command-line tools: they want that chain.
package awsenv

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

const (
	// attemptTimeout bounds one attempt of one call, so that two attempts end
	// well within the five seconds in which a page must be answered.
	attemptTimeout = 1500 * time.Millisecond
	dialTimeout    = time.Second
	// idleTimeout is below any AWS service's own, so that a connection is
	// never reused at the moment the service closes it (aws-sdk-go-v2 #3423).
	idleTimeout = 15 * time.Second
	attempts    = 2
	maxBackoff  = 200 * time.Millisecond
)

// Config reads AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
// AWS_SESSION_TOKEN (all set by Lambda) and AWS_ENDPOINT_URL (emulators only;
// empty means AWS). It reports every variable that is missing.
func Config(getenv func(string) string) (aws.Config, error) {
	var missing []error
	required := func(name string) string {
		value := getenv(name)
		if value == "" {
			missing = append(missing, fmt.Errorf("%s is not set: Lambda sets it; elsewhere export it", name))
		}
		return value
	}
	credentials := aws.Credentials{
		AccessKeyID:     required("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: required("AWS_SECRET_ACCESS_KEY"),
		SessionToken:    getenv("AWS_SESSION_TOKEN"),
		Source:          "environment",
	}
	cfg := aws.Config{
		Region: required("AWS_REGION"),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return credentials, nil
		}),
		HTTPClient: HTTPClient(attemptTimeout),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts = attempts
				o.MaxBackoff = maxBackoff
			})
		},
	}
	if endpoint := getenv("AWS_ENDPOINT_URL"); endpoint != "" {
		cfg.BaseEndpoint = aws.String(endpoint)
	}
	return cfg, errors.Join(missing...)
}

// HTTPClient returns a client whose requests, from dialling to the last byte,
// end after timeout. It loses no answers, see inMemory: the SDK's own does.
func HTTPClient(timeout time.Duration) aws.HTTPClient {
	return inMemory{awshttp.NewBuildableClient().
		WithTimeout(timeout).
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = dialTimeout }).
		WithTransportOptions(func(t *http.Transport) {
			t.IdleConnTimeout = idleTimeout
			t.TLSHandshakeTimeout = dialTimeout
		})}
}
