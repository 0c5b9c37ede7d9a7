package cognito

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"deskpro-login/pkg/directory"
)

// Cognito's names of the challenges that a page of ours can ask. EMAIL_MFA is
// in the API's text and not in its list of names, which has EMAIL_OTP:
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminRespondToAuthChallenge.html
const (
	newPasswordChallenge = string(types.ChallengeNameTypeNewPasswordRequired)
	passwordChallenge    = string(types.ChallengeNameTypePassword)
	appChallenge         = string(types.ChallengeNameTypeSoftwareTokenMfa)
	smsChallenge         = string(types.ChallengeNameTypeSmsMfa)
	smsFirstChallenge    = string(types.ChallengeNameTypeSmsOtp)
	emailChallenge       = string(types.ChallengeNameTypeEmailOtp)
	emailMFAChallenge    = "EMAIL_MFA"
	factorChallenge      = string(types.ChallengeNameTypeSelectMfaType)
	firstChallenge       = string(types.ChallengeNameTypeSelectChallenge)
	setupChallenge       = string(types.ChallengeNameTypeMfaSetup)
	customChallenge      = string(types.ChallengeNameTypeCustomChallenge)
)

// Bounds on what is shown of a challenge, and kept between two pages.
const (
	maxDestination   = 100
	maxAttributes    = 25
	maxPrompts       = 5
	maxPromptName    = 40
	maxPromptText    = 200
	attributesPrefix = "userAttributes."
)

// answer is what AdminInitiateAuth and AdminRespondToAuthChallenge both answer.
type answer struct {
	result     *types.AuthenticationResultType
	challenge  string
	parameters map[string]string
	available  []types.ChallengeNameType
	session    string
}

// outcome reads an answer: a challenge, whatever is beside it, or the person, who
// may get one of ours. p is what is known from before.
func (d *Directory) outcome(ctx context.Context, doing action, a answer, p pending) (directory.Outcome, error) {
	if a.challenge == "" {
		if a.result == nil || aws.ToString(a.result.IdToken) == "" {
			return directory.Outcome{}, doing.unavailable(errors.New("answer has neither a challenge nor an ID token"))
		}
		return d.enter(ctx, doing, *a.result, p)
	}
	c, err := a.read()
	if err != nil {
		return directory.Outcome{}, doing.unavailable(fmt.Errorf("reading %s: %w", a.challenge, err))
	}
	// An alias will not do where Cognito tells the internal name. USERNAME is
	// what it calls that in a CUSTOM_CHALLENGE.
	p.Username = cmp.Or(a.parameters["USER_ID_FOR_SRP"], a.parameters["USERNAME"], p.Username)
	p.Session = a.session
	if p.Unproved = p.Unproved || a.first(); p.Unproved {
		// Even masked it is of an account: what Cognito makes up is of the login.
		c.Destination = ""
	}
	if c.Step == directory.StepSetup {
		if c.Key, p.Session, err = d.newKey(ctx, doing, cip.AssociateSoftwareTokenInput{Session: aws.String(a.session)}); err != nil {
			return directory.Outcome{}, err
		}
	}
	return directory.Outcome{Challenge: p.posed(c)}, nil
}

// first tells a first factor, which proves nothing yet, from a second. EMAIL_OTP
// can be both, but not for one account: it is a first one if people can begin
// with it.
// https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flows-selection-sdk.html
func (a answer) first() bool {
	switch a.challenge {
	case firstChallenge, passwordChallenge, smsFirstChallenge,
		string(types.ChallengeNameTypePasswordSrp), string(types.ChallengeNameTypeWebAuthn):
		return true
	case emailChallenge:
		return slices.Contains(a.available, types.ChallengeNameTypeEmailOtp)
	}
	return false
}

// read returns a challenge without its State.
func (a answer) read() (directory.Challenge, error) {
	c := directory.Challenge{Kind: a.challenge}
	var err error
	switch a.challenge {
	case newPasswordChallenge:
		c.Step = directory.StepNewPassword
		c.Attributes, err = missingAttributes(a.parameters)
	case passwordChallenge:
		c.Step = directory.StepPassword
	case appChallenge:
		c.Step, c.Medium = directory.StepCode, directory.MediumApp
	case smsChallenge, smsFirstChallenge, emailChallenge, emailMFAChallenge:
		c.Step, c.Medium = directory.StepCode, mediumOf(a.challenge)
		c.Destination = visible(a.parameters["CODE_DELIVERY_DESTINATION"], maxDestination)
	case factorChallenge:
		c.Choices = choices(list(a.parameters["MFAS_CAN_CHOOSE"]))
	case firstChallenge:
		names := list(a.parameters["AVAILABLE_CHALLENGES"])
		for _, name := range a.available {
			names = append(names, string(name))
		}
		c.Choices = choices(names)
	case setupChallenge:
		// A number or an address for codes needs an administrator.
		if slices.Contains(list(a.parameters["MFAS_CAN_SETUP"]), appChallenge) {
			c.Step = directory.StepSetup
		}
	case customChallenge:
		c.Step, c.Question = directory.StepQuestion, question(a.parameters)
	}
	if len(c.Choices) > 0 {
		c.Step = directory.StepChoose
	}
	return c, err
}

// missingAttributes are the required ones that the account does not have:
// Cognito refuses a new value for one that it has.
func missingAttributes(parameters map[string]string) ([]string, error) {
	var required []string
	if text := parameters["requiredAttributes"]; text != "" {
		if err := json.Unmarshal([]byte(text), &required); err != nil {
			return nil, errors.New("requiredAttributes is no list of strings")
		}
	}
	has := map[string]any{}
	if text := parameters["userAttributes"]; text != "" {
		if err := json.Unmarshal([]byte(text), &has); err != nil {
			return nil, errors.New("userAttributes is no object")
		}
	}
	var missing []string
	for _, name := range required {
		name = strings.TrimPrefix(name, attributesPrefix)
		if value := has[name]; value == nil || value == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) > maxAttributes {
		return nil, errors.New("requiredAttributes are too many")
	}
	return missing, nil
}

// choices are those that a page of ours can go on with: no passkey, and no SRP,
// which is for whoever must not see the password.
func choices(names []string) []directory.Choice {
	var kept []directory.Choice
	for _, name := range names {
		choice := directory.Choice{Value: name, Medium: mediumOf(name)}
		if (name == passwordChallenge || choice.Medium != "") && !slices.Contains(kept, choice) {
			kept = append(kept, choice)
		}
	}
	return kept
}

func mediumOf(challenge string) directory.Medium {
	switch challenge {
	case appChallenge:
		return directory.MediumApp
	case smsChallenge, smsFirstChallenge:
		return directory.MediumSMS
	case emailChallenge, emailMFAChallenge:
		return directory.MediumEmail
	}
	return ""
}

// list reads names from a list in a parameter: ["SMS_MFA","SOFTWARE_TOKEN_MFA"].
func list(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(`[]", `, r) })
}

// question is what the pool's own triggers ask, without what Cognito and the
// SDKs put beside it.
func question(parameters map[string]string) []directory.Prompt {
	var prompts []directory.Prompt
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		switch name {
		case "USERNAME", "USER_ID_FOR_SRP", "DEVICE_KEY", "SALT", "SRP_B", "SECRET_BLOCK":
			continue
		}
		prompt := directory.Prompt{Name: visible(name, maxPromptName), Text: visible(parameters[name], maxPromptText)}
		if prompt.Name != "" && prompt.Text != "" && len(prompts) < maxPrompts {
			prompts = append(prompts, prompt)
		}
	}
	return prompts
}
