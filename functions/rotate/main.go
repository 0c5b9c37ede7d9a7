// Command rotate is the Lambda function that Secrets Manager calls to change the
// secret of a door, and that a schedule calls to look whether Deskpro has it.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"deskpro-login/pkg/lambdahttp"
	"deskpro-login/pkg/rotation"
)

func main() {
	slog.SetDefault(slog.New(lambdahttp.NewLogHandler()))
	rotate, err := wire(os.Getenv)
	if err != nil {
		slog.Error("cannot rotate anything", "error", err)
		// Each caller is told. To exit would be to start again, for nothing.
		rotate = func(context.Context, rotation.Event) error { return err }
	}
	lambda.Start(handler(rotate))
}
