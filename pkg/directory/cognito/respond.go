package cognito

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"deskpro-login/pkg/directory"
)

// The digits of a code. An app's has six (SoftwareTokenMFAUserCodeType); those
// that Cognito sends have six, and eight as the first factor.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_VerifySoftwareToken.html
const (
	appDigits     = 6
	leastDigits   = 6
	longestDigits = 8
)

// Respond implements directory.Authenticator. An answer that is none of the
// choices brings the same challenge again.
func (d *Directory) Respond(ctx context.Context, c directory.Challenge, a directory.Answer) (directory.Outcome, error) {
	p, ok := parsePending(c)
	if !ok {
		return directory.Outcome{}, answering.over("a challenge that Cognito did not pose")
	}
	if p.Entered != nil {
		return d.change(ctx, c, p, a)
	}
	if c.Kind == setupChallenge {
		return d.finishSetup(ctx, c, p, a)
	}
	if c.Kind == firstChallenge || c.Kind == factorChallenge {
		offered := func(choice directory.Choice) bool { return choice.Value == a.Choice }
		if !slices.ContainsFunc(c.Choices, offered) {
			return directory.Outcome{Challenge: &c}, nil
		}
	}
	if c.Kind == firstChallenge && a.Choice == passwordChallenge {
		// It is sent with the password.
		p.Chosen = true
		return directory.Outcome{Challenge: p.posed(directory.Challenge{Kind: passwordChallenge, Step: directory.StepPassword})}, nil
	}
	responses, err := p.responses(c, a)
	if err != nil {
		return directory.Outcome{}, err
	}
	return d.send(ctx, p, responses, a.Client)
}

// responses are what Cognito wants of an answer. It refuses, unsent, what
// cannot be right.
func (p pending) responses(c directory.Challenge, a directory.Answer) (map[string]string, error) {
	switch p.Challenge {
	case appChallenge, smsChallenge, smsFirstChallenge, emailChallenge, emailMFAChallenge:
		least, most := leastDigits, longestDigits
		if p.Challenge == appChallenge {
			least, most = appDigits, appDigits
		}
		code, ok := digitsOf(a.Code, least, most)
		if !ok {
			return nil, answering.because("unsent", directory.ErrWrongCode)
		}
		return map[string]string{p.Challenge + "_CODE": code}, nil

	case newPasswordChallenge:
		return newPassword(c, a)

	case passwordChallenge:
		password := a.Password.Reveal()
		if !possiblePassword(password) {
			return nil, &directory.Refusal{Reason: directory.ReasonUnspecified}
		}
		if p.Chosen {
			return map[string]string{"ANSWER": passwordChallenge, "PASSWORD": password}, nil
		}
		return map[string]string{"PASSWORD": password}, nil

	case firstChallenge, factorChallenge:
		return map[string]string{"ANSWER": a.Choice}, nil

	case customChallenge:
		// What a right answer looks like only the pool's triggers know.
		if text := a.Text.Reveal(); text != "" && utf8.ValidString(text) {
			return map[string]string{"ANSWER": text}, nil
		}
		return nil, answering.because("unsent", directory.ErrWrongCode)
	}
	return nil, answering.over("no page of ours asks " + p.Challenge)
}

func newPassword(c directory.Challenge, a directory.Answer) (map[string]string, error) {
	password := a.Password.Reveal()
	if !fitPassword(password) {
		return nil, answering.because("unsent", &directory.UnfitPassword{})
	}
	responses := map[string]string{"NEW_PASSWORD": password}
	for _, name := range c.Attributes {
		value := strings.TrimSpace(a.Attributes[name])
		if !possible(value, maxAttribute) {
			return nil, answering.because("unsent", directory.ErrUnfitAttribute)
		}
		responses[attributesPrefix+name] = value
	}
	return responses, nil
}

// send answers a challenge, for p's username.
func (d *Directory) send(ctx context.Context, p pending, responses map[string]string, client directory.Client) (directory.Outcome, error) {
	responses["USERNAME"] = p.Username
	if err := d.addHash(ctx, answering, responses); err != nil {
		return directory.Outcome{}, err
	}
	challenge := p.Challenge
	if p.Chosen {
		challenge = firstChallenge
	}
	out, err := d.respond(ctx, &cip.AdminRespondToAuthChallengeInput{
		ChallengeName:      types.ChallengeNameType(challenge),
		ChallengeResponses: responses,
		Session:            aws.String(p.Session),
		UserPoolId:         aws.String(d.poolID),
		ClientId:           aws.String(d.clientID),
		ContextData:        contextData(client),
	})
	if err != nil {
		return directory.Outcome{}, answerError(err, p, responses)
	}
	return d.outcome(ctx, answering, answer{
		result: out.AuthenticationResult, challenge: string(out.ChallengeName),
		parameters: out.ChallengeParameters, session: aws.ToString(out.Session),
	}, pending{
		Username: p.Username,
		// A choice alone proves nothing.
		Unproved: p.Unproved && p.Challenge == firstChallenge,
		course:   p.course.after(p.Challenge, responses),
	})
}
