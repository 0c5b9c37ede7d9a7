package awstest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"deskpro-login/pkg/awsenv/awstest"
)

const signature = "AWS4-HMAC-SHA256 Credential=ASIA/20260101/eu-central-1/dynamodb/aws4_request, SignedHeaders=host;x-amz-date, Signature=0"

func TestRequestsThatNoFunctionWouldSendAreRefused(t *testing.T) {
	const incomplete, unknown = "IncompleteSignatureException", "UnknownOperationException"
	for _, row := range []struct{ name, header, value, want string }{
		{"as a function sends it", "", "", "ResourceNotFoundException"},
		{"without a signature", "Authorization", "", "MissingAuthenticationTokenException"},
		{"with another scheme", "Authorization", "Bearer token", incomplete},
		{"signed for another service", "Authorization", strings.Replace(signature, "dynamodb", "s3", 1), incomplete},
		{"without a session token", "X-Amz-Security-Token", "", "UnrecognizedClientException"},
		{"as JSON 1.1", "Content-Type", "application/x-amz-json-1.1", unknown},
		{"without a target", "X-Amz-Target", "", unknown},
		{"to another service's operation", "X-Amz-Target", "DynamoDB_20120810.GetSecretValue", unknown},
		{"to an older API", "X-Amz-Target", "DynamoDB_20111205.GetItem", unknown},
		{"with a body that is no JSON", "", "{", "SerializationException"},
		{"with a body of another shape", "", `{"TableName": 7}`, "SerializationException"},
	} {
		body := `{"TableName": "nowhere", "Key": {"key": {"S": "k"}}}`
		if row.header == "" && row.value != "" {
			body = row.value
		}
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Authorization", signature)
		r.Header.Set("X-Amz-Security-Token", "token")
		r.Header.Set("Content-Type", "application/x-amz-json-1.0")
		r.Header.Set("X-Amz-Target", "DynamoDB_20120810.GetItem")
		if row.header != "" {
			r.Header.Set(row.header, row.value)
		}
		w := httptest.NewRecorder()
		awstest.New().ServeHTTP(w, r)

		var shape map[string]string
		if err := json.Unmarshal(w.Body.Bytes(), &shape); err != nil {
			t.Errorf("%s: answered %q: %v", row.name, w.Body, err)
		}
		if got := strings.TrimPrefix(shape["__type"], "com.amazonaws.dynamodb.v20120810#"); got != row.want || w.Code != http.StatusBadRequest || shape["message"] == "" {
			t.Errorf("%s: %d %v, want 400 %s with a message", row.name, w.Code, shape, row.want)
		}
	}
}

func TestFaults(t *testing.T) {
	server, cfg := awstest.Start(t)
	server.CreateTable("things", "key")
	client := dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) { o.Retryer = aws.NopRetryer{} })
	put := func(ctx context.Context) string {
		_, err := client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("things"), Item: attributes{"key": text("k")}})
		return code(err)
	}

	server.Inject("GetItem", awstest.Fault{Code: "Other"})
	if got := put(t.Context()); got != "" {
		t.Errorf("with a fault of another operation: %s", got)
	}
	server.CreateTable("things", "key")

	server.Inject("PutItem", awstest.Fault{Code: "InternalServerError", Times: 2})
	for i, want := range []string{"InternalServerError", "InternalServerError", ""} {
		if stored := len(server.Items("things")); stored != 0 {
			t.Errorf("call %d persisted", i)
		}
		if got := put(t.Context()); got != want {
			t.Errorf("call %d = %q, want %q", i+1, got, want)
		}
	}

	server.CreateTable("things", "key")
	server.Inject("PutItem", awstest.Fault{Code: "AnyError", Persist: true})
	for range 2 {
		if got := put(t.Context()); got != "AnyError" || len(server.Items("things")) != 1 {
			t.Errorf("with its answer lost: %q, %d items, want AnyError and 1", got, len(server.Items("things")))
		}
	}
	server.Clear()
	if got := put(t.Context()); got != "" {
		t.Errorf("after Clear: %s", got)
	}

	server.Inject("PutItem", awstest.Fault{Hang: true})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if got := put(ctx); !strings.Contains(got, "deadline") {
		t.Errorf("hanging: %q, want the deadline", got)
	}
	released := make(chan string)
	before := server.Calls("PutItem")
	go func() { released <- put(t.Context()) }()
	for server.Calls("PutItem") == before {
		runtime.Gosched()
	}
	server.Clear()
	if got := <-released; got != "InternalServerError" {
		t.Errorf("let go: %q, want the fault's code", got)
	}
	if got := server.Calls("PutItem"); got != 9 {
		t.Errorf("%d calls counted, want 9", got)
	}
}
