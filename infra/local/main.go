// Command local runs the sign-in pages on this machine, with a practice Deskpro
// to sign in to: the functions' own handlers behind real API Gateway events, over
// a practice user pool that plays Amazon Cognito and an identity provider, or
// over a practice table that loginctl can change, as it can the doors' secrets.
// What the pool would send by email or text message is on standard error.
//
//	go run ./infra/local [-addr 127.0.0.1:8080] [-mfa] [-sso button|automatic]
//		[-flow ADMIN_USER_PASSWORD_AUTH|USER_AUTH] [-federation button|direct|off]
//	go run ./infra/local [-addr 127.0.0.1:8080] [-mfa] [-sso button|automatic]
//		-directory dynamodb [-data FOLDER]
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

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseOptions(args, stderr)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", o.addr.String())
	if err != nil {
		return fmt.Errorf("%w; -addr 127.0.0.1:0 takes a free port", err)
	}
	site, err := newSite(ctx, listener.Addr().String(), o, stderr)
	if err != nil {
		return err
	}
	defer site.close()
	server := &http.Server{Handler: site, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		<-ctx.Done()
		patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = server.Shutdown(patience)
	}()
	site.banner(stdout)
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	<-ended // what is being answered may still be written down
	return nil
}
