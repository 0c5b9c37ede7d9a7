package cognito

import (
	"net/netip"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"deskpro-login/pkg/directory"
)

// maxContext is StringType's length, in characters: that of each thing that
// Cognito's threat protection is told.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ContextDataType.html
const maxContext = 131072

// contextData is what the Admin operations tell of a client. All but the device
// is required, so what there is none of is a dash: a client that sends no
// headers must not thereby go unseen.
func contextData(c directory.Client) *types.ContextDataType {
	address := addressOf(c)
	if address == nil {
		return nil
	}
	var headers []types.HttpHeader
	for _, h := range c.Headers {
		if possible(h.Name, maxContext) && possible(h.Value, maxContext) {
			headers = append(headers, types.HttpHeader{HeaderName: aws.String(h.Name), HeaderValue: aws.String(h.Value)})
		}
	}
	if len(headers) == 0 {
		headers = []types.HttpHeader{{HeaderName: aws.String("User-Agent"), HeaderValue: orDash("")}}
	}
	return &types.ContextDataType{
		IpAddress: address, ServerName: orDash(c.Host), ServerPath: orDash(c.Path), HttpHeaders: headers, EncodedData: deviceOf(c),
	}
}

func orDash(text string) *string {
	if !possible(text, maxContext) {
		text = "-"
	}
	return &text
}

// userContextData is what the unsigned operations tell. Until Inspect has found
// that the client accepts an address it is the device alone.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-viewing-threat-protection-app.html
func (d *Directory) userContextData(c directory.Client) *types.UserContextDataType {
	data := &types.UserContextDataType{EncodedData: deviceOf(c)}
	if d.tellAddress.Load() {
		data.IpAddress = addressOf(c)
	}
	if data.EncodedData == nil && data.IpAddress == nil {
		return nil
	}
	return data
}

// addressOf is nil where there is no plain address: Cognito refuses others.
func addressOf(c directory.Client) *string {
	address, err := netip.ParseAddr(c.Address)
	if err != nil || address.Zone() != "" {
		return nil
	}
	return aws.String(address.Unmap().String())
}

func deviceOf(c directory.Client) *string {
	if c.Device == "" || !utf8.ValidString(c.Device) || len(c.Device) > maxContext {
		return nil
	}
	return aws.String(c.Device)
}
