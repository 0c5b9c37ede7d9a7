package cognitotest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Config describes the pool and its app client.
type Config struct {
	// PoolID starts with the pool's Region. Empty means "eu-west-1_Practice1".
	PoolID string
	// ClientID is the app client's. Empty means "1practice2client3".
	ClientID string
	// ClientSecret empty means a client without a secret, which AWS refuses a
	// SECRET_HASH.
	ClientSecret string
	// AuthFlows is the client's ExplicitAuthFlows. Nil means
	// ALLOW_ADMIN_USER_PASSWORD_AUTH.
	AuthFlows []string
	// HideUnknown is PreventUserExistenceErrors: ENABLED when true, LEGACY
	// (AWS's own default) when false.
	HideUnknown bool
	// PropagateContext is EnablePropagateAdditionalUserContextData, for which
	// AWS wants a client with a secret.
	PropagateContext bool
	// UpdatedIssuer makes tokens carry the newer of AWS's two issuer forms.
	UpdatedIssuer bool

	// MFA is the pool's MfaConfiguration: "OPTIONAL" (which empty means), "ON"
	// or "OFF". With "ON" whoever has no factor gets MFA_SETUP.
	MFA string
	// RequiredAttributes are those that the pool requires of each user, such as
	// "given_name" or "custom:department".
	RequiredAttributes []string
	// SelfSignUp makes adding an Unconfirmed user send what SignUp sends: the
	// code for ConfirmSignUp.
	SelfSignUp bool
	// SessionLife is AuthSessionValidity. 0 means AWS's default, 3 minutes.
	SessionLife time.Duration
	// Deliver is given each code that the pool sends, before the call that made
	// it send is answered. It may call the Server. Nil means Message alone.
	Deliver func(Message)

	// CallbackURLs and LogoutURLs are where managed login sends browsers back
	// to. With no CallbackURLs the client may not use managed login.
	CallbackURLs []string
	LogoutURLs   []string

	// NoLockout lets a test fail and ask more often than AWS would.
	NoLockout bool
	// Now is the pool's clock. Nil means time.Now.
	Now func() time.Time
}

// complete fills in what is empty, and returns the pool's Region.
func (c *Config) complete() (region string, err error) {
	if c.PoolID == "" {
		c.PoolID = "eu-west-1_Practice1"
	}
	if c.ClientID == "" {
		c.ClientID = "1practice2client3"
	}
	if c.AuthFlows == nil {
		c.AuthFlows = []string{"ALLOW_ADMIN_USER_PASSWORD_AUTH"}
	}
	if c.MFA == "" {
		c.MFA = "OPTIONAL"
	}
	if c.SessionLife == 0 {
		c.SessionLife = 3 * time.Minute
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	region, _, ok := strings.Cut(c.PoolID, "_")
	switch {
	case !ok:
		return "", fmt.Errorf("pool id %q has no Region before an underscore", c.PoolID)
	case !slices.Contains([]string{"OPTIONAL", "ON", "OFF"}, c.MFA):
		return "", fmt.Errorf("MFA is %q, not OPTIONAL, ON or OFF", c.MFA)
	case c.PropagateContext && c.ClientSecret == "":
		return "", errors.New("PropagateContext wants a client with a secret")
	}
	return region, nil
}

func (c *Config) allows(flow string) bool { return slices.Contains(c.AuthFlows, "ALLOW_"+flow) }
