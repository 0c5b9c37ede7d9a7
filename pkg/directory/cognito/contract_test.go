package cognito_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"deskpro-login/pkg/directory/cognito"
	"deskpro-login/pkg/directory/cognito/cognitotest"
	"deskpro-login/pkg/directory/directorytest"
	"deskpro-login/pkg/redact"
)

func TestContract(t *testing.T) {
	for _, row := range []struct {
		name, flow string
		pool       cognitotest.Config
	}{
		{"a client with a secret that hides unknown logins", "", cognitotest.Config{ClientSecret: "shhh", HideUnknown: true}},
		{"a client without a secret that tells them", "", cognitotest.Config{}},
		{"a client with a choice of factors", "USER_AUTH", cognitotest.Config{HideUnknown: true, AuthFlows: []string{"ALLOW_USER_AUTH"}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			// The suite fails more often than the lock-out allows.
			row.pool.NoLockout = true
			directorytest.Run(t, func(t *testing.T, accounts []directorytest.Account) directorytest.Directory {
				pool := cognitotest.Start(t, row.pool)
				attributes := map[string]bool{}
				for _, a := range accounts {
					user := cognitotest.User{
						Username: a.Login, Password: a.Password, Email: a.Email, EmailVerified: a.EmailVerified,
						Name: a.Name, GivenName: a.FirstName, FamilyName: a.LastName,
						Groups: a.Groups, Disabled: a.Disabled, Attributes: map[string]string{},
					}
					for name, value := range a.Attributes {
						user.Attributes["custom:"+name] = value
						attributes[name] = true
					}
					pool.Add(user)
				}
				config := configFor(pool, row.pool)
				config.Flow = row.flow
				for name := range attributes {
					config.Attributes = append(config.Attributes, name)
				}
				return directorytest.Directory{
					Authenticator: open(t, config),
					ChangeEmail: func(t *testing.T, login, email string) {
						pool.Edit(t, login, func(u *cognitotest.User) { u.Email, u.EmailVerified = email, true })
					},
				}
			})
		})
	}
}

func configFor(pool *cognitotest.Server, settings cognitotest.Config) cognito.Config {
	config := pool.AWS()
	config.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxBackoff = time.Millisecond })
	}
	return cognito.Config{
		AWS: config, UserPoolID: pool.PoolID(), ClientID: pool.ClientID(),
		ClientSecret: given(settings.ClientSecret), Now: settings.Now,
	}
}

// given returns what fetches secret, nil for none.
func given(secret string) func(context.Context) (redact.Secret, error) {
	if secret == "" {
		return nil
	}
	return func(context.Context) (redact.Secret, error) { return redact.New(secret), nil }
}

func open(t *testing.T, config cognito.Config) *cognito.Directory {
	t.Helper()
	d, err := cognito.New(config)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return d
}
