// Command local runs the sign-in pages on this machine, with a practice Deskpro
// to sign in to: the functions' own handlers behind real API Gateway events, with
// sessions kept in memory and a practice user pool that plays Amazon Cognito and
// an identity provider. What the pool would send by email or text message is on
// standard error.
//
//	go run ./infra/local [-addr 127.0.0.1:8080] [-directory cognito|dynamodb]
//		[-flow ADMIN_USER_PASSWORD_AUTH|USER_AUTH] [-mfa] [-federation button|direct|off]
//
// It listens on loopback only and is for trying and testing, never for serving.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "local:", err)
		os.Exit(1)
	}
}

// options are the flags, as they were typed.
type options struct {
	directory, flow, federation string
	mfa                         bool
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("local", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var o options
	addr := flags.String("addr", "127.0.0.1:8080", "loopback `address` to listen on; port 0 takes a free one")
	flags.StringVar(&o.directory, "directory", "cognito", "`where` accounts are: cognito, a practice user pool, or dynamodb, passwords alone")
	flags.StringVar(&o.flow, "flow", "ADMIN_USER_PASSWORD_AUTH", "the pool's authentication `flow`, or USER_AUTH: people may choose how to sign in")
	flags.BoolVar(&o.mfa, "mfa", false, "the pool asks everyone for a second factor, and makes them set one up")
	flags.StringVar(&o.federation, "federation", "button", "`how` people come to the pool's managed login: button, direct or off")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: there are only flags; -h lists them", flags.Arg(0))
	}
	listener, err := listen(ctx, *addr)
	if err != nil {
		return err
	}
	site, err := newSite(ctx, listener.Addr().String(), o, stderr)
	if err != nil {
		return err
	}
	defer site.close()
	server := &http.Server{Handler: site, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Shutdown(context.WithoutCancel(ctx))
	}()
	site.banner(stdout)
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// listen refuses every address but the loopback one that localhost, where the
// practice Deskpro is, surely reaches, too.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	tcp, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("-addr %q: %w; give a host and a port, such as 127.0.0.1:8080", addr, err)
	}
	if !tcp.IP.Equal(net.IPv4(127, 0, 0, 1)) {
		return nil, fmt.Errorf("-addr %q is not 127.0.0.1: this server has well-known passwords and stays on loopback; use 127.0.0.1:%d", addr, tcp.Port)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", tcp.String())
	if err != nil {
		return nil, fmt.Errorf("%w; -addr 127.0.0.1:0 takes a free port", err)
	}
	return listener, nil
}
