package cognito_test

import (
	"strings"
	"testing"

	"deskpro-login/pkg/directory/cognito"
)

func TestNewReportsAllThatIsWrong(t *testing.T) {
	_, err := cognito.New(cognito.Config{
		UserPoolID: "eu-west-1", ClientID: "with space",
		Attributes: []string{"team", ""}, Flow: "USER_SRP_AUTH",
	})
	if err == nil {
		t.Fatal("New succeeded")
	}
	for _, want := range []string{
		`user pool id "eu-west-1"`, `client id "with space"`, "attribute's name", `flow "USER_SRP_AUTH"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error lacks %q:\n%v", want, err)
		}
	}
}
