package cognitotest_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"deskpro-login/pkg/directory/cognito/cognitotest"
)

func asked(u *cognitotest.User) {
	u.Custom = []cognitotest.Question{
		{Parameters: map[string]string{"question": "Six by seven?"}, Answer: "42"},
		{Parameters: map[string]string{"picture": "https://example.com/1.png"}, Answer: "ship"},
	}
}

func TestQuestionsAreAskedInTurn(t *testing.T) {
	c := newCaller(t, cognitotest.Config{ClientSecret: "shhh"})
	sub := c.pool.Add(user(asked))
	p := c.begin(t, login)
	wantChallenge(t, p, nil, types.ChallengeNameTypeCustomChallenge)
	if p.parameters["question"] != "Six by seven?" || p.parameters["USERNAME"] != sub {
		t.Errorf("parameters = %v", p.parameters)
	}
	_, err := c.answer(t, p)
	wantException(t, err, "InvalidParameterException: Missing required parameter ANSWER")
	again, err := c.answer(t, p, "ANSWER", "41")
	wantChallenge(t, again, err, types.ChallengeNameTypeCustomChallenge)
	if *again.session == *p.session || again.parameters["question"] != "Six by seven?" {
		t.Errorf("after a wrong answer: %+v, want the same question in a new session", again)
	}
	_, err = c.answer(t, p, "ANSWER", "42")
	wantException(t, err, usedSession)
	next, err := c.answer(t, again, "ANSWER", "42")
	wantChallenge(t, next, err, types.ChallengeNameTypeCustomChallenge)
	if next.parameters["picture"] == "" {
		t.Errorf("parameters = %v, want the second question's", next.parameters)
	}
	last, err := c.answer(t, next, "ANSWER", "ship")
	wantTokens(t, last, err)
}

func TestThreeWrongAnswersEndASignIn(t *testing.T) {
	c := newCaller(t, cognitotest.Config{})
	c.pool.Add(user(asked))
	p := c.begin(t, login)
	for range 2 {
		var err error
		p, err = c.answer(t, p, "ANSWER", "41")
		wantChallenge(t, p, err, types.ChallengeNameTypeCustomChallenge)
	}
	_, err := c.answer(t, p, "ANSWER", "41")
	wantException(t, err, wrongLogin)
	_, err = c.answer(t, p, "ANSWER", "42")
	wantException(t, err, usedSession)
}

func TestQuestionsComeLast(t *testing.T) {
	c := newCaller(t, cognitotest.Config{})
	c.pool.Add(user(func(u *cognitotest.User) {
		asked(u)
		u.Status, u.Phone, u.SMS = cognitotest.ForceChangePassword, "+442079460123", true
	}))
	p := c.begin(t, login)
	wantChallenge(t, p, nil, types.ChallengeNameTypeNewPasswordRequired)
	p, err := c.answer(t, p, "NEW_PASSWORD", newPassword)
	wantChallenge(t, p, err, types.ChallengeNameTypeSmsMfa)
	p, err = c.answer(t, p, "SMS_MFA_CODE", c.pool.Message(t, login).Code)
	wantChallenge(t, p, err, types.ChallengeNameTypeCustomChallenge)
}
