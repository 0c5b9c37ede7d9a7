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
// cognito-idp:DescribeUserPoolClient, which signing people in does not. The error is one of
// directory.ErrMisconfigured, ErrThrottled and ErrUnavailable.
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
	report(len(unread) > 0, "the app client may not read what becomes %s: add the attribute to its ReadAttributes (unless a trigger puts it into the token)", strings.Join(unread, ", "))
	return problems, nil
}

func allows(flows []types.ExplicitAuthFlowsType, flow types.AuthFlowType) bool {
	// The older name of the same: it cannot be together with new ones.
	old := flow == types.AuthFlowTypeAdminUserPasswordAuth && slices.Contains(flows, types.ExplicitAuthFlowsTypeAdminNoSrpAuth)
	return old || slices.Contains(flows, types.ExplicitAuthFlowsType("ALLOW_"+string(flow)))
}

// unread returns what a user would lack whose token has these attributes alone.
// It asks the mapping by a token whose claims are all "true": text, a list of
// one, or a flag, as the mapping wants it.
func (d *Directory) unread(readable []string) ([]string, error) {
	if len(readable) == 0 {
		// Not restricted. Which attributes that means AWS tells in two ways.
		return nil, nil
	}
	token := map[string]any{"sub": "true"}
	for _, name := range readable {
		token[name] = "true"
	}
	user, verified, err := d.mapping.User(token, d.attributes)
	if err != nil {
		return nil, fmt.Errorf("mapping what the client may read: %w", err)
	}
	var unread []string
	for _, field := range []struct {
		what    string
		missing bool
	}{
		{"the email address", user.Email == ""},
		{"whether that is verified", !verified},
		{"the name", user.Name == "" && (user.FirstName == "" || user.LastName == "")},
	} {
		if field.missing {
			unread = append(unread, field.what)
		}
	}
	for _, name := range d.attributes {
		if user.Attributes[name] == "" {
			unread = append(unread, "the attribute "+name)
		}
	}
	return unread, nil
}
