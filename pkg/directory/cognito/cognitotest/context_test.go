package cognitotest_test

import (
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"deskpro-login/pkg/directory/cognito/cognitotest"
)

func told() *types.ContextDataType {
	return &types.ContextDataType{
		IpAddress: aws.String("192.0.2.7"), ServerName: aws.String("login.example.com"), ServerPath: aws.String("/users/login"),
		HttpHeaders: []types.HttpHeader{{HeaderName: aws.String("User-Agent"), HeaderValue: aws.String("Browser/1")}},
		EncodedData: aws.String("ZGV2aWNl"),
	}
}

func TestWhatACallTellsIsKept(t *testing.T) {
	c := newCaller(t, cognitotest.Config{ClientSecret: "shhh", PropagateContext: true})
	c.pool.Add(user(func(u *cognitotest.User) { u.TOTP = totpKey }))
	if _, err := c.initiate(t, login, password, func(in *cip.AdminInitiateAuthInput) { in.ContextData = told() }); err != nil {
		t.Fatal(err)
	}
	want := cognitotest.Context{
		Operation: "AdminInitiateAuth", IPAddress: "192.0.2.7", ServerName: "login.example.com", ServerPath: "/users/login",
		Headers: []cognitotest.Header{{Name: "User-Agent", Value: "Browser/1"}}, EncodedData: "ZGV2aWNl",
	}
	if got := c.pool.LastContext(); !reflect.DeepEqual(got, want) {
		t.Errorf("context = %+v, want %+v", got, want)
	}
	p := c.begin(t, login)
	if got, want := c.pool.LastContext(), (cognitotest.Context{Operation: "AdminInitiateAuth"}); !reflect.DeepEqual(got, want) {
		t.Errorf("context = %+v, want %+v", got, want)
	}
	_, err := c.AdminRespondToAuthChallenge(t.Context(), &cip.AdminRespondToAuthChallengeInput{
		ChallengeName: p.name, UserPoolId: aws.String(c.pool.PoolID()), ClientId: aws.String(c.pool.ClientID()), Session: p.session,
		ChallengeResponses: c.parameters(p.parameters["USER_ID_FOR_SRP"], "SOFTWARE_TOKEN_MFA_CODE", "x"), ContextData: told(),
	})
	wantException(t, err, "CodeMismatchException: Invalid code received for user")
	want.Operation = "AdminRespondToAuthChallenge"
	if got := c.pool.LastContext(); !reflect.DeepEqual(got, want) {
		t.Errorf("context = %+v, want %+v", got, want)
	}
	if _, err := c.ForgotPassword(t.Context(), &cip.ForgotPasswordInput{
		ClientId: aws.String(c.pool.ClientID()), Username: aws.String(login), SecretHash: c.hash(login),
		UserContextData: &types.UserContextDataType{IpAddress: aws.String("2001:db8::7"), EncodedData: aws.String("ZGV2aWNl")},
	}); err != nil {
		t.Fatal(err)
	}
	want = cognitotest.Context{Operation: "ForgotPassword", IPAddress: "2001:db8::7", EncodedData: "ZGV2aWNl"}
	if got := c.pool.LastContext(); !reflect.DeepEqual(got, want) {
		t.Errorf("context = %+v, want %+v", got, want)
	}
}

func TestTheShapeOfAContextIsChecked(t *testing.T) {
	c := newCaller(t, cognitotest.Config{})
	c.pool.Add(mara())
	for _, row := range []struct {
		name   string
		change func(*types.ContextDataType)
		want   string
	}{
		{"an empty address", func(d *types.ContextDataType) { d.IpAddress = aws.String("") }, "InvalidParameterException: 1 validation error detected: Value null at 'contextData.ipAddress' failed to satisfy constraint: Member must not be null"},
		{"an address with a port", func(d *types.ContextDataType) { d.IpAddress = aws.String("192.0.2.7:1") }, "InvalidParameterException: The context data's IP address is none"},
		{"an empty server", func(d *types.ContextDataType) { d.ServerName = aws.String("") }, "InvalidParameterException: 1 validation error detected: Value null at 'contextData.serverName' failed to satisfy constraint: Member must not be null"},
		{"an empty path", func(d *types.ContextDataType) { d.ServerPath = aws.String("") }, "InvalidParameterException: 1 validation error detected: Value null at 'contextData.serverPath' failed to satisfy constraint: Member must not be null"},
		{"a header without a value", func(d *types.ContextDataType) { d.HttpHeaders[0].HeaderValue = nil }, "InvalidParameterException: A header of the context data has no name or no value"},
	} {
		t.Run(row.name, func(t *testing.T) {
			data := told()
			row.change(data)
			_, err := c.initiate(t, login, password, func(in *cip.AdminInitiateAuthInput) { in.ContextData = data })
			wantException(t, err, row.want)
		})
	}
	empty := told()
	empty.HttpHeaders, empty.EncodedData = []types.HttpHeader{}, nil
	if _, err := c.initiate(t, login, password, func(in *cip.AdminInitiateAuthInput) { in.ContextData = empty }); err != nil {
		t.Errorf("an empty list of headers: %v", err)
	}
}

func TestAnAddressIsForClientsThatMaySendOne(t *testing.T) {
	c := newCaller(t, cognitotest.Config{ClientSecret: "shhh"})
	c.pool.Add(mara())
	call := func(data *types.UserContextDataType) error {
		_, err := c.ForgotPassword(t.Context(), &cip.ForgotPasswordInput{
			ClientId: aws.String(c.pool.ClientID()), Username: aws.String(login), SecretHash: c.hash(login), UserContextData: data,
		})
		return err
	}
	wantException(t, call(&types.UserContextDataType{IpAddress: aws.String("192.0.2.7")}),
		"InvalidParameterException: Client 1practice2client3 may not send an IP address: EnablePropagateAdditionalUserContextData is off")
	if err := call(&types.UserContextDataType{EncodedData: aws.String("ZGV2aWNl")}); err != nil {
		t.Errorf("a device alone: %v", err)
	}
	if pool, err := cognitotest.New(cognitotest.Config{PropagateContext: true}); err == nil {
		pool.Close()
		t.Error("a client without a secret may send addresses")
	}
}
