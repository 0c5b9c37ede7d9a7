package awstest_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"deskpro-login/pkg/awsenv/awstest"
)

const version = "arn:aws:lambda:eu-central-1:123456789012:function:login:7"

func TestAnInvocationIsAnsweredByTheFunction(t *testing.T) {
	server, cfg := awstest.Start(t)
	server.AddFunction(version, func(_ context.Context, payload []byte) ([]byte, error) {
		if bytes.Equal(payload, []byte(`"fail"`)) {
			return []byte(`{"errorType":"Oops"}`), errors.New("failed")
		}
		return append([]byte("to "), payload...), nil
	})
	client := lambda.NewFromConfig(cfg)
	for payload, want := range map[string]struct{ out, kind string }{
		`"hello"`: {`to "hello"`, ""},
		`"fail"`:  {`{"errorType":"Oops"}`, "Unhandled"},
	} {
		got, err := client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String(version), Payload: []byte(payload)})
		if err != nil {
			t.Fatal(err)
		}
		if string(got.Payload) != want.out || aws.ToString(got.FunctionError) != want.kind || aws.ToString(got.ExecutedVersion) != "7" || got.StatusCode != 200 {
			t.Errorf("%s: %d %s, error %q, version %q, want %+v of 7", payload, got.StatusCode, got.Payload, aws.ToString(got.FunctionError), aws.ToString(got.ExecutedVersion), want)
		}
	}
}

func TestOtherInvocationsAreRefused(t *testing.T) {
	server, cfg := awstest.Start(t)
	server.AddFunction(version, func(context.Context, []byte) ([]byte, error) {
		t.Error("invoked")
		return nil, nil
	})
	client := lambda.NewFromConfig(cfg)
	for name, row := range map[string]struct {
		change func(*lambda.InvokeInput)
		want   string
	}{
		"of an unknown version":    {func(in *lambda.InvokeInput) { in.FunctionName = aws.String(version + "0") }, "ResourceNotFoundException"},
		"of no version":            {func(in *lambda.InvokeInput) { in.FunctionName = aws.String("login") }, "ResourceNotFoundException"},
		"with a qualifier":         {func(in *lambda.InvokeInput) { in.Qualifier = aws.String("7") }, "UnknownOperationException"},
		"without waiting":          {func(in *lambda.InvokeInput) { in.InvocationType = types.InvocationTypeEvent }, "InvalidParameterValueException"},
		"with the log":             {func(in *lambda.InvokeInput) { in.LogType = types.LogTypeTail }, "InvalidParameterValueException"},
		"with a client's context":  {func(in *lambda.InvokeInput) { in.ClientContext = aws.String("e30=") }, "InvalidParameterValueException"},
		"as a durable execution":   {func(in *lambda.InvokeInput) { in.DurableExecutionName = aws.String("x") }, "InvalidParameterValueException"},
		"for one of its customers": {func(in *lambda.InvokeInput) { in.TenantId = aws.String("x") }, "InvalidParameterValueException"},
	} {
		in := &lambda.InvokeInput{FunctionName: aws.String(version), Payload: []byte(`{}`)}
		row.change(in)
		if _, err := client.Invoke(t.Context(), in); code(err) != row.want {
			t.Errorf("%s: %v, want %s", name, err, row.want)
		}
	}
	// To be invoked is not to be asked anything else.
	if _, err := client.GetFunction(t.Context(), &lambda.GetFunctionInput{FunctionName: aws.String(version)}); err == nil {
		t.Error("GetFunction is answered")
	}
}

func TestInvocationsHangAndFailOnDemand(t *testing.T) {
	server, cfg := awstest.Start(t)
	invoked := 0
	server.AddFunction(version, func(context.Context, []byte) ([]byte, error) { invoked++; return nil, nil })
	client := lambda.NewFromConfig(cfg, func(o *lambda.Options) { o.Retryer = aws.NopRetryer{} })
	invoke := func(ctx context.Context) error {
		_, err := client.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(version)})
		return err
	}
	server.Inject("Invoke", awstest.Fault{Code: "TooManyRequestsException", Times: 1})
	if err := invoke(t.Context()); code(err) != "TooManyRequestsException" || invoked != 0 {
		t.Errorf("throttled: %v after %d invocations", err, invoked)
	}
	server.Inject("Invoke", awstest.Fault{Persist: true, Times: 1})
	if err := invoke(t.Context()); code(err) != "InternalServerError" || invoked != 1 {
		t.Errorf("its answer lost: %v after %d invocations", err, invoked)
	}
	server.Inject("Invoke", awstest.Fault{Hang: true})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := invoke(ctx); !errors.Is(err, context.DeadlineExceeded) || invoked != 1 {
		t.Errorf("hanging: %v after %d invocations", err, invoked)
	}
	server.Clear()
	if err := invoke(t.Context()); err != nil || server.Calls("Invoke") != 4 {
		t.Errorf("cleared: %v after %d calls", err, server.Calls("Invoke"))
	}
}
