package cognito

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"deskpro-login/pkg/directory"
)

func TestASealedSecretIsInTheStateAlone(t *testing.T) {
	const secret = "swordfish"
	p := pending{
		Challenge: changePassword, Username: "u", course: course{Want: directory.WantPassword, Password: secret, Typed: true},
		Entered: &entered{Token: secret, User: directory.User{ID: "u"}},
	}
	for _, text := range []string{fmt.Sprintf("%v %+v %#v", p, p, p), fmt.Sprintf("%v %+v %#v", *p.Entered, *p.Entered, *p.Entered), fmt.Sprintf("%s %q %x", p.Password, p.Password, p.Password)} {
		if strings.Contains(text, secret) || strings.Contains(text, "73776f7264") {
			t.Errorf("it is shown: %s", text)
		}
	}
	encoded, err := json.Marshal(p)
	if err != nil || strings.Count(string(encoded), secret) != 2 {
		t.Fatalf("the state is %s, %v", encoded, err)
	}
	got, ok := parsePending(directory.Challenge{Kind: changePassword, State: encoded})
	if !ok || !reflect.DeepEqual(got, p) {
		t.Errorf("read back: %t", ok)
	}
}
