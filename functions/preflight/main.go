// Command preflight is the Lambda function that CodeDeploy calls before it
// allows traffic to new versions of the others.
package main

import (
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"deskpro-login/pkg/lambdahttp"
)

func main() {
	slog.SetDefault(slog.New(lambdahttp.NewLogHandler()))
	hook, err := wire(os.Getenv)
	if err != nil {
		slog.Error("cannot serve at all", "error", err)
		os.Exit(1)
	}
	lambda.Start(hook)
}
