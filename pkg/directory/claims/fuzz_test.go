package claims_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"deskpro-login/pkg/directory/claims"
)

// Whatever a token says: who somebody is comes from the mapped claims alone, as
// they are; groups are never more than the claim has; and no error quotes a value.
func FuzzUser(f *testing.F) {
	f.Add(token, "")
	f.Add(token, "groups=custom:roles\nid=custom:staff_no")
	f.Add(token, "groups=custom:coded\ndepartment=custom:department\nodd=odd")
	f.Add(token, "groups=custom:bad")
	f.Add(token, "email=custom:work_email\nemail_verified=custom:work_email_ok")
	f.Add(`{"sub":1,"Sub":"s","SUB":"t"}`, "")
	f.Add(`{"sub":"s","email":"needle","email_verified":"TRUE","cognito:groups":["a","a",""]}`, "")
	f.Add(`{"sub":"s","g":"[a%2Cb, c+d,,%5Badmins%5D]","email_verified":1}`, "groups=g")
	f.Add(`{"sub":"s","g":"[]]"}`, "groups=g\nname=g")
	f.Fuzz(func(t *testing.T, said, pairs string) {
		var all map[string]any
		if json.Unmarshal([]byte(said), &all) != nil {
			return
		}
		var given []string
		if pairs != "" {
			given = strings.Split(pairs, "\n")
		}
		mapping, err := claims.Parse(given)
		if err != nil {
			return
		}
		from := map[string]string{"id": "sub", "email": "email", "email_verified": "email_verified", "groups": "cognito:groups"}
		for _, pair := range given {
			ours, claim, _ := strings.Cut(pair, "=")
			from[ours] = claim
		}
		if from["id"] == from["email"] || from["id"] == "email" || from["email"] != "email" && from["email_verified"] == "email_verified" {
			t.Errorf("%q is a mapping", pairs)
		}
		user, verified, err := mapping.User(all, append(mapping.Attributes(), "department"))
		if err != nil {
			if user != nil || verified {
				t.Errorf("%+v, %t beside %v", user, verified, err)
			}
			for _, value := range all {
				if text, ok := value.(string); ok && len(text) > 5 && strings.Contains(err.Error(), text) && !strings.Contains(pairs, text) {
					t.Errorf("the error has the value %q: %v", text, err)
				}
			}
			return
		}
		for field, got := range map[string]string{"id": user.ID, "email": user.Email} {
			if text, _ := all[from[field]].(string); got != text {
				t.Errorf("%s is %q, and claim %s %q", field, got, from[field], text)
			}
		}
		if flag := all[from["email_verified"]]; verified != (flag == true || flag == "true") {
			t.Errorf("verified is %t by %v", verified, flag)
		}
		switch value := all[from["groups"]].(type) {
		case []any:
			for i, group := range user.Groups {
				if group != value[i] {
					t.Errorf("group %q of %v", group, value)
				}
			}
			if len(user.Groups) != len(value) {
				t.Errorf("%d groups of %v", len(user.Groups), value)
			}
		case string:
			listed := strings.HasPrefix(value, "[") && strings.HasSuffix(value, "]")
			if most := 1 + strings.Count(value, ","); len(user.Groups) > most || !listed && len(user.Groups) > 0 && !slices.Equal(user.Groups, []string{value}) {
				t.Errorf("groups %q of %q", user.Groups, value)
			}
		default:
			if len(user.Groups) > 0 {
				t.Errorf("groups %q of %v", user.Groups, value)
			}
		}
	})
}
