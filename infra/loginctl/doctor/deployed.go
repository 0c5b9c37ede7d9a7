package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/infra/loginctl/stack"
	"deskpro-login/pkg/config"
)

const (
	// deployAgain mends a stack that lacks something.
	deployAgain = "deploy again from this release (make deploy)"
	// makeAgain is for what the stack has and somebody took away.
	makeAgain = "a deployment does not make again what CloudFormation believes to be there"
)

// find learns what there is to examine, and reports what it found on the way.
func (d *doctor) find(ctx context.Context, r *report) {
	if d.cfg.AWS != nil {
		d.clients = newClients(*d.cfg.AWS)
	}
	if d.cfg.Stack == "" {
		for _, e := range d.cfg.Environments {
			f := function{name: e.Function, variables: e.Variables}
			f.load()
			d.functions = append(d.functions, f)
		}
	} else {
		d.findStack(ctx, r)
		d.findFunctions(ctx, r)
	}
	d.join()
}

// findStack reads what CloudFormation knows.
func (d *doctor) findStack(ctx context.Context, r *report) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	row, region := r.at("stack/outputs"), d.cfg.AWS.Region
	d.parameters = map[string]string{}
	out, err := d.stacks.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &d.cfg.Stack})
	switch {
	case err != nil && isAbsent(err), err == nil && len(out.Stacks) != 1:
		row.fail("give another --stack, --region or --profile; aws cloudformation list-stacks --region "+region+" lists the stacks there", "there is no stack %s in %s in this AWS account", d.cfg.Stack, region)
		return
	case err != nil:
		row.unchecked(err, "cloudformation:DescribeStacks")
	default:
		found := out.Stacks[0]
		for _, p := range found.Parameters {
			d.parameters[aws.ToString(p.ParameterKey)] = aws.ToString(p.ParameterValue)
		}
		said := stack.Description{
			StackName: aws.ToString(found.StackName), StackStatus: string(found.StackStatus), StackStatusReason: aws.ToString(found.StackStatusReason), Region: region,
		}
		for _, o := range found.Outputs {
			said.Outputs = append(said.Outputs, stack.Output{OutputKey: aws.ToString(o.OutputKey), OutputValue: aws.ToString(o.OutputValue)})
		}
		parsed, err := stack.Parse(said)
		switch {
		case err != nil:
			row.fail(hint.Of(err), "%s", oneLine(err.Error()))
		case parsed.RolledBack:
			row.warn("aws cloudformation describe-stack-events --stack-name "+parsed.Name+" --region "+region+" says why; mend that, then make deploy", "the last update of the stack %s in %s was rolled back: it is as before that", parsed.Name, region)
			d.stack = &parsed
		default:
			row.ok("the stack %s in %s is whole", parsed.Name, region)
			d.stack = &parsed
		}
	}
	row = r.at("stack/resources")
	if d.resources, err = d.list(ctx, d.cfg.Stack); err != nil {
		row.unchecked(err, "cloudformation:ListStackResources")
	} else {
		row.ok("the stack tells its %d resources", len(d.resources))
	}
}

// list returns the resources of a stack by their logical names.
func (d *doctor) list(ctx context.Context, name string) (map[string]resource, error) {
	found := map[string]resource{}
	pages := cloudformation.NewListStackResourcesPaginator(d.stacks, &cloudformation.ListStackResourcesInput{StackName: &name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, s := range page.StackResourceSummaries {
			if status := string(s.ResourceStatus); status != "DELETE_COMPLETE" {
				found[aws.ToString(s.LogicalResourceId)] = resource{aws.ToString(s.ResourceType), aws.ToString(s.PhysicalResourceId)}
			}
		}
	}
	return found, nil
}

// logicalNames are the functions' in the template.
var logicalNames = []struct {
	name    config.Function
	logical string
}{
	{config.Login, "LoginFunction"}, {config.Authenticate, "AuthenticateFunction"}, {config.Logout, "LogoutFunction"},
	{config.Preflight, "PreflightFunction"}, {config.Rotate, "RotateFunction"},
}

// findFunctions reads each one's live configuration.
func (d *doctor) findFunctions(ctx context.Context, r *report) {
	if d.resources == nil {
		return
	}
	found := make([]*function, len(logicalNames))
	checks := make([]check, len(logicalNames))
	for i, n := range logicalNames {
		checks[i] = func(ctx context.Context, r *report) { found[i] = d.readFunction(ctx, r, n.name, n.logical) }
	}
	r.findings = append(r.findings, run(ctx, checks)...)
	for _, f := range found {
		if f != nil {
			f.load()
			d.functions = append(d.functions, *f)
		}
	}
}

// readFunction returns nil where the variables cannot be read.
func (d *doctor) readFunction(ctx context.Context, r *report, name config.Function, logical string) *function {
	row := r.at("functions/*/state", string(name))
	there, ok := d.resources[logical]
	switch {
	case !ok && name == config.Rotate:
		row.warn(deployAgain, "the stack has no %s: it is of a release from before secrets were rotated", logical)
		return nil
	case !ok:
		row.fail(deployAgain, "the stack has no %s", logical)
		return nil
	}
	in := &lambda.GetFunctionConfigurationInput{FunctionName: &there.name}
	served := there.name
	if alias := d.alias(logical); alias != "" {
		in.Qualifier, served = &alias, served+":"+alias
	}
	out, err := d.lambdas.GetFunctionConfiguration(ctx, in)
	switch {
	case err != nil && isAbsent(err):
		row.fail(makeAgain+": remove the stack and make it again, with the secrets and the accounts that it leaves (README.md, Remove)", "%s is not there, though the stack has it: somebody deleted it", served)
		return nil
	case err != nil:
		row.unchecked(err, "lambda:GetFunctionConfiguration")
		return nil
	}
	f := &function{name: name, logs: "/aws/lambda/" + there.name}
	if out.LoggingConfig != nil && aws.ToString(out.LoggingConfig.LogGroup) != "" {
		f.logs = *out.LoggingConfig.LogGroup
	}
	if e := out.Environment; e != nil && e.Error != nil {
		row.untold("let your role use the KMS key of KmsKeyArn (kms:Decrypt), or see why Lambda cannot, in that key's policy", "the variables of %s cannot be decrypted (%s: %s)", served, aws.ToString(e.Error.ErrorCode), aws.ToString(e.Error.Message))
		return nil
	}
	if out.Environment != nil {
		f.variables = out.Environment.Variables
	}
	switch {
	case out.State == types.StateFailed || out.LastUpdateStatus == types.LastUpdateStatusFailed:
		row.fail(deployAgain, "%s cannot run: %s", served, oneLine(strings.Join([]string{aws.ToString(out.StateReason), aws.ToString(out.LastUpdateStatusReason)}, " ")))
	case out.State == types.StatePending || out.LastUpdateStatus == types.LastUpdateStatusInProgress:
		row.warn("wait for the deployment, then look again", "%s is being changed", served)
	case out.State == types.StateInactive:
		row.warn("nothing: the next request wakes it, slowly", "%s has not been called for weeks, so that Lambda has put it to sleep", served)
	default:
		row.ok("%s is active, version %s", served, aws.ToString(out.Version))
	}
	return f
}

// alias is what the API calls of a function; empty where it calls the function
// itself. SAM names the resource after both.
func (d *doctor) alias(logical string) string {
	for name, found := range d.resources {
		if alias, ok := strings.CutPrefix(name, logical+"Alias"); ok && found.kind == "AWS::Lambda::Alias" {
			return alias
		}
	}
	return ""
}

// deployed: it is a stack that is examined.
func (d *doctor) deployed() bool { return d.cfg.Stack != "" }

// set says how something is set to value: by the stack's parameter, or in the file
// that was given.
func (d *doctor) set(variable, value string) string {
	if !d.deployed() {
		return fmt.Sprintf("set %s=%s", variable, value)
	}
	return fmt.Sprintf("set %s=%s in samconfig.toml, then make deploy", parameterOf(variable), value)
}

// named is the setting's name where it is set.
func (d *doctor) named(variable string) string {
	if !d.deployed() {
		return variable
	}
	return parameterOf(variable)
}

// checks are all that can be made of what was found, in their order.
func (d *doctor) checks(ctx context.Context) []check {
	if d.deployed() && d.resources == nil {
		return nil
	}
	return slices.Concat(d.configurationChecks(), d.secretChecks(ctx), d.tableChecks(), d.cognitoChecks(ctx), d.webChecks(ctx), d.operationChecks())
}
