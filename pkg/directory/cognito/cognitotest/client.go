package cognitotest

import (
	"slices"
	"time"
)

type describeInput struct{ ClientId, UserPoolId string }

type describeAnswer struct{ UserPoolClient userPoolClient }

// userPoolClient has of UserPoolClientType what the fake knows:
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UserPoolClientType.html
type userPoolClient struct {
	AccessTokenValidity                      int
	AllowedOAuthFlows                        []string `json:",omitempty"`
	AllowedOAuthFlowsUserPoolClient          bool
	AllowedOAuthScopes                       []string `json:",omitempty"`
	AuthSessionValidity                      int
	CallbackURLs                             []string `json:",omitempty"`
	ClientId                                 string
	ClientName                               string
	ClientSecret                             string `json:",omitempty"`
	CreationDate                             float64
	EnablePropagateAdditionalUserContextData bool
	EnableTokenRevocation                    bool
	ExplicitAuthFlows                        []string
	IdTokenValidity                          int
	LastModifiedDate                         float64
	LogoutURLs                               []string `json:",omitempty"`
	PreventUserExistenceErrors               string
	ReadAttributes                           []string
	RefreshTokenValidity                     int
	SupportedIdentityProviders               []string
	TokenValidityUnits                       tokenUnits
	UserPoolId                               string
}

type tokenUnits struct{ AccessToken, IdToken, RefreshToken string }

// describe is DescribeUserPoolClient.
func (s *Server) describe(body []byte, _ Fault) (any, error) {
	var in describeInput
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	if err := s.checkPool(in.UserPoolId, in.ClientId); err != nil {
		return nil, err
	}
	c := userPoolClient{
		AccessTokenValidity: 60, IdTokenValidity: 60, RefreshTokenValidity: 30,
		TokenValidityUnits:  tokenUnits{"minutes", "minutes", "days"},
		AuthSessionValidity: int(s.config.SessionLife / time.Minute),
		ClientId:            s.config.ClientID, ClientName: "practice", ClientSecret: s.config.ClientSecret, UserPoolId: s.config.PoolID,
		CreationDate: 1_700_000_000, LastModifiedDate: 1_700_000_000,
		EnablePropagateAdditionalUserContextData: s.config.PropagateContext,
		EnableTokenRevocation:                    true,
		ExplicitAuthFlows:                        s.config.AuthFlows,
		PreventUserExistenceErrors:               "LEGACY",
		ReadAttributes:                           s.readable(),
		SupportedIdentityProviders:               s.providers(),
		CallbackURLs:                             s.config.CallbackURLs, LogoutURLs: s.config.LogoutURLs,
	}
	if s.config.HideUnknown {
		c.PreventUserExistenceErrors = "ENABLED"
	}
	if len(s.config.CallbackURLs) > 0 {
		c.AllowedOAuthFlowsUserPoolClient = true
		c.AllowedOAuthFlows, c.AllowedOAuthScopes = []string{"code"}, scopes()
	}
	return describeAnswer{c}, nil
}

// readable are all attributes that the pool's users have, and the standard ones:
// the fake withholds none.
func (s *Server) readable() []string {
	readable := append(standardAttributes(), "email_verified", "phone_number_verified")
	for _, a := range s.accounts {
		for name := range a.Attributes {
			readable = append(readable, name)
		}
	}
	slices.Sort(readable)
	return slices.Compact(readable)
}

// providers are the identity providers that the pool's users have, and its own.
func (s *Server) providers() []string {
	providers := []string{localProvider}
	for _, a := range s.accounts {
		if a.Provider != "" && !slices.Contains(providers, a.Provider) {
			providers = append(providers, a.Provider)
		}
	}
	return providers
}
