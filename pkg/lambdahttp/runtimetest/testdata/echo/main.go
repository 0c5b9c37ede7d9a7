// Command echo is a function that does what its event says.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type event struct {
	Do   string
	Text string
}

type answer struct {
	Text        string
	RequestID   string
	FunctionARN string
	TraceID     string
	Remaining   time.Duration
	Environment []string
}

func main() {
	if os.Getenv("BROKEN") != "" {
		giveUp()
	}
	lambda.Start(handle)
}

func giveUp() {
	response, err := http.Post("http://"+os.Getenv("AWS_LAMBDA_RUNTIME_API")+"/2018-06-01/runtime/init/error",
		"application/json", strings.NewReader(`{"errorType":"Echo.Broken","errorMessage":"configuration is broken"}`))
	if err == nil {
		_ = response.Body.Close()
	}
	fmt.Fprintln(os.Stderr, "BROKEN is set")
	os.Exit(3)
}

func handle(ctx context.Context, e event) (answer, error) {
	switch e.Do {
	case "fail":
		return answer{}, errors.New(e.Text)
	case "panic":
		panic(e.Text)
	case "exit":
		fmt.Println(e.Text)
		os.Exit(4)
	case "hang":
		select {}
	case "flood":
		return answer{Text: strings.Repeat("x", 7<<20)}, nil
	}
	call, _ := lambdacontext.FromContext(ctx)
	deadline, _ := ctx.Deadline()
	return answer{
		Text:        e.Text,
		RequestID:   call.AwsRequestID,
		FunctionARN: call.InvokedFunctionArn,
		TraceID:     os.Getenv("_X_AMZN_TRACE_ID"),
		Remaining:   time.Until(deadline),
		Environment: os.Environ(),
	}, nil
}
