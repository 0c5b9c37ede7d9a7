package cognito

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// Inspect reads the app client and returns what is set up wrongly about it, as
// sentences with the cure. From then on Recovery's calls tell the browser's
// address, for threat protection, if the client accepts it
// (EnablePropagateAdditionalUserContextData). Its role needs
// cognito-idp:DescribeUserPoolClient, which signing people in does not. It does
// not see the pool's other clients, which may write attributes, too. The error
// is one of directory.ErrMisconfigured, ErrThrottled and ErrUnavailable.
func (d *Directory) Inspect(ctx context.Context) (problems []string, err error) {
	out, err := d.describe(ctx, &cip.DescribeUserPoolClientInput{UserPoolId: aws.String(d.poolID), ClientId: aws.String(d.clientID)})
	if err != nil {
		return nil, inspecting.failed(err)
	}
	client := out.UserPoolClient
	if client == nil {
		return nil, inspecting.unavailable(fmt.Errorf("answer has no client"))
	}
	report := func(wrong bool, format string, args ...any) {
		if wrong {
			problems = append(problems, fmt.Sprintf(format, args...))
		}
	}
	report(!allows(client.ExplicitAuthFlows, d.flow), "the app client does not allow %s: add ALLOW_%[1]s to its ExplicitAuthFlows", d.flow)
	report(client.PreventUserExistenceErrors != types.PreventUserExistenceErrorTypesEnabled,
		"the app client tells who has an account: set its PreventUserExistenceErrors to ENABLED")
	hasSecret := aws.ToString(client.ClientSecret) != ""
	report(hasSecret && d.secret == nil, "the app client has a secret, but none is configured: configure where it is kept")
	report(!hasSecret && d.secret != nil, "a client secret is configured, but the app client has none: take it out of the configuration, or use a client that has one")
	d.tellAddress.Store(aws.ToBool(client.EnablePropagateAdditionalUserContextData))
	unread, err := d.unread(client.ReadAttributes)
	if err != nil {
		return nil, inspecting.unavailable(err)
	}
	which := "the app client may not read what becomes %s"
	if len(client.ReadAttributes) == 0 {
		which = "the app client may read standard attributes alone, since its ReadAttributes name none, and not what becomes %s"
	}
	report(len(unread) > 0, which+": add the attribute to its ReadAttributes (unless a trigger puts it into the token)", strings.Join(unread, ", "))
	trusted, written := d.trusted(client.WriteAttributes)
	report(!hasSecret && len(trusted) > 0, "the app client has no secret, so that its ID is all that people need to write their own attributes, and the mapping of claims trusts %s: use a client that has a secret", strings.Join(trusted, ", "))
	flows := d.publicFlows(client.ExplicitAuthFlows)
	report(len(flows) > 0 && len(written) > 0, "the app client may write what the mapping of claims trusts, %s, and allows %s, by which people get tokens to write it with: take the flow out of its ExplicitAuthFlows, or the attribute out of its WriteAttributes if no identity provider writes it", strings.Join(written, ", "), strings.Join(flows, ", "))
	report(slices.Contains(client.AllowedOAuthFlows, types.OAuthFlowTypeImplicit), "the app client allows the implicit grant, by which people get tokens without its secret: take implicit out of its AllowedOAuthFlows")
	return problems, nil
}

func allows(flows []types.ExplicitAuthFlowsType, flow types.AuthFlowType) bool {
	// The older name of the same: it cannot be together with new ones.
	old := flow == types.AuthFlowTypeAdminUserPasswordAuth && slices.Contains(flows, types.ExplicitAuthFlowsTypeAdminNoSrpAuth)
	return old || slices.Contains(flows, types.ExplicitAuthFlowsType("ALLOW_"+string(flow)))
}

// publicFlows are those that ask for no permission of ours. The one that the
// configuration wants is not among them: the client's secret is what keeps
// people from it.
func (d *Directory) publicFlows(flows []types.ExplicitAuthFlowsType) []string {
	var public []string
	for _, flow := range flows {
		switch flow {
		case types.ExplicitAuthFlowsTypeAllowAdminUserPasswordAuth, types.ExplicitAuthFlowsTypeAdminNoSrpAuth,
			types.ExplicitAuthFlowsTypeAllowRefreshTokenAuth, types.ExplicitAuthFlowsType("ALLOW_" + string(d.flow)):
		default:
			public = append(public, string(flow))
		}
	}
	return public
}
