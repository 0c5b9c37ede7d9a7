package cognito_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/cognito/cognitotest"
)

func TestChallengesAreRead(t *testing.T) {
	choice := func(value string, medium directory.Medium) directory.Choice {
		return directory.Choice{Value: value, Medium: medium}
	}
	many := map[string]string{}
	for i := range 9 {
		many[fmt.Sprintf("p%d", i)] = strings.Repeat("ü", 300)
	}
	for _, row := range []struct {
		name, kind string
		parameters map[string]string
		available  []string
		want       directory.Challenge
	}{
		{name: "an email code by its other name", kind: "EMAIL_MFA", parameters: map[string]string{"CODE_DELIVERY_DESTINATION": "m***@e***"},
			want: directory.Challenge{Step: directory.StepCode, Medium: directory.MediumEmail, Destination: "m***@e***"}},
		{name: "a destination that is more than one", kind: "SMS_MFA", parameters: map[string]string{"CODE_DELIVERY_DESTINATION": "\u202e+**\n" + strings.Repeat("*", 200)},
			want: directory.Challenge{Step: directory.StepCode, Medium: directory.MediumSMS, Destination: "+" + strings.Repeat("*", 99)}},
		{name: "a password", kind: "PASSWORD", want: directory.Challenge{Step: directory.StepPassword}},
		{name: "factors that are known, once each", kind: "SELECT_MFA_TYPE", parameters: map[string]string{"MFAS_CAN_CHOOSE": `["EMAIL_MFA", "SMS_MFA","SMS_MFA","IRIS_SCAN"]`},
			want: directory.Challenge{Step: directory.StepChoose, Choices: []directory.Choice{choice("EMAIL_MFA", directory.MediumEmail), choice("SMS_MFA", directory.MediumSMS)}}},
		{name: "no factor that is known", kind: "SELECT_MFA_TYPE", parameters: map[string]string{"MFAS_CAN_CHOOSE": `["IRIS_SCAN"]`}, want: directory.Challenge{}},
		{name: "first factors, without passkeys and SRP", kind: "SELECT_CHALLENGE", available: []string{"WEB_AUTHN", "PASSWORD_SRP", "PASSWORD", "EMAIL_OTP", "SMS_OTP"},
			want: directory.Challenge{Step: directory.StepChoose, Choices: []directory.Choice{choice("PASSWORD", ""), choice("EMAIL_OTP", directory.MediumEmail), choice("SMS_OTP", directory.MediumSMS)}}},
		{name: "first factors in a parameter", kind: "SELECT_CHALLENGE", parameters: map[string]string{"AVAILABLE_CHALLENGES": `["EMAIL_OTP"]`},
			want: directory.Challenge{Step: directory.StepChoose, Choices: []directory.Choice{choice("EMAIL_OTP", directory.MediumEmail)}}},
		{name: "a passkey alone", kind: "SELECT_CHALLENGE", available: []string{"WEB_AUTHN"}, want: directory.Challenge{}},
		{name: "a phone to set up", kind: "MFA_SETUP", parameters: map[string]string{"MFAS_CAN_SETUP": `["SMS_MFA"]`}, want: directory.Challenge{}},
		{name: "a remembered device", kind: "DEVICE_SRP_AUTH", want: directory.Challenge{}},
		{name: "a passkey", kind: "WEB_AUTHN", want: directory.Challenge{}},
		{name: "a password by SRP", kind: "PASSWORD_SRP", want: directory.Challenge{}},
		{name: "a new password and nothing else", kind: "NEW_PASSWORD_REQUIRED", want: directory.Challenge{Step: directory.StepNewPassword}},
		{name: "details that are not there yet", kind: "NEW_PASSWORD_REQUIRED",
			parameters: map[string]string{"requiredAttributes": `["userAttributes.name","userAttributes.email","userAttributes.locale"]`, "userAttributes": `{"email":"m@example.com","locale":""}`},
			want:       directory.Challenge{Step: directory.StepNewPassword, Attributes: []string{"name", "locale"}}},
		{name: "a question without what is Cognito's", kind: "CUSTOM_CHALLENGE",
			parameters: map[string]string{"USERNAME": "u", "USER_ID_FOR_SRP": "u", "SALT": "s", "b": "two\u202e\n", "a": "one", "empty": "\n"},
			want:       directory.Challenge{Step: directory.StepQuestion, Question: []directory.Prompt{{Name: "a", Text: "one"}, {Name: "b", Text: "two"}}}},
		{name: "a question of bounded length", kind: "CUSTOM_CHALLENGE", parameters: many,
			want: directory.Challenge{Step: directory.StepQuestion, Question: func() (prompts []directory.Prompt) {
				for i := range 5 {
					prompts = append(prompts, directory.Prompt{Name: fmt.Sprintf("p%d", i), Text: strings.Repeat("ü", 200)})
				}
				return prompts
			}()}},
	} {
		t.Run(row.name, func(t *testing.T) {
			body, err := json.Marshal(map[string]any{
				"ChallengeName": row.kind, "ChallengeParameters": row.parameters, "AvailableChallenges": row.available, "Session": "a-session-of-20-chars",
			})
			if err != nil {
				t.Fatal(err)
			}
			pool, d := start(t, cognitotest.Config{AuthFlows: []string{"ALLOW_ADMIN_USER_PASSWORD_AUTH"}})
			pool.Inject(cognitotest.Fault{Body: string(body)})
			got := challenged(t, d, password)
			if len(got.State) == 0 {
				t.Error("no state")
			}
			got.State = nil
			row.want.Kind = row.kind
			if !reflect.DeepEqual(got, row.want) {
				t.Errorf("challenge = %+v,\nwant %+v", got, row.want)
			}
		})
	}
}

func TestChallengesThatCannotBeRead(t *testing.T) {
	for _, parameters := range []string{
		`{"requiredAttributes":"name"}`, `{"requiredAttributes":"[1]"}`, `{"userAttributes":"[]"}`,
		`{"requiredAttributes":"[` + strings.Repeat(`\"a\",`, 30) + `\"a\"]"}`,
	} {
		pool, d := start(t, cognitotest.Config{})
		pool.Inject(cognitotest.Fault{Body: `{"ChallengeName":"NEW_PASSWORD_REQUIRED","Session":"s","ChallengeParameters":` + parameters + `}`})
		_, err := d.Authenticate(t.Context(), typed(login, password))
		wantOnly(t, err, directory.ErrUnavailable)
	}
}

// Cognito wants the answer for the name by which it knows the account.
func TestAnAnswerIsForTheInternalUsername(t *testing.T) {
	for parameters, want := range map[string]string{
		`{"USERNAME":"internal"}`:                        "internal",
		`{"USERNAME":"alias","USER_ID_FOR_SRP":"by-id"}`: "by-id",
		`{}`: login,
	} {
		pool, d := start(t, cognitotest.Config{})
		pool.Inject(cognitotest.Fault{Body: `{"ChallengeName":"CUSTOM_CHALLENGE","Session":"s","ChallengeParameters":` + parameters + `}`})
		if c := challenged(t, d, password); !strings.Contains(string(c.State), `"username":"`+want+`"`) {
			t.Errorf("%s: state %s, want the username %s", parameters, c.State, want)
		}
	}
}
