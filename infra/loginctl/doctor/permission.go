package doctor

import (
	"slices"
	"strings"
)

// Policy is an IAM policy document.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
type Policy struct {
	Version   string
	Statement []Statement
}

// Statement allows actions.
type Statement struct {
	Sid       string
	Effect    string
	Action    []string
	Resource  []string
	Condition map[string]map[string][]string `json:",omitempty"`
}

// looks are the actions that read how something is set up, and nothing in it.
var looks = []string{
	"apigateway:GET",
	"cloudformation:DescribeStacks", "cloudformation:ListStackResources",
	"cloudwatch:DescribeAlarms",
	"cognito-idp:DescribeUserPool", "cognito-idp:DescribeUserPoolClient", "cognito-idp:GetGroup",
	"dynamodb:DescribeContinuousBackups", "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive",
	"lambda:GetFunctionConfiguration",
	"logs:DescribeLogGroups",
}

var (
	scan  = []string{"dynamodb:Scan"}
	reads = []string{"secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"}
)

// Actions are all that Examine may need, sorted. GetCallerIdentity needs none.
func Actions() []string {
	return slices.Sorted(slices.Values(slices.Concat(looks, scan, reads, []string{"kms:Decrypt"})))
}

// PolicyFor allows what Examine does for a stack of this name, as far as names can
// be known before it is there: secrets and a table that were brought are to be
// added. The stack's name may be its ARN; an empty region means one of AWS's
// commercial ones.
func PolicyFor(stack, region string) Policy {
	partition := "aws"
	for prefix, other := range map[string]string{"cn-": "aws-cn", "us-gov-": "aws-us-gov"} {
		if strings.HasPrefix(region, prefix) {
			partition = other
		}
	}
	if part := strings.Split(stack, "/"); len(part) == 3 {
		stack = part[1]
	}
	if region == "" {
		region = "*"
	}
	secrets := "arn:" + partition + ":secretsmanager:" + region + ":*:secret:"
	tables := "arn:" + partition + ":dynamodb:" + region + ":*:table/" + stack + "-"
	return Policy{Version: "2012-10-17", Statement: []Statement{
		{Sid: "LookAtHowThingsAreSetUp", Effect: "Allow", Action: looks, Resource: []string{"*"}},
		{
			Sid: "ReadSecretsAndTellOfThem", Effect: "Allow", Action: reads,
			Resource: []string{secrets + "UsersSecret-*", secrets + "AgentsSecret-*", secrets + "FactorSecret-*", secrets + "UserPoolClientSecret-*"},
		},
		{
			Sid: "LookForMembersOfGroupsAndWaits", Effect: "Allow", Action: scan,
			Resource: []string{tables + "AccountsTable-*", tables + "StateTable-*"},
		},
		{
			Sid: "WhereKmsKeyArnIsSet", Effect: "Allow", Action: []string{"kms:Decrypt"}, Resource: []string{"*"},
			Condition: map[string]map[string][]string{"StringLike": {"kms:ViaService": {"dynamodb.*", "lambda.*", "secretsmanager.*"}}},
		},
	}}
}
