// Command logout is the Lambda function behind GET /{door}/logout.
package main

import (
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/lambdahttp"
	"deskpro-login/pkg/web"
)

func main() {
	slog.SetDefault(slog.New(lambdahttp.NewLogHandler()))
	handler, err := wire(os.Getenv)
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
