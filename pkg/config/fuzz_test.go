package config_test

import (
	"strings"
	"testing"

	"deskpro-login/pkg/config"
)

// Whatever is set, a function has a configuration or a reason, and no reason quotes
// what is set where the name of a secret belongs.
func FuzzLoad(f *testing.F) {
	var whole strings.Builder
	for name, value := range environment(nil) {
		whole.WriteString(name + "=" + value + "\n")
	}
	f.Add(whole.String(), uint8(1))
	for i, line := range []string{
		"USERS_DESKPRO_URL=https://des%E2%84%AApro.com", "USERS_DESKPRO_URL=http://[::1%25lo]:8080/", "SESSION_IDLE=-1h", "SESSION_IDLE=1e9h", "ACCOUNTS_FIELDS=email=mail",
		"USERS_RETURN_ORIGINS=https://* https://b", "USERS_SECRET=hunter2 hunter2", "FACTOR_SECRET=hunter2hunter2", "EDGE_KEYS=00", "DIRECTORY=cognito", "USERS_TOKEN_LIFETIME=9223372036854775807ns",
	} {
		f.Add(line+"\n"+whole.String(), uint8(i))
	}
	f.Fuzz(func(t *testing.T, text string, which uint8) {
		env := map[string]string{}
		for line := range strings.Lines(text) {
			if name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "="); ok && env[name] == "" {
				env[name] = value
			}
		}
		const secret = "needle-\x00-needle"
		for _, name := range []string{"COGNITO_CLIENT_SECRET", "FACTOR_SECRET"} {
			if env[name] != "" {
				env[name] = secret
			}
		}
		_, err := config.Load(functions[int(which)%len(functions)], func(name string) string { return env[name] })
		if err == nil {
			return
		}
		if err.Error() == "" || strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "needle") {
			t.Errorf("the reason is %q", err)
		}
	})
}
