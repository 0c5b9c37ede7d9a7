package doctor

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/protocol/xml"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

// clients are those of the services; nil without AWS.
type clients struct {
	stacks  *cloudformation.Client
	lambdas *lambda.Client
	tables  *dynamodb.Client
	logs    *cloudwatchlogs.Client
	tokens  *sts.Client
}

func newClients(cfg aws.Config) clients {
	return clients{
		cloudformation.NewFromConfig(cfg), lambda.NewFromConfig(cfg), dynamodb.NewFromConfig(cfg), cloudwatchlogs.NewFromConfig(cfg), sts.NewFromConfig(cfg),
	}
}

// pools is a client for the Region of a user pool, with which its id begins.
func (d *doctor) pools(poolID string) *cognitoidentityprovider.Client {
	region, _, _ := strings.Cut(poolID, "_")
	return cognitoidentityprovider.NewFromConfig(*d.cfg.AWS, func(o *cognitoidentityprovider.Options) { o.Region = region })
}

// maxAnswer bounds an answer in bytes.
const maxAnswer = 1 << 20

// call is for the two services of which one operation each is wanted, too little
// for a module: CloudWatch speaks AWS's query protocol, API Gateway REST.
// https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
func (d *doctor) call(ctx context.Context, service, method, path string, form []byte) ([]byte, error) {
	cfg := d.cfg.AWS
	at := aws.ToString(cfg.BaseEndpoint)
	if at == "" {
		at = "https://" + service + "." + cfg.Region + ".amazonaws.com"
		if strings.HasPrefix(cfg.Region, "cn-") {
			at += ".cn"
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(at, "/")+path, bytes.NewReader(form))
	if err != nil {
		return nil, fmt.Errorf("making a request: %w", err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	}
	credentials, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("finding credentials: %w", err)
	}
	sum := sha256.Sum256(form)
	if err := v4.NewSigner().SignHTTP(ctx, credentials, r, hex.EncodeToString(sum[:]), service, cfg.Region, time.Now()); err != nil {
		return nil, fmt.Errorf("signing a request: %w", err)
	}
	var client aws.HTTPClient = awshttp.NewBuildableClient()
	if cfg.HTTPClient != nil {
		client = cfg.HTTPClient
	}
	answer, err := client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("calling %s: %w", service, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("reading the answer of %s: %w", service, err)
	}
	if answer.StatusCode != http.StatusOK {
		return nil, refusal(service, answer, body)
	}
	return body, nil
}

// refusal reads the code and what is said, which XML and REST tell in other
// places.
func refusal(service string, answer *http.Response, body []byte) error {
	called := map[string]string{"monitoring": "CloudWatch", "apigateway": "API Gateway"}[service]
	said, err := xml.GetErrorResponseComponents(bytes.NewReader(body), false)
	if err != nil || said.Code == "" {
		said.Code, _, _ = strings.Cut(answer.Header.Get("X-Amzn-Errortype"), ":")
		_ = json.Unmarshal(body, &said) // which may have a message, or not
	}
	return &smithy.OperationError{ServiceID: called, OperationName: "call", Err: &smithy.GenericAPIError{
		Code: cmp.Or(said.Code, answer.Status), Message: said.Message,
	}}
}
