package doctor_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"deskpro-login/infra/loginctl/doctor"
	"deskpro-login/infra/loginctl/doctor/doctortest"
	"deskpro-login/pkg/config"
	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/regulation"
	dynamostate "deskpro-login/pkg/state/dynamo"
)

const (
	stateTable    = "deskpro-login-StateTable-1MNOPQRSTUVWX"
	accountsTable = "deskpro-login-AccountsTable-1ABCDEFGHIJKL"
	usersSecret   = "UsersSecret-kT7cPq2LmZ0x"
	agentsSecret  = "AgentsSecret-w9XvRt4HsJ1y"
	factorSecret  = "FactorSecret-pL8sDw3KfQ6y"
	clientSecret  = "UserPoolClientSecret-hT5rWq1LmN8z"

	day = 24 * time.Hour
)

// fault is planted in a world that is well. want are the findings that are not ok,
// all of them, as "warn token/lifetime"; one that could not be told is "miss".
type fault struct {
	name  string
	start func(testing.TB) *doctortest.World
	plant func(*patient)
	want  []string
}

var inTable, inPool = doctortest.StartTable, doctortest.StartPool

// changed wraps a handler.
func changed(h http.Handler, change func(http.ResponseWriter, *http.Request, http.Handler)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { change(w, r, h) })
}

// withHeaders changes headers as they are sent.
type withHeaders struct {
	http.ResponseWriter
	change func(http.Header)
}

func (w withHeaders) WriteHeader(status int) {
	w.change(w.Header())
	w.ResponseWriter.WriteHeader(status)
}

func headers(change func(http.Header)) func(*patient) {
	return func(p *patient) {
		host := p.Hosts[p.Host]
		host.Handler = changed(host.Handler, func(w http.ResponseWriter, r *http.Request, h http.Handler) {
			if strings.HasSuffix(r.URL.Path, "/login") {
				w = withHeaders{w, change}
			}
			h.ServeHTTP(w, r)
		})
	}
}

// answering makes the sign-in page something else.
func answering(status int, body string) func(*patient) {
	return func(p *patient) {
		host := p.Hosts[p.Host]
		host.Handler = changed(host.Handler, func(w http.ResponseWriter, r *http.Request, h http.Handler) {
			if strings.HasSuffix(r.URL.Path, "/login") {
				w.Header().Set("Content-Type", "text/html")
				w.WriteHeader(status)
				_, _ = w.Write([]byte(body))
				return
			}
			h.ServeHTTP(w, r)
		})
	}
}

func helpdesk(change func(*doctortest.Host)) func(*patient) {
	return func(p *patient) { change(p.Hosts[doctortest.Helpdesk]) }
}

func leadingTo(address string) func(*patient) {
	return helpdesk(func(h *doctortest.Host) {
		h.Handler = http.RedirectHandler(address, http.StatusFound)
	})
}

func setting(pairs ...string) func(*patient) {
	return func(p *patient) {
		for i := 0; i < len(pairs); i += 2 {
			p.Set(pairs[i], pairs[i+1])
		}
	}
}

func table(name string, change func(*doctortest.Table)) func(*patient) {
	return func(p *patient) { change(p.Tables[name]) }
}

func pool(change func(*doctortest.Pool)) func(*patient) {
	return func(p *patient) { change(p.Pools[doctortest.UserPool]) }
}

func client(name string, value any) func(*patient) {
	return pool(func(p *doctortest.Pool) { p.Clients[doctortest.Client][name] = value })
}

func refusing(action, code string) func(*patient) {
	return func(p *patient) { p.Refuse(action, code) }
}

// hanging has one action unanswered, and little patience.
func hanging(action string) func(*patient) {
	return func(p *patient) {
		p.Refuse(action, "hang")
		p.cfg.Timeout = 2 * time.Second
	}
}

// guess has so many logins guessed at from an address, once each; none means one
// until its counter is closed, an hour after the other at last.
func (p *patient) guess(address string, logins int) {
	now := p.Now.Add(-14 * day)
	if logins > 0 {
		now = p.Now
	}
	store, err := dynamostate.New(dynamostate.Config{Client: dynamodb.NewFromConfig(p.Config), Table: stateTable, Now: func() time.Time { return now }})
	if err != nil {
		panic(err)
	}
	guesses, err := regulation.New(regulation.Config{Store: store, Fold: account.NormalizeLogin, Now: func() time.Time { return now }})
	if err != nil {
		panic(err)
	}
	for n := 0; logins == 0 || n < logins; n++ {
		guess := regulation.Guess{Kind: regulation.Password, Account: "ada", Source: address}
		if logins > 0 {
			guess.Account = fmt.Sprint("nobody", n)
		}
		_, err := guesses.Count(context.Background(), guess)
		wait, waits := errors.AsType[*regulation.Wait](err)
		switch {
		case waits && wait.Closed:
			return
		case waits:
			now = now.Add(wait.For)
		case err != nil:
			panic(err)
		}
	}
}

const waiting = "Hs4Kd9Fj2Lg7Pq1Wm6Zn3Xb8Vc5Rt0Ye"

func faults() []fault {
	// A page that was deployed without it lacks an origin.
	brand := func(host string) []string {
		return []string{"warn doors/agents/origins", "fail deskpro/" + host + "/https", "fail pages/agents/headers"}
	}
	refused := []string{
		"fail config/login/variables", "fail config/authenticate/variables", "fail config/logout/variables", "fail config/preflight/variables", "warn doors/agents/origins",
	}
	gone := []string{"fail secrets/users/readable", "miss secrets/differ"}
	noMore := []string{"miss secrets/users/readable", "miss secrets/agents/readable", "miss secrets/factors/readable", "miss secrets/differ"}
	return []fault{
		{"there is no stack", inTable, func(p *patient) { delete(p.Stacks, doctortest.Name) }, []string{"fail stack/outputs"}},
		{"a stack that is removed", inTable, func(p *patient) { p.Stack().Status = "DELETE_IN_PROGRESS" }, []string{"fail stack/outputs"}},
		{"a stack whose last update was rolled back", inTable, func(p *patient) { p.Stack().Status = "UPDATE_ROLLBACK_COMPLETE" }, []string{"warn stack/outputs"}},
		{"a stack of which nothing may be seen", inTable, func(p *patient) {
			p.Refuse("cloudformation:DescribeStacks", "AccessDenied")
			p.Refuse("cloudformation:ListStackResources", "AccessDenied")
		}, []string{"miss stack/outputs", "miss stack/resources"}},
		{"a stack whose outputs may not be seen", inTable, refusing("cloudformation:DescribeStacks", "AccessDenied"), []string{"miss stack/outputs"}},
		{"a function that the stack has not", inTable, func(p *patient) { delete(p.Stack().Resources, "LogoutFunction") }, []string{"fail functions/logout/state"}},
		{"a stack from before rotations", inTable, func(p *patient) { delete(p.Stack().Resources, "RotateFunction") }, []string{"warn functions/rotate/state", "warn secrets/users/rotation", "warn secrets/agents/rotation"}},
		{"a function that somebody deleted", inTable, func(p *patient) { delete(p.Functions, "deskpro-login-LogoutFunction-1C:live") }, []string{"fail functions/logout/state"}},
		{"a function that cannot run", inTable, func(p *patient) {
			f := p.Function(config.Login)
			f.State, f.StateReason = "Failed", "The KMS key was disabled."
		}, []string{"fail functions/login/state"}},
		{"a function that is being changed", inTable, func(p *patient) { p.Function(config.Login).LastUpdateStatus = "InProgress" }, []string{"warn functions/login/state"}},
		{"a function that sleeps", inTable, func(p *patient) { p.Function(config.Logout).State = "Inactive" }, []string{"warn functions/logout/state"}},
		{"functions that may not be seen", inTable, refusing("lambda:GetFunctionConfiguration", "AccessDeniedException"), []string{
			"miss functions/login/state", "miss functions/authenticate/state", "miss functions/logout/state", "miss functions/preflight/state", "miss functions/rotate/state",
		}},
		{"variables that cannot be decrypted", inTable, func(p *patient) { p.Function(config.Logout).Undecrypted = "AccessDeniedException" }, []string{"miss functions/logout/state"}},

		{"variables that are wrong", inTable, func(p *patient) { p.Function(config.Logout).Variables["SESSION_IDLE"] = "soon" }, []string{"fail config/logout/variables", "fail config/drift"}},
		{"a variable that nobody reads", inTable, func(p *patient) { p.Function(config.Login).Variables["BRNAD"] = "Acme" }, []string{"warn config/unread"}},
		{"functions that do not agree", inTable, func(p *patient) { p.Function(config.Login).Variables["TOKEN_LIFETIME"] = "90s" }, []string{"fail config/drift", "warn config/outputs"}},
		{"something else served than deployed", inTable, func(p *patient) { p.Stack().Outputs["TokenLifetime"] = "90s" }, []string{"warn config/outputs"}},

		{"tokens that last", inTable, setting("TOKEN_LIFETIME", "301s"), []string{"warn token/lifetime"}},
		{"tokens that do not last", inTable, setting("TOKEN_LIFETIME", "59s"), []string{"warn token/lifetime"}},
		{"sessions that last", inTable, setting("SESSION_IDLE", "61m", "SESSION_ABSOLUTE", "24h1m"), []string{"warn session/idle", "warn session/absolute"}},
		{"a return origin with a wildcard", inTable, setting("AGENTS_RETURN_ORIGINS", "https://*.acme.example"), refused},
		{"a return origin in the clear", inTable, setting("AGENTS_RETURN_ORIGINS", "http://brand.acme.example"), refused},
		{"a return origin that is an address", inTable, setting("AGENTS_RETURN_ORIGINS", "https://192.0.2.7"), brand("192.0.2.7")},
		{"a return origin of the machine of who signs in", inTable, setting("AGENTS_RETURN_ORIGINS", "https://localhost"), brand("localhost")},
		{"a return origin of another domain", inTable, setting("AGENTS_RETURN_ORIGINS", "https://acme-brand.example"), brand("acme-brand.example")},
		{"everyone is an agent", inTable, setting("AGENTS_GROUP", "*"), []string{"warn doors/agents/group"}},
		{"sites that may frame the pages, and nobody knows", inTable, func(p *patient) {
			p.Set("FRAME_ANCESTORS", "https://*.acme.example https:")
			headers(func(h http.Header) {
				h.Del("X-Frame-Options")
				h.Set("Content-Security-Policy", strings.Replace(h.Get("Content-Security-Policy"), "'none'", "https://*.acme.example https:", -1))
				h.Set("Content-Security-Policy", strings.Replace(h.Get("Content-Security-Policy"), "https://*.acme.example https:", "'none'", 2))
			})(p)
		}, []string{"warn pages/frames"}},
		{"many guesses before a wait", inTable, setting("GUESSES_FREE", "11"), []string{"warn guesses/free"}},
		{"a first wait that nobody notices", inTable, setting("GUESSES_FIRST_WAIT", "9s"), []string{"warn guesses/first-wait"}},
		{"a longest wait that bounds little", inTable, setting("GUESSES_LONGEST_WAIT", "14m"), []string{"warn guesses/longest-wait"}},
		{"accounts that anybody can close", inTable, setting("GUESSES_MOST", "49"), []string{"warn guesses/most"}},
		{"an address with many guesses", inTable, setting("GUESSES_OF_SOURCE", "1001"), []string{"warn guesses/source"}},
		{"browsers that nobody knows", inPool, setting("KNOWN_BROWSER_FOR", "0s"), []string{"warn guesses/known"}},
		{"refusals that come at once", inTable, setting("REFUSAL_TIME", "249ms"), []string{"warn guesses/refusal"}},
		{"limits of guesses that are just enough", inTable, setting(
			"GUESSES_FREE", "10", "GUESSES_FIRST_WAIT", "10s", "GUESSES_LONGEST_WAIT", "15m", "GUESSES_MOST", "50", "GUESSES_OF_SOURCE", "1000", "REFUSAL_TIME", "250ms",
		), nil},
		{"more guesses than there may be", inTable, setting("GUESSES_MOST", "101"), []string{"fail config/authenticate/variables"}},
		{"an account that is closed", inTable, func(p *patient) { p.guess("192.0.2.7", 0) }, []string{"warn guesses/waits"}},
		{"an address that has to wait", inPool, func(p *patient) { p.guess("192.0.2.7", regulation.Defaults.Source) }, []string{"warn guesses/waits"}},
		{"an address that has one guess left", inTable, func(p *patient) { p.guess("192.0.2.7", regulation.Defaults.Source-1) }, nil},
		{"waits that may not be read", inPool, refusing("dynamodb:Scan", "AccessDeniedException"), []string{"miss guesses/waits"}},
		{"a table of sessions too large to be looked through", inTable, table(stateTable, func(t *doctortest.Table) { t.Bytes = 33 << 20 }), []string{"miss guesses/waits"}},
		{"a table of sessions that is not looked through in time", inPool, hanging("dynamodb:Scan"), []string{"miss guesses/waits"}},
		{"nothing but the current secret signs", inTable, setting("ROTATION_WINDOW", "0s"), []string{"warn rotation/window"}},

		{"a rotation's window that is too long", inTable, setting("ROTATION_WINDOW", "500h"), []string{"fail config/login/variables"}},

		{"a door's secret that is not there", inTable, setting("USERS_SECRET", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:Gone-AbCdEf"), gone},
		{"a door's secret that is marked for deletion", inTable, func(p *patient) { p.AWS.DeleteSecret(usersSecret) }, gone},
		{"secrets that may not be read", inTable, refusing("secretsmanager:GetSecretValue", "AccessDeniedException"), noMore},
		{"secrets whose key may not be used", inTable, func(p *patient) { p.Refuse("secretsmanager:GetSecretValue", "DecryptionFailure") }, noMore},
		{"secrets that do not answer", inTable, hanging("secretsmanager:DescribeSecret"), noMore},
		{"a secret without AWSCURRENT", inTable, func(p *patient) {
			p.AWS.PutSecret("Odd-secret", waiting, "AWSPENDING")
			p.Set("USERS_SECRET", p.AWS.SecretARN("Odd-secret"))
			p.aged.made = p.Now.Add(-day)
		}, []string{"fail secrets/users/current"}},
		{"a secret that is too short", inTable, func(p *patient) { p.AWS.PutSecret(usersSecret, "short-Xk2") }, []string{"fail secrets/users/key"}},
		{"a secret too short for the algorithm", inTable, setting("TOKEN_ALGORITHM", "HS512"), []string{"fail secrets/users/key", "fail secrets/agents/key"}},
		{"a secret that somebody thought up", inTable, func(p *patient) { p.AWS.PutSecret(usersSecret, "changeme changeme changeme changeme") }, []string{"warn secrets/users/doubts"}},
		{"a version that has waited for long", inTable, func(p *patient) {
			p.AWS.PutSecret(usersSecret, waiting, "AWSPENDING")
			p.aged.made = p.Now.Add(-8 * day)
		}, []string{"warn secrets/users/waiting"}},
		{"a version that waits without a value", inTable, func(p *patient) { p.AWS.BeginRotation(usersSecret) }, []string{"warn secrets/users/pending"}},
		{"a version that waits and cannot sign", inTable, func(p *patient) {
			p.AWS.PutSecret(usersSecret, "short-Xk2", "AWSPENDING")
			p.aged.made = p.Now.Add(-3 * time.Hour)
		}, []string{"warn secrets/users/pending"}},
		{"secrets of two years", inTable, func(p *patient) { p.aged.made = p.Now.Add(-730 * day) }, []string{"warn secrets/users/age", "warn secrets/agents/age"}},
		{"a rotation that is late", inTable, func(p *patient) { p.aged.next = p.Now.Add(-3 * day) }, []string{"warn secrets/users/rotation", "warn secrets/agents/rotation"}},
		{"doors with one secret's value", inTable, func(p *patient) { p.AWS.PutSecret(agentsSecret, doctortest.UsersKey) }, []string{"fail secrets/differ"}},
		{"a door that had the other's value", inTable, func(p *patient) {
			p.AWS.PutSecret(agentsSecret, doctortest.UsersKey, "AWSPREVIOUS")
		}, []string{"fail secrets/differ"}},
		{"doors with one secret", inTable, func(p *patient) {
			p.Function(config.Login).Variables["USERS_SECRET"] = p.Function(config.Login).Variables["AGENTS_SECRET"]
		}, []string{
			"fail config/login/variables", "fail config/drift", "warn config/outputs",
		}},
		{"doors with one secret, by what two functions say", inTable, func(p *patient) {
			login, authenticate := p.Function(config.Login).Variables, p.Function(config.Authenticate).Variables
			for name := range login {
				if strings.HasPrefix(name, "AGENTS_") {
					delete(login, name)
				}
			}
			authenticate["AGENTS_SECRET"], authenticate["USERS_SECRET"] = authenticate["USERS_SECRET"], authenticate["AGENTS_SECRET"]
		}, []string{"fail config/drift", "warn config/outputs", "fail secrets/differ"}},
		{"a door that cannot be compared with the other", inTable, func(p *patient) { p.aged.denied = p.AWS.SecretARN(agentsSecret) }, []string{
			"miss secrets/agents/readable", "miss secrets/differ",
		}},
		{"apps' keys sealed by little", inTable, func(p *patient) { p.AWS.PutSecret(factorSecret, "little-Xk2") }, []string{"fail secrets/factors/length"}},
		{"apps' keys sealed by a door's secret", inTable, func(p *patient) { p.AWS.PutSecret(factorSecret, doctortest.UsersKey) }, []string{"fail secrets/differ"}},
		{"a token that is too long", inTable, func(p *patient) {
			var names []string
			for i := range 300 {
				names = append(names, fmt.Sprintf("attribute%03d", i))
			}
			p.Set("USERS_ATTRIBUTES", strings.Join(names, " "))
		}, []string{"fail token/users/sample"}},

		{"no table of sessions", inTable, func(p *patient) { delete(p.Tables, stateTable) }, []string{"fail tables/state/there"}},
		{"a table that is being deleted", inTable, table(stateTable, func(t *doctortest.Table) { t.Status = "DELETING" }), []string{"fail tables/state/there"}},
		{"tables that may not be seen", inTable, refusing("dynamodb:DescribeTable", "AccessDeniedException"), []string{"miss tables/state/there", "miss tables/accounts/there"}},
		{"tables that do not answer", inTable, hanging("dynamodb:DescribeTable"), []string{"miss tables/state/there", "miss tables/accounts/there"}},
		{"a table with another key", inTable, table(stateTable, func(t *doctortest.Table) { t.Key = [][2]string{{"key", "S"}, {"expires", "N"}} }), []string{"fail tables/state/key"}},
		{"a table whose key is a number", inTable, table(accountsTable, func(t *doctortest.Table) { t.Key = [][2]string{{"login", "N"}} }), []string{"fail tables/accounts/key"}},
		{"sessions that stay for ever", inTable, table(stateTable, func(t *doctortest.Table) { t.Expiry = "" }), []string{"fail tables/state/expiry"}},
		{"sessions that go by another attribute", inTable, table(stateTable, func(t *doctortest.Table) { t.Expiry = "ttl" }), []string{"fail tables/state/expiry"}},
		{"accounts that expire", inTable, table(accountsTable, func(t *doctortest.Table) { t.Expiry = "until" }), []string{"warn tables/accounts/expiry"}},
		{"a time to live that may not be seen", inTable, refusing("dynamodb:DescribeTimeToLive", "AccessDeniedException"), []string{"miss tables/state/expiry", "miss tables/accounts/expiry"}},
		{"accounts without backup", inTable, table(accountsTable, func(t *doctortest.Table) { t.Recovery = false }), []string{"warn tables/accounts/backup"}},
		{"backups that may not be seen", inTable, refusing("dynamodb:DescribeContinuousBackups", "AccessDeniedException"), []string{"miss tables/accounts/backup"}},
		{"accounts that anybody may delete", inTable, table(accountsTable, func(t *doctortest.Table) { t.Protected = false }), []string{"warn tables/accounts/protection"}},
		{"a table that is encrypted by default", inTable, table(stateTable, func(t *doctortest.Table) { t.Encrypted = false }), []string{"warn tables/state/encryption"}},
		{"a table whose key is gone", inTable, table(accountsTable, func(t *doctortest.Table) { t.Unreachable = true }), []string{"fail tables/accounts/encryption"}},
		{"a table of so much capacity", inTable, table(stateTable, func(t *doctortest.Table) { t.OnDemand = false }), []string{"warn tables/state/capacity"}},
		{"agents whose group nobody is in", inTable, setting("AGENTS_GROUP", "Deskpro-Agents"), []string{"fail groups/agents"}},
		{"groups with factors that nobody is in", inTable, setting("FACTOR_GROUPS", "admins, Finance (EU)"), []string{"fail groups/factors"}},
		{"a group that nobody is in of whom there are many", inTable, func(p *patient) {
			p.Set("AGENTS_GROUP", "night-shift")
			for i := range 5000 {
				p.AWS.PutItem(accountsTable, fmt.Sprintf(`{"login": {"S": "p%d"}, "id": {"S": "p-%[1]d"}, "email": {"S": "p%[1]d@example.com"}, "name": {"S": "P"}}`, i))
			}
		}, []string{"miss groups/agents"}},
		{"accounts that may not be read", inTable, refusing("dynamodb:Scan", "AccessDeniedException"), []string{"miss guesses/waits", "miss groups/agents", "miss groups/factors"}},

		{"no user pool", inPool, func(p *patient) { delete(p.Pools, doctortest.UserPool) }, []string{"fail cognito/pool"}},
		{"a pool that may not be seen", inPool, refusing("cognito-idp:DescribeUserPool", "AccessDeniedException"), []string{"miss cognito/pool"}},
		{"a pool without second factors", inPool, pool(func(p *doctortest.Pool) { p.MFA = "OFF" }), []string{"warn cognito/mfa"}},
		{"a pool that anybody may delete", inPool, pool(func(p *doctortest.Pool) { p.Protected = false }), []string{"warn cognito/protection"}},
		{"a pool where anybody signs up and passes", inPool, func(p *patient) {
			p.Pools[doctortest.UserPool].OpenSignUp = true
			p.Set("USERS_GROUP", "*")
		}, []string{"warn cognito/signup"}},
		{"an app client that is not set up", inPool, func(p *patient) {
			client("ExplicitAuthFlows", []string{"ALLOW_USER_SRP_AUTH"})(p)
			client("PreventUserExistenceErrors", "LEGACY")(p)
		}, []string{"fail cognito/client"}},
		{"no app client", inPool, pool(func(p *doctortest.Pool) { clear(p.Clients) }), []string{"fail cognito/client"}},
		{"an app client that may not be seen", inPool, refusing("cognito-idp:DescribeUserPoolClient", "AccessDeniedException"), []string{"miss cognito/client"}},
		{"an app client with another secret", inPool, client("ClientSecret", "another"+doctortest.ClientSecret), []string{"fail cognito/secret"}},
		{"an app client whose secret is not there", inPool, func(p *patient) { p.AWS.DeleteSecret(clientSecret) }, []string{"fail cognito/secret"}},
		{"an app client whose secret may not be read", inPool, refusing("secretsmanager:GetSecretValue", "AccessDeniedException"), []string{
			"miss secrets/users/readable", "miss secrets/agents/readable", "miss secrets/differ", "miss cognito/secret",
		}},
		{"a pool's tokens that last", inPool, client("TokenValidityUnits", map[string]string{"IdToken": "hours", "AccessToken": "minutes", "RefreshToken": "days"}), []string{"warn cognito/validity"}},
		{"a callback that is not allowed", inPool, client("CallbackURLs", []string{"https://login.acme.example/users/login/callback"}), []string{"fail cognito/callbacks"}},
		{"a group that the pool has not", inPool, pool(func(p *doctortest.Pool) { p.Groups = []string{"staff", "Deskpro-Agents"} }), []string{"fail groups/agents"}},
		{"groups that may not be seen", inPool, refusing("cognito-idp:GetGroup", "AccessDeniedException"), []string{"miss groups/users", "miss groups/agents"}},
		{"groups that a claim tells", inPool, func(p *patient) {
			p.Set("COGNITO_CLAIMS", "groups=custom:roles")
			client("ReadAttributes", []string{"email", "email_verified", "name", "given_name", "family_name", "custom:roles"})(p)
			client("WriteAttributes", []string{"name"})(p)
		}, []string{"miss groups/users", "miss groups/agents"}},

		{"a machine whose clock is slow", inTable, func(p *patient) {
			p.Ahead = 10 * time.Minute
			for _, name := range []string{doctortest.Helpdesk, doctortest.Brand} {
				p.Hosts[name].Ahead = 10 * time.Minute
			}
		}, []string{"warn clock/here"}},
		{"nobody says what time it is", inTable, refusing("sts:GetCallerIdentity", "RegionDisabledException"), []string{"miss clock/here"}},
		{"no helpdesk", inTable, func(p *patient) { delete(p.Hosts, doctortest.Helpdesk) }, []string{"fail deskpro/help.acme.example/https"}},
		{"a helpdesk that does not answer", inTable, func(p *patient) {
			p.Hosts[doctortest.Helpdesk].Hang = true
			p.cfg.Timeout = 2 * time.Second
		}, []string{"miss deskpro/help.acme.example/https"}},
		{"a helpdesk that is down", inTable, helpdesk(func(h *doctortest.Host) {
			h.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) })
		}), []string{"warn deskpro/help.acme.example/https"}},
		{"a helpdesk of old TLS", inTable, helpdesk(func(h *doctortest.Host) { h.MaxTLS = tls.VersionTLS11 }), []string{"fail deskpro/help.acme.example/tls"}},
		{"a helpdesk whose certificate ends soon", inTable, helpdesk(func(h *doctortest.Host) { h.Ends = h.Ends.Add(-70 * day) }), []string{"warn deskpro/help.acme.example/certificate"}},
		{"a helpdesk whose certificate is over", inTable, helpdesk(func(h *doctortest.Host) { h.Ends = h.Ends.Add(-91 * day) }), []string{"fail deskpro/help.acme.example/https", "fail deskpro/help.acme.example/certificate"}},
		{"a helpdesk with another's certificate", inTable, helpdesk(func(h *doctortest.Host) { h.Named = "other.example" }), []string{"fail deskpro/help.acme.example/https", "fail deskpro/help.acme.example/certificate"}},
		{"a helpdesk that vouches for itself", inTable, helpdesk(func(h *doctortest.Host) { h.Self = true }), []string{"fail deskpro/help.acme.example/https", "fail deskpro/help.acme.example/certificate"}},
		{"a helpdesk that leads elsewhere", inTable, leadingTo("https://acme.deskpro.com/"), []string{"warn deskpro/help.acme.example/redirect"}},
		{"a brand that leads elsewhere", inTable, func(p *patient) {
			p.Hosts[doctortest.Brand].Handler = http.RedirectHandler("https://SHOP.acme.example:443/x", http.StatusFound)
		}, []string{"warn deskpro/support.acme.example/redirect"}},
		{"a helpdesk that breaks off", inTable, helpdesk(func(h *doctortest.Host) {
			h.Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		}), []string{"fail deskpro/help.acme.example/https"}},
		{"a helpdesk that leads to TLS no more", inTable, leadingTo("http://help.acme.example/"), []string{"warn deskpro/help.acme.example/redirect"}},
		{"a helpdesk that leads to no address", inTable, leadingTo("https://[bad"), []string{"warn deskpro/help.acme.example/redirect"}},
		{"a helpdesk whose clock is slow", inTable, helpdesk(func(h *doctortest.Host) { h.Ahead = -8 * time.Second }), []string{"fail deskpro/help.acme.example/clock"}},
		{"a helpdesk whose clock is nearly too slow", inTable, helpdesk(func(h *doctortest.Host) { h.Ahead = -5 * time.Second }), []string{"warn deskpro/help.acme.example/clock"}},
		{"a helpdesk whose clock is fast", inTable, helpdesk(func(h *doctortest.Host) { h.Ahead = 2 * time.Minute }), []string{"fail deskpro/help.acme.example/clock"}},
		{"a helpdesk whose clock is nearly too fast", inTable, helpdesk(func(h *doctortest.Host) { h.Ahead = 70 * time.Second }), []string{"warn deskpro/help.acme.example/clock"}},
		{"a helpdesk without a clock", inTable, helpdesk(func(h *doctortest.Host) { h.Timeless = true }), []string{"miss deskpro/help.acme.example/clock"}},

		{"no pages", inTable, func(p *patient) { delete(p.Hosts, p.Host) }, []string{"fail pages/users/answer", "fail pages/agents/answer"}},
		{"pages that do not answer", inTable, func(p *patient) {
			p.Hosts[p.Host].Hang = true
			p.cfg.Timeout = 2 * time.Second
		}, []string{"miss pages/users/answer", "miss pages/agents/answer"}},
		{"pages that are misconfigured", inTable, answering(503, "<p>DPL-3006</p>"), []string{"fail pages/users/answer", "fail pages/agents/answer"}},
		{"pages that are another's", inTable, answering(200, "<html>Parked</html>"), []string{"fail pages/users/answer", "fail pages/agents/answer"}},
		{"pages that caches keep", inTable, headers(func(h http.Header) { h.Set("Cache-Control", "public, max-age=60") }), []string{"fail pages/users/headers", "fail pages/agents/headers"}},
		{"pages without a policy", inTable, headers(func(h http.Header) { h.Del("Content-Security-Policy") }), []string{"fail pages/users/headers", "fail pages/agents/headers"}},
		{"pages without headers", inTable, headers(func(h http.Header) {
			for name := range h {
				if name != "Content-Type" {
					h.Del(name)
				}
			}
			h.Set("Content-Security-Policy", "default-src *; form-action 'self'")
		}), []string{"fail pages/users/headers", "fail pages/agents/headers"}},
		{"pages that may be framed", inTable, headers(func(h http.Header) {
			h.Set("Content-Security-Policy", strings.Replace(h.Get("Content-Security-Policy"), "frame-ancestors 'none'", "frame-ancestors *", 1))
		}), []string{"fail pages/users/headers", "fail pages/agents/headers"}},
		{"pages that set a cookie", inTable, headers(func(h http.Header) { h.Add("Set-Cookie", "AWSALB=Gq8; Path=/") }), []string{"fail pages/users/cookies", "fail pages/agents/cookies"}},
		{"pages of old TLS", inTable, func(p *patient) { p.Hosts[p.Host].MaxTLS = tls.VersionTLS11 }, []string{"fail pages/tls"}},
		{"pages whose certificate ends soon", inTable, func(p *patient) { p.Hosts[p.Host].Ends = p.Now.Add(20 * day) }, []string{"warn pages/certificate"}},
		{"pages whose certificate is over", inTable, func(p *patient) { p.Hosts[p.Host].Ends = p.Now.Add(-day) }, []string{"fail pages/users/answer", "fail pages/agents/answer", "fail pages/certificate"}},
		{"pages that answer in the clear", inTable, func(p *patient) { p.Hosts[p.Host].Plain = p.Pages }, []string{"fail pages/http"}},
		{"no page for what is none", inTable, func(p *patient) {
			pages := p.Pages
			p.Hosts[p.Host].Handler = changed(pages, func(w http.ResponseWriter, r *http.Request, h http.Handler) {
				if strings.HasSuffix(r.URL.Path, "/login") {
					h.ServeHTTP(w, r)
					return
				}
				http.Error(w, `{"message":"Not Found"}`, http.StatusNotFound)
			})
		}, []string{"fail pages/unknown"}},
		{"a way past CloudFront", inPool, func(p *patient) { p.Hosts[doctortest.APIHost].Handler = p.Pages }, []string{"fail pages/bypass"}},
		{"an API that does not answer", inPool, func(p *patient) {
			p.Hosts[doctortest.APIHost].Hang = true
			p.cfg.Timeout = 2 * time.Second
		}, []string{"miss pages/bypass"}},

		{"logs that are kept for ever", inTable, func(p *patient) { p.Groups["/aws/lambda/deskpro-login/login"] = doctortest.Group{} }, []string{"warn logs/login"}},
		{"logs that are not there", inTable, func(p *patient) { delete(p.Groups, "/aws/lambda/deskpro-login/login") }, []string{"fail logs/login"}},
		{"logs that may not be seen", inTable, refusing("logs:DescribeLogGroups", "AccessDeniedException"), []string{
			"miss logs/login", "miss logs/authenticate", "miss logs/logout", "miss logs/preflight", "miss logs/rotate", "miss logs/access", "miss logs/operators",
		}},
		{"an alarm that somebody deleted", inTable, func(p *patient) { delete(p.Alarms, "deskpro-login-slow-pages") }, []string{"fail alarms/there"}},
		{"a stack without alarms", inTable, func(p *patient) {
			delete(p.Stack().Resources, "FailuresAlarm")
			delete(p.Stack().Resources, "Monitoring")
		}, []string{"fail alarms/there"}},
		{"alarms that may not be seen", inTable, refusing("cloudwatch:DescribeAlarms", "AccessDenied"), []string{"miss alarms/there"}},
		{"an alarm that tells nobody", inTable, func(p *patient) { p.Alarms["deskpro-login-slow-pages"] = doctortest.Alarm{State: "OK"} }, []string{"warn alarms/action"}},
		{"an alarm that is on", inTable, func(p *patient) {
			p.Alarms["deskpro-login-slow-pages"] = doctortest.Alarm{State: "ALARM", Actions: []string{"arn:aws:sns:eu-central-1:123456789012:alarms"}}
		}, []string{"warn alarms/state"}},
		{"an API without limits", inTable, func(p *patient) { p.Throttling["a1b2c3d4e5"] = doctortest.Throttle{} }, []string{"warn api/throttle"}},
		{"an API whose routes have limits of their own", inTable, func(p *patient) {
			p.Throttling["a1b2c3d4e5"] = doctortest.Throttle{Rate: 100, Burst: 200, Routes: []string{"POST /{door}/login"}}
		}, []string{"warn api/throttle"}},
		{"an API without its stage", inTable, func(p *patient) { p.Throttling["a1b2c3d4e5"] = doctortest.Throttle{Missing: true} }, []string{"warn api/throttle"}},
		{"a stack without an API", inTable, func(p *patient) { delete(p.Stack().Resources, "Api") }, []string{"warn api/throttle"}},
		{"an API that may not be seen", inTable, refusing("apigateway:GET", "AccessDeniedException"), []string{"miss api/throttle"}},
	}
}

// masks are for what is another every time: what awstest puts behind a secret's
// name, and clocks, as AWS tells its own to the second.
var masks = []struct {
	pattern *regexp.Regexp
	by      string
}{
	{regexp.MustCompile(`(:secret:[A-Za-z]+-[0-9A-Za-z]+)-[A-Z2-7]{6}`), "$1-RANDOM"},
	{regexp.MustCompile(`about\s+[0-9hms]+`), "about N"},
}

// Each fault is found, and nothing beside it; together they are all that there
// are.
func TestFaultsAreFound(t *testing.T) {
	all := faults()
	told := make([]string, len(all))
	var mu sync.Mutex
	ways := map[string]bool{}
	t.Run("each", func(t *testing.T) {
		for i, f := range all {
			t.Run(f.name, func(t *testing.T) {
				t.Parallel()
				p := admit(t, f.start(t))
				f.plant(p)
				var got []string
				var trouble []doctor.Finding
				for _, found := range p.examine(t) {
					way := string(found.Level)
					if found.Unchecked {
						way = "miss"
					}
					mu.Lock()
					ways[way+" "+doctor.RuleOf(found)] = true
					mu.Unlock()
					if found.Level == doctor.OK {
						continue
					}
					got, trouble = append(got, way+" "+found.ID), append(trouble, found)
					if found.Why == "" || found.Fix == "" {
						t.Errorf("%s says not why, or not what to do: %+v", found.ID, found)
					}
					if found.Unchecked && found.Level != doctor.Warn {
						t.Errorf("%s was not checked, and is told to be %s", found.ID, found.Level)
					}
				}
				if !slices.Equal(got, f.want) {
					t.Errorf("found are\n%q, want\n%q", got, f.want)
				}
				told[i] = fmt.Sprintf("# %s\n\n%s\n", f.name, listed(t, trouble))
				for _, m := range masks {
					told[i] = m.pattern.ReplaceAllString(told[i], m.by)
				}
			})
		}
	})
	golden(t, "faults.txt", strings.Join(told, ""))
	for _, r := range doctor.Rules() {
		for way, can := range map[string]bool{"warn": r.CanWarn, "fail": r.CanFail, "miss": r.Miss} {
			if happens := ways[way+" "+r.ID]; happens != can {
				t.Errorf("%s is declared to be able to %s: %t; here it does: %t", r.ID, way, can, happens)
			}
		}
		if !ways["ok "+r.ID] {
			t.Errorf("%s is never ok", r.ID)
		}
	}
}
