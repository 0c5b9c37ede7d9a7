// Command authenticate is the Lambda function behind POST /{door}/login and all
// that may follow it.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/lambdahttp"
	"deskpro-login/pkg/web"
)

func main() {
	slog.SetDefault(slog.New(lambdahttp.NewLogHandler()))
	// So long may secrets take at start; what is missing then is fetched on use.
	ctx, cancel := context.WithTimeout(context.Background(), 1500*time.Millisecond)
	handler, err := wire(ctx, os.Getenv)
	cancel()
	if err != nil {
		slog.Error("cannot serve", "error", err)
		events := audit.Log{Namespace: os.Getenv("METRICS_NAMESPACE"), Uncounted: lambdahttp.FromPreflight}
		handler, err = lambdahttp.New(lambdahttp.Config{HTTP: web.Misconfigured(err, events, lambdahttp.RequestID)})
	}
	if err != nil {
		slog.Error("cannot serve at all", "error", err)
		os.Exit(1)
	}
	lambda.Start(handler)
}
