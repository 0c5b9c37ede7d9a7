// Package awsstack asks AWS CloudFormation what a deployed stack says of itself,
// with what the AWS CLI would find on this machine.
package awsstack

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/infra/loginctl/stack"
	"deskpro-login/pkg/awsenv"
)

// Query says which stack to ask for, and where. Empty fields but Name mean what
// the AWS CLI would do.
type Query struct {
	Name, Region, Profile, Endpoint string
	// Saved: who asks could do with saved outputs, too, so that hints say so.
	Saved bool
}

// attemptTimeout bounds one attempt of one call.
const attemptTimeout = 30 * time.Second

// Describe asks CloudFormation. ctx bounds all of it, the search for
// credentials included.
func Describe(ctx context.Context, q Query) (stack.Stack, error) {
	cfg, err := q.Config(ctx)
	if err != nil {
		return stack.Stack{}, err
	}
	return q.DescribeWith(ctx, cfg)
}

// DescribeWith is Describe with what Config returned.
func (q Query) DescribeWith(ctx context.Context, cfg aws.Config) (stack.Stack, error) {
	q.Region = cfg.Region
	out, err := cloudformation.NewFromConfig(cfg).DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &q.Name})
	if err != nil {
		return stack.Stack{}, q.explain(err)
	}
	if len(out.Stacks) != 1 {
		return stack.Stack{}, q.noStack()
	}
	found := out.Stacks[0]
	d := stack.Description{
		StackName:         aws.ToString(found.StackName),
		StackStatus:       string(found.StackStatus),
		StackStatusReason: aws.ToString(found.StackStatusReason),
		Region:            q.Region,
	}
	for _, o := range found.Outputs {
		d.Outputs = append(d.Outputs, stack.Output{OutputKey: aws.ToString(o.OutputKey), OutputValue: aws.ToString(o.OutputValue)})
	}
	for _, p := range found.Parameters {
		d.Parameters = append(d.Parameters, stack.Parameter{ParameterKey: aws.ToString(p.ParameterKey), ParameterValue: aws.ToString(p.ParameterValue)})
	}
	return stack.Parse(d)
}

const signIn = "sign in as you do for the AWS CLI (aws sso login, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY) until aws sts get-caller-identity answers"

// or adds to a hint what to do without access to AWS.
func (q Query) or(todo, without string) string {
	if q.Saved {
		return todo + without
	}
	return todo
}

func (q Query) signIn() string {
	return q.or(signIn, ", or have somebody save the outputs for --outputs")
}

// Config finds the Region and credentials, and says so if there are none. At an
// endpoint on this machine, an emulator, both may be made up.
func (q Query) Config(ctx context.Context) (aws.Config, error) {
	options := []func(*config.LoadOptions) error{
		config.WithRegion(q.Region), config.WithSharedConfigProfile(q.Profile), config.WithBaseEndpoint(q.Endpoint),
		config.WithLogger(logging.Nop{}), // what goes wrong is in the error
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(attemptTimeout)),
	}
	if q.Local() {
		options = append(options, config.WithEC2IMDSClientEnableState(imds.ClientDisabled)) // which would be waited for
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	noProfile := config.SharedConfigProfileNotExistError{}
	switch {
	case errors.As(err, &noProfile):
		return aws.Config{}, hint.With(fmt.Errorf("there is no profile %q in AWS's configuration files", noProfile.Profile), "aws configure list-profiles lists them")
	case err != nil:
		return aws.Config{}, hint.With(fmt.Errorf("reading AWS's configuration: %w", err), "see to ~/.aws/config and the AWS_ variables, until aws configure list answers")
	case cfg.Region == "" && q.Local():
		cfg.Region = "us-east-1"
	case cfg.Region == "":
		return aws.Config{}, hint.With(errors.New("no Region is set"), "give the stack's with --region, such as --region eu-west-1, or set AWS_REGION")
	}
	cfg.HTTPClient = awsenv.InMemory(cfg.HTTPClient)
	_, err = cfg.Credentials.Retrieve(ctx)
	switch {
	case err != nil && q.Local():
		cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "EMULATOR", SecretAccessKey: "emulator", SessionToken: "emulator", Source: "made up"}, nil
		})
	case err != nil:
		return aws.Config{}, hint.With(fmt.Errorf("there are no AWS credentials: %w", err), "%s", q.signIn())
	}
	return cfg, nil
}

// Local reports whether Endpoint is plain HTTP on this machine, and so no AWS.
// Whoever could do with saved outputs asks for a stack that somebody deployed.
func (q Query) Local() bool {
	u, err := url.Parse(q.Endpoint)
	if err != nil || u.Scheme != "http" || q.Saved {
		return false
	}
	address, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && address.IsLoopback()
}

func (q Query) noStack() error {
	return hint.With(fmt.Errorf("there is no stack %s in %s in this AWS account", q.Name, q.Region),
		"give another --stack, --region or --profile; aws cloudformation list-stacks --region %s --query 'StackSummaries[].[StackName,StackStatus]' --output text lists the stacks there", q.Region)
}

// explain turns the SDK's error into one with a hint.
func (q Query) explain(err error) error {
	var answer smithy.APIError
	if !errors.As(err, &answer) {
		return hint.With(fmt.Errorf("asking CloudFormation in %s: %w", q.Region, err),
			"%s", q.or(fmt.Sprintf("check the network, the proxy (HTTPS_PROXY) and that %s is a Region", q.Region), "; --outputs works without access to AWS"))
	}
	said := fmt.Errorf("CloudFormation in %s answers %s: %s", q.Region, answer.ErrorCode(), answer.ErrorMessage())
	switch answer.ErrorCode() {
	case "ValidationError":
		if strings.Contains(answer.ErrorMessage(), "does not exist") {
			return q.noStack()
		}
	case "AccessDenied", "AccessDeniedException":
		return hint.With(said, "%s", q.or("your role needs cloudformation:DescribeStacks on "+q.Name, "; or have somebody who has it save the outputs for --outputs"))
	case "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException", "IncompleteSignature":
		return hint.With(said, "%s", q.signIn())
	case "SignatureDoesNotMatch", "RequestExpired":
		return hint.With(said, "check this machine's clock, then the secret access key")
	}
	return hint.With(said, "see whether aws cloudformation describe-stacks --region %s --stack-name %s answers; if not so either, try again later", q.Region, q.Name)
}
