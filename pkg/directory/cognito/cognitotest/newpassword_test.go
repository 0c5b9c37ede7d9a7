package cognitotest_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"deskpro-login/pkg/directory/cognito/cognitotest"
)

func TestRequiredAttributesThatAreMissing(t *testing.T) {
	required := []string{"name", "given_name", "custom:department", "phone_number"}
	start := func(t *testing.T) (caller, posed) {
		t.Helper()
		c := newCaller(t, cognitotest.Config{ClientSecret: "shhh", RequiredAttributes: required})
		c.pool.Add(user(func(u *cognitotest.User) {
			u.Status, u.GivenName, u.Attributes = cognitotest.ForceChangePassword, "", nil
		}))
		p := c.begin(t, login)
		wantChallenge(t, p, nil, types.ChallengeNameTypeNewPasswordRequired)
		return c, p
	}
	with := func(pairs ...string) []string { return append([]string{"NEW_PASSWORD", newPassword}, pairs...) }
	all := func(pairs ...string) []string {
		return with(append([]string{
			"userAttributes.given_name", "Mara", "userAttributes.custom:department", "R&D", "userAttributes.phone_number", "+442079460123",
		}, pairs...)...)
	}
	for _, row := range []struct {
		name      string
		responses []string
		want      string
	}{
		{"none is given", with(), "InvalidParameterException: Invalid attributes given, given_name is missing"},
		{"one is left out", with("userAttributes.given_name", "Mara", "userAttributes.custom:department", "R&D"), "InvalidParameterException: Invalid attributes given, phone_number is missing"},
		{"one is empty", all("userAttributes.given_name", ""), "InvalidParameterException: Invalid attributes given, given_name is missing"},
		{"one that has a value is given", all("userAttributes.name", "Other"), "NotAuthorizedException: Cannot modify an already provided name"},
		{"the address is given again", all("userAttributes.email", login), "NotAuthorizedException: Cannot modify an already provided email"},
		{"one that does not exist is given", all("userAttributes.shoe_size", "40"), "InvalidParameterException: Invalid user attributes: shoe_size: Attribute does not exist in the schema.\n"},
		{"a number is none", all("userAttributes.phone_number", "020 7946 0123"), "InvalidParameterException: Invalid phone number format."},
		{"a date is none", all("userAttributes.birthdate", "1 May"), "InvalidParameterException: Invalid birthdate format, please use YYYY-MM-DD."},
		{"one is outside of the prefix", all("given_name", "Mara"), "InvalidParameterException: Unknown parameter given_name"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, p := start(t)
			_, err := c.answer(t, p, row.responses...)
			wantException(t, err, row.want)
			next, err := c.answer(t, p, all("userAttributes.nickname", "M")...)
			wantTokens(t, next, err)
		})
	}

	t.Run("the tester's own map stays as it is", func(t *testing.T) {
		given := map[string]string{"locale": "en-IE"}
		c := newCaller(t, cognitotest.Config{})
		c.pool.Add(user(func(u *cognitotest.User) { u.Status, u.Attributes = cognitotest.ForceChangePassword, given }))
		next, err := c.answer(t, c.begin(t, login), with("userAttributes.nickname", "M")...)
		wantTokens(t, next, err)
		if len(given) != 1 {
			t.Errorf("it is %v", given)
		}
	})

	t.Run("they are told and kept", func(t *testing.T) {
		c, p := start(t)
		if got, want := p.parameters["requiredAttributes"], `["userAttributes.given_name","userAttributes.custom:department","userAttributes.phone_number"]`; got != want {
			t.Errorf("requiredAttributes = %s, want %s", got, want)
		}
		if got, want := p.parameters["userAttributes"], `{"email":"mara@example.com","email_verified":"true","family_name":"Ó Briain","name":"Mara Ó Briain"}`; got != want {
			t.Errorf("userAttributes = %s, want %s", got, want)
		}
		next, err := c.answer(t, p, all()...)
		wantTokens(t, next, err)
		read := claims(t, *next.result.IdToken)
		if read["given_name"] != "Mara" || read["custom:department"] != "R&D" || read["phone_number"] != "+442079460123" {
			t.Errorf("claims = %v", read)
		}
		_, err = c.answer(t, p, all()...)
		wantException(t, err, usedSession)
	})
}

func TestATemporaryPasswordTakesMoreTriesThanACode(t *testing.T) {
	c := newCaller(t, cognitotest.Config{})
	c.pool.Add(user(func(u *cognitotest.User) { u.Status = cognitotest.ForceChangePassword }))
	p := c.begin(t, login)
	if got := p.parameters["requiredAttributes"]; got != "[]" {
		t.Errorf("requiredAttributes = %s, want none", got)
	}
	for range 6 {
		_, err := c.answer(t, p, "NEW_PASSWORD", "brand-new 7!")
		wantException(t, err, "InvalidPasswordException: Password did not conform with policy: Password must have uppercase characters")
	}
	next, err := c.answer(t, p, "NEW_PASSWORD", newPassword)
	wantTokens(t, next, err)
}
