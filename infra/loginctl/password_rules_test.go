package main

import (
	"context"
	"errors"
	"testing"

	"deskpro-login/infra/loginctl/stack"
	"deskpro-login/pkg/password"
	"deskpro-login/pkg/redact"
)

func TestNewPasswordsAreJudgedAsTheSignInPageDoes(t *testing.T) {
	s := &site{passwords: stack.Passwords{MinLength: 18, Words: []string{"Sprocket Ltd", "acme.deskpro.com"}}}
	for _, row := range []struct {
		name     string
		rules    passwordRules
		site     *site
		password string
		fit      bool
	}{
		{"as long as the stack asks", passwordRules{}, s, "a green door, 3 sea", true},
		{"shorter", passwordRules{}, s, "a green door, sea", false},
		{"shorter, as the flag allows", passwordRules{least: 15}, s, "a green door, sea", true},
		{"shorter than the flag asks", passwordRules{least: 30}, s, "a green door, 3 sea", false},
		{"the stack's word", passwordRules{}, s, "sprocket-ltd-2026-x", false},
		{"the helpdesk's host", passwordRules{}, s, "acme.deskpro.com/123", false},
		{"the flag's word", passwordRules{words: []string{"roadrunner"}}, s, "roadrunner roadrun 1", false},
		{"the stack's word beside the flag's", passwordRules{words: []string{"roadrunner"}}, s, "sprocket-ltd-2026-x", false},
		{"no stack", passwordRules{}, &site{}, "sprocket-ltd-26", true},
		{"no stack, and short", passwordRules{}, &site{}, "a green door 3", false},
	} {
		policy, err := row.rules.policy(row.site, func(note string) { t.Errorf("%s: %s", row.name, note) })
		if err != nil {
			t.Fatal(err)
		}
		err = policy.Check(t.Context(), redact.New(row.password), nil, false)
		if _, unfit := errors.AsType[*password.Unfit](err); unfit == row.fit {
			t.Errorf("%s: %v, want it taken: %v", row.name, err, row.fit)
		}
	}
}

// What is leaked is refused; who does not answer is asked once.
func TestLeakedPasswordsAreLookedUpUntilThereIsNoAnswer(t *testing.T) {
	asked, told := 0, 0
	answer := []struct {
		known bool
		err   error
	}{{true, nil}, {false, nil}, {false, errors.New("no route")}, {true, nil}}
	ask := untilUnanswered(func(context.Context, redact.Secret) (bool, error) {
		asked++
		return answer[asked-1].known, answer[asked-1].err
	}, func(error) { told++ })
	for i, want := range []bool{true, false, false, false, false} {
		if known, err := ask(t.Context(), redact.New("a green door, by the sea")); known != want || err != nil {
			t.Errorf("%d: known %v, %v, want %v", i, known, err, want)
		}
	}
	if asked != 3 || told != 1 {
		t.Errorf("asked %d times and told %d, want 3 and once", asked, told)
	}
}
