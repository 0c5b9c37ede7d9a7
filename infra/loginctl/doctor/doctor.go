// Package doctor checks a sign-in page as it is deployed, or as it is configured:
// what would keep people out, or let somebody in who should be out. Start with
// Examine. It changes nothing, no finding holds a secret, and of other hosts than
// AWS's it asks those alone that the configuration names.
package doctor

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"deskpro-login/pkg/config"
	"deskpro-login/pkg/rotation"
)

const (
	defaultTimeout = time.Minute
	// checkTimeout bounds one check with all its calls.
	checkTimeout = 10 * time.Second
	// parallel is how many checks are made at once.
	parallel = 8
)

// Config says what is examined, and with what.
type Config struct {
	// Stack is the name or ARN of the stack whose functions are examined as they are
	// served. Empty: Environments are.
	Stack        string
	Environments []Environment
	// AWS leads to all services but Secrets Manager. Nil: AWS is asked nothing.
	AWS *aws.Config
	// Store has the secrets. Nil: they are not looked at.
	Store rotation.Store
	// Network leads to the helpdesk and the pages. Nil: they are not visited.
	Network *Network
	// Timeout bounds all checks together; zero means a minute. One of them has 10
	// seconds of it.
	Timeout time.Duration
	// Now is this machine's clock; nil means time.Now.
	Now func() time.Time
}

// Environment are the variables of a function.
type Environment struct {
	Function  config.Function
	Variables map[string]string
}

// Network says how hosts are reached. Its zero value does as browsers do.
type Network struct {
	// Dial connects; nil means directly.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Proxy is asked for each request; nil means none.
	Proxy func(*http.Request) (*url.URL, error)
	// Roots are whom certificates are believed of; nil means the system's.
	Roots *x509.CertPool
}

// Examine makes all checks that cfg allows for, and returns what they found, in
// an order that is always the same. What hangs on something that is not there, or
// could not be read, has no finding of its own.
func Examine(ctx context.Context, cfg Config) []Finding {
	if cfg.Timeout == 0 {
		cfg.Timeout = defaultTimeout
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.Timeout)
	defer cancel()
	d := &doctor{cfg: cfg}
	var first report
	d.find(ctx, &first)
	return append(first.findings, run(ctx, d.checks(ctx))...)
}

// check reports what it finds.
type check func(ctx context.Context, r *report)

// run makes checks, several at once, each with its time.
func run(ctx context.Context, checks []check) []Finding {
	reports := make([]report, len(checks))
	turns := make(chan struct{}, parallel)
	var all sync.WaitGroup
	for i, c := range checks {
		all.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			ctx, cancel := context.WithTimeout(ctx, checkTimeout)
			defer cancel()
			c(ctx, &reports[i])
		})
	}
	all.Wait()
	var found []Finding
	for _, r := range reports {
		found = append(found, r.findings...)
	}
	return found
}

// doctor is one examination.
type doctor struct {
	cfg Config
	site
	clients
	// status tells of each door's secret, by the door's name; nil for one that is
	// not looked at.
	status map[string]func() (rotation.Status, error)
	// behind is how far this machine's clock is behind AWS's; nil without AWS.
	behind func() (time.Duration, error)
}

// once asks for what several checks need, at the first's request, and with a time
// of its own.
func once[T any](ctx context.Context, ask func(context.Context) (T, error)) func() (T, error) {
	return sync.OnceValues(func() (T, error) {
		ctx, cancel := context.WithTimeout(ctx, checkTimeout)
		defer cancel()
		return ask(ctx)
	})
}
