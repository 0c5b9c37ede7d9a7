// Command login is the Lambda function behind GET /{door}/login.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

func main() {
	slog.SetDefault(slog.New(lambdacontext.NewLogHandler()))
	handler, err := wire(context.Background(), os.Getenv)
	if err != nil {
		slog.Error("cannot serve", "error", err)
		os.Exit(1)
	}
	lambda.Start(handler)
}
