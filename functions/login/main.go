// Command login is the Lambda function behind GET /{door}/login.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

func main() {
	slog.SetDefault(slog.New(lambdacontext.NewLogHandler()))
	// So long may secrets take at start; what is missing then is fetched on use.
	ctx, cancel := context.WithTimeout(context.Background(), 1500*time.Millisecond)
	handler, err := wire(ctx, os.Getenv)
	cancel()
	if err != nil {
		slog.Error("cannot serve", "error", err)
		os.Exit(1)
	}
	lambda.Start(handler)
}
