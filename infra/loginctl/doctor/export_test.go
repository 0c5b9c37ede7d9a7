package doctor

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Rule is a check and the ways in which it may not be well.
type Rule struct {
	ID                     string
	CanWarn, CanFail, Miss bool
}

// Rules are all.
func Rules() []Rule {
	var all []Rule
	for _, r := range rules {
		all = append(all, Rule{r.id, r.can&canWarn != 0, r.can&canFail != 0, r.can&canMiss != 0})
	}
	return all
}

// RuleOf is the one that a finding is of.
func RuleOf(f Finding) string { return f.rule }

// ParameterOf is the template's name for a variable.
func ParameterOf(variable string) string { return parameterOf(variable) }

// DomainOf is what somebody has registered.
func DomainOf(host string) string { return domainOf(host) }

// Run makes checks that tell when they begin.
func Run(ctx context.Context, checks []func(context.Context)) {
	var all []check
	for _, c := range checks {
		all = append(all, func(ctx context.Context, _ *report) { c(ctx) })
	}
	run(ctx, all)
}

// Settings are the variables of which findings say how they are set.
func Settings() []string {
	return []string{
		"USERS_DESKPRO_URL", "USERS_RETURN_ORIGINS", "USERS_ATTRIBUTES", "USERS_GROUP", "USERS_SECRET", "AGENTS_GROUP", "TOKEN_LIFETIME", "SESSION_IDLE", "SESSION_ABSOLUTE",
		"GUESSES_FREE", "GUESSES_FIRST_WAIT", "GUESSES_LONGEST_WAIT", "GUESSES_MOST", "GUESSES_OF_SOURCE", "KNOWN_BROWSER_FOR", "REFUSAL_TIME",
		"FRAME_ANCESTORS", "ROTATION_WINDOW", "FACTOR_SECRET", "FACTOR_GROUPS", "ACCOUNTS_TABLE", "COGNITO_USER_POOL_ID", "COGNITO_CLIENT_ID", "COGNITO_CLIENT_SECRET",
	}
}

// OperationOf examines an API and alarms of these names, and nothing else.
func OperationOf(ctx context.Context, cfg aws.Config, api string, alarms ...string) []Finding {
	d := &doctor{cfg: Config{AWS: &cfg, Stack: "made-up"}, clients: newClients(cfg), site: site{resources: map[string]resource{"Api": {"AWS::ApiGatewayV2::Api", api}}}}
	for _, name := range alarms {
		d.resources[name] = resource{alarmKind, name}
	}
	return run(ctx, []check{d.checkAlarms, d.checkThrottle})
}
