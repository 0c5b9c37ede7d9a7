package cognitotest_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/golang-jwt/jwt/v5"
)

const (
	badSession  = "NotAuthorizedException: Invalid session for the user."
	usedSession = "NotAuthorizedException: Invalid session for the user, session can only be used once."
	oldSession  = "NotAuthorizedException: Invalid session for the user, session is expired."
	badCode     = "CodeMismatchException: Invalid code or auth state for the user."
)

var totpKey = []byte("12345678901234567890")

// claims reads a token without verifying it.
func claims(t *testing.T, token string) jwt.MapClaims {
	t.Helper()
	read := jwt.MapClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(token, read); err != nil {
		t.Fatalf("reading a token: %v", err)
	}
	return read
}

// posed is a challenge, whichever operation posed it.
type posed struct {
	name       types.ChallengeNameType
	session    *string
	parameters map[string]string
	available  []types.ChallengeNameType
	result     *types.AuthenticationResultType
}

// begin signs in with the right password.
func (c caller) begin(t *testing.T, username string) posed {
	t.Helper()
	out, err := c.initiate(t, username, password)
	if err != nil {
		t.Fatalf("AdminInitiateAuth: %v", err)
	}
	return posed{out.ChallengeName, out.Session, out.ChallengeParameters, out.AvailableChallenges, out.AuthenticationResult}
}

// answer answers p for the username that it tells.
func (c caller) answer(t *testing.T, p posed, responses ...string) (posed, error) {
	t.Helper()
	return c.answerFor(t, p, p.parameters["USER_ID_FOR_SRP"], responses...)
}

func (c caller) answerFor(t *testing.T, p posed, username string, responses ...string) (posed, error) {
	t.Helper()
	out, err := c.respond(t, p.name, p.session, c.parameters(username, responses...))
	if err != nil {
		return posed{}, err
	}
	return posed{name: out.ChallengeName, session: out.Session, parameters: out.ChallengeParameters, result: out.AuthenticationResult}, nil
}

func wantChallenge(t *testing.T, got posed, err error, want types.ChallengeNameType) {
	t.Helper()
	if err != nil || got.name != want || got.result != nil || got.session == nil {
		t.Fatalf("got %+v, %v, want %s alone", got, err, want)
	}
}

func wantTokens(t *testing.T, got posed, err error) {
	t.Helper()
	if err != nil || got.name != "" || got.result == nil || got.session != nil {
		t.Fatalf("got %+v, %v, want tokens alone", got, err)
	}
}
