package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"deskpro-login/pkg/config"
	"deskpro-login/pkg/directory/cognito"
	"deskpro-login/pkg/directory/cognito/cognitotest"
	"deskpro-login/pkg/directory/oidc"
	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/web"
)

const (
	// providerName is what the button says of the practice pool's managed login.
	providerName = "Practice ID"
	clientSecret = "practice-client-secret-practice-client-secret-prac"
)

// newPool starts a user pool with the practice accounts. What it would send by
// email or text message is written to mail.
func newPool(o options, login string, mail io.Writer) (*cognitotest.Server, error) {
	settings := cognitotest.Config{
		ClientSecret: clientSecret, HideUnknown: true, PropagateContext: true, SelfSignUp: true, NoLockout: true,
		AuthFlows:   []string{"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH"},
		SessionLife: 15 * time.Minute, RequiredAttributes: []string{"name"},
		Deliver: func(m cognitotest.Message) {
			fmt.Fprintf(mail, "practice %s to %s (%s): code %s\n", m.Medium, m.Destination, m.Purpose, m.Code)
		},
	}
	if o.mfa {
		settings.MFA = "ON"
	}
	for _, door := range []string{config.Users, config.Agents} {
		base := "http://" + login + "/" + door
		settings.CallbackURLs = append(settings.CallbackURLs, base+"/login/callback")
		settings.LogoutURLs = append(settings.LogoutURLs, base+"/logout")
	}
	pool, err := cognitotest.New(settings)
	if err != nil {
		return nil, err
	}
	for _, a := range practiceAccounts() {
		if a.user != nil {
			pool.Add(a.pooled())
		}
	}
	return pool, nil
}

// openPool gives pages the pool as a directory, and its managed login.
func openPool(cfg config.Config, pool *cognitotest.Server, pages *web.Config) error {
	secret := func(context.Context) (redact.Secret, error) { return redact.New(clientSecret), nil }
	d := cfg.Directory
	people, err := cognito.New(cognito.Config{
		AWS: pool.AWS(), UserPoolID: d.UserPoolID, ClientID: d.ClientID, ClientSecret: secret, Flow: d.AuthFlow, Mapping: d.Mapping,
	})
	if err != nil {
		return err
	}
	pages.Directory, pages.Recovery = people, people
	pages.Offers = web.Offers(cfg.Offers)
	if cfg.Federation == nil {
		return nil
	}
	provider := oidc.CognitoConfig(d.UserPoolID, cfg.Federation.Domain, pool.ManagedLoginURL())
	provider.ClientID, provider.ClientSecret, provider.Mapping = d.ClientID, secret, d.Mapping
	logout := *cfg.Federation
	logout.Logout = true // the variable is logout's
	pages.FederationLogout = logout.LogoutURL()
	pages.Federation, err = oidc.New(provider)
	return err
}
