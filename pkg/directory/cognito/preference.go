package cognito

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// preferApp turns the app on, before other factors, or off. It names no other
// factor: Cognito refuses to turn off one that the account does not have
// (amplify-js issue 5766).
func (d *Directory) preferApp(ctx context.Context, p pending, on bool) error {
	_, err := d.prefer(ctx, &cip.SetUserMFAPreferenceInput{
		AccessToken: p.Entered.token(), SoftwareTokenMfaSettings: &types.SoftwareTokenMfaSettingsType{Enabled: on, PreferredMfa: on},
	}, whole)
	return err
}

// whole sends the settings that are false, too. The SDK leaves them out, and AWS
// does not say what becomes of a setting that is left out: an app that should go
// might stay.
func whole(o *cip.Options) {
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Serialize.Insert(middleware.SerializeMiddlewareFunc("WholePreference", serializeWhole), "OperationSerializer", middleware.After)
	})
}

func serializeWhole(ctx context.Context, in middleware.SerializeInput, next middleware.SerializeHandler) (middleware.SerializeOutput, middleware.Metadata, error) {
	request, ok := in.Request.(*smithyhttp.Request)
	asked, isOurs := in.Parameters.(*cip.SetUserMFAPreferenceInput)
	if !ok || !isOurs {
		return middleware.SerializeOutput{}, middleware.Metadata{}, fmt.Errorf("serializing a preference: it is a %T", in.Parameters)
	}
	body, err := json.Marshal(map[string]any{"AccessToken": asked.AccessToken, "SoftwareTokenMfaSettings": asked.SoftwareTokenMfaSettings})
	if err != nil {
		return middleware.SerializeOutput{}, middleware.Metadata{}, fmt.Errorf("serializing a preference: %w", err)
	}
	if in.Request, err = request.SetStream(bytes.NewReader(body)); err != nil {
		return middleware.SerializeOutput{}, middleware.Metadata{}, fmt.Errorf("serializing a preference: %w", err)
	}
	return next.HandleSerialize(ctx, in)
}
