package doctortest

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/config"
	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/session"
	"deskpro-login/pkg/state/memory"
	"deskpro-login/pkg/web"
)

// Where the world is. A Table has no edge, a Pool has one.
const (
	Region  = "eu-central-1"
	Name    = "deskpro-login"
	APIHost = "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com"
	Edge    = "login.acme.example"
	// Helpdesk is Deskpro's host, Brand another of it.
	Helpdesk = "help.acme.example"
	Brand    = "support.acme.example"
	UserPool = "eu-central-1_AbCdEfGhI"
	Client   = "4f5g6h7j8k"
)

// The values of secrets, which nothing may ever show.
const (
	UsersKey     = "kX7mQ2vR9tB4wZ8nC3pL6sD1fG5hJ0yA"
	AgentsKey    = "Vn3Tq8Wd5Rz1Yc7Mb2Kx9Hg4Lf6Js0Pw"
	FactorKey    = "Gp6Zs2Xn9Ct4Vb8Mq1Lk7Jw3Hd5Fr0Yt"
	ClientSecret = "1qk8vhd3n5r7s2t4u6w8y0zb3c5e7g9i1k3m5o7q9s1u3w5y7a9"
)

// Values are all of them.
func Values() []string { return []string{UsersKey, AgentsKey, FactorKey, ClientSecret} }

// noon is when worlds are whose time stands still.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// World is a deployed sign-in page that is well.
type World struct {
	*Cloud
	*Web
	Config aws.Config
	Now    time.Time
	// Pages serve both doors; Host is where people find them.
	Pages http.Handler
	Host  string
}

// Stack is the world's own.
func (w *World) Stack() *Stack { return w.Stacks[Name] }

// StartTable returns a world whose accounts are in a table, and whose time stands
// still.
func StartTable(t testing.TB) *World { return table(t, noon, func() time.Time { return noon }) }

// StartLiveTable is StartTable with time that passes.
func StartLiveTable(t testing.TB) *World { return table(t, time.Now(), time.Now) }

func table(t testing.TB, began time.Time, now func() time.Time) *World {
	t.Helper()
	w := start(t, APIHost, began, now)
	const table = "deskpro-login-AccountsTable-1ABCDEFGHIJKL"
	w.AWS.PutSecret("FactorSecret-pL8sDw3KfQ6y", FactorKey)
	w.vary(map[string]string{
		"DIRECTORY": "dynamodb", "ACCOUNTS_TABLE": table, "FACTORS": "on", "FACTOR_SECRET": w.AWS.SecretARN("FactorSecret-pL8sDw3KfQ6y"), "FACTOR_GROUPS": "admins",
	})
	w.Stack().Outputs["DirectoryKind"], w.Stack().Outputs["AccountsTableName"] = "dynamodb", table
	w.Tables[table] = &Table{Status: "ACTIVE", Key: [][2]string{{"login", "S"}}, OnDemand: true, Protected: true, Encrypted: true, Recovery: true}
	w.AWS.CreateTable(table, "login")
	w.AWS.PutItem(table, `{"login": {"S": "ada"}, "id": {"S": "u-1"}, "email": {"S": "ada@example.com"}, "name": {"S": "Ada"}, "groups": {"L": [{"S": "deskpro-agents"}, {"S": "admins"}]}}`)
	return w
}

// StartPool returns a world whose accounts are in a user pool, with managed login,
// behind CloudFront, and whose time stands still.
func StartPool(t testing.TB) *World {
	t.Helper()
	w := start(t, Edge, noon, func() time.Time { return noon })
	w.AWS.PutSecret("UserPoolClientSecret-hT5rWq1LmN8z", ClientSecret)
	w.vary(map[string]string{
		"DIRECTORY": "cognito", "COGNITO_USER_POOL_ID": UserPool, "COGNITO_CLIENT_ID": Client, "COGNITO_CLIENT_SECRET": w.AWS.SecretARN("UserPoolClientSecret-hT5rWq1LmN8z"),
		"FEDERATION_DOMAIN": "acme.auth.eu-central-1.amazoncognito.com", "FEDERATION_NAME": "Acme ID", "USERS_GROUP": "staff",
		"EDGE_DOMAIN": Edge, "ORIGIN_VERIFY_HASHES": strings.Repeat("0f", 32),
	})
	w.Stack().Outputs["DirectoryKind"], w.Stack().Outputs["UserPoolId"], w.Stack().Outputs["UserPoolClientId"] = "cognito", UserPool, Client
	w.Pools[UserPool] = &Pool{MFA: "ON", Protected: true, Groups: []string{"deskpro-agents", "staff"}, Clients: map[string]map[string]any{Client: {
		"ClientId": Client, "ClientSecret": ClientSecret, "ExplicitAuthFlows": []string{"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"},
		"PreventUserExistenceErrors": "ENABLED", "EnablePropagateAdditionalUserContextData": true, "AllowedOAuthFlows": []string{"code"},
		"IdTokenValidity": 5, "AccessTokenValidity": 5, "RefreshTokenValidity": 60,
		"TokenValidityUnits": map[string]string{"IdToken": "minutes", "AccessToken": "minutes", "RefreshToken": "minutes"},
		"CallbackURLs":       []string{"https://" + Edge + "/users/login/callback", "https://" + Edge + "/agents/login/callback"},
	}}}
	pages := w.Pages
	w.Hosts[APIHost] = w.host(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		pages.ServeHTTP(out, r.WithContext(context.WithValue(r.Context(), bypass{}, true)))
	}))
	w.Hosts[Edge].Plain = http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		http.Redirect(out, r, "https://"+r.Host+r.URL.String(), http.StatusMovedPermanently)
	})
	return w
}

type bypass struct{}

func start(t testing.TB, host string, began time.Time, now func() time.Time) *World {
	t.Helper()
	w := &World{
		Cloud: &Cloud{
			AWS: awstest.New(), Stacks: map[string]*Stack{}, Functions: map[string]*Function{}, Tables: map[string]*Table{}, Pools: map[string]*Pool{},
			over: make(chan struct{}), Groups: map[string]Group{}, Alarms: map[string]Alarm{}, Throttling: map[string]Throttle{"a1b2c3d4e5": {Rate: 100, Burst: 200}},
		},
		Now: began, Host: host,
	}
	server := httptest.NewServer(w.Cloud)
	t.Cleanup(func() {
		close(w.over) // Close waits for calls that hang
		server.CloseClientConnections()
		server.Close()
	})
	w.Config = awstest.Config(t, server.URL)
	w.Config.RetryMaxAttempts = 1
	w.Config.Retryer = func() aws.Retryer { return aws.NopRetryer{} } // what fails here fails again
	w.Web = StartWeb(t, now)
	w.AWS.PutSecret("UsersSecret-kT7cPq2LmZ0x", UsersKey)
	w.AWS.PutSecret("AgentsSecret-w9XvRt4HsJ1y", AgentsKey)
	w.build()
	w.Tables["deskpro-login-StateTable-1MNOPQRSTUVWX"] = &Table{Status: "ACTIVE", Key: [][2]string{{"key", "S"}}, OnDemand: true, Encrypted: true, Expiry: "expires"}
	w.AWS.CreateTable("deskpro-login-StateTable-1MNOPQRSTUVWX", "key")
	w.Pages = serve(t)
	w.Hosts[host] = w.host(w.Pages)
	for _, name := range []string{Helpdesk, Brand} {
		w.Hosts[name] = w.host(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) { _, _ = out.Write([]byte("Helpdesk")) }))
	}
	return w
}

// host is one that is well.
func (w *World) host(h http.Handler) *Host {
	return &Host{Handler: h, Ends: w.Now.Add(90 * 24 * time.Hour)}
}

// serve makes the real pages of both doors.
func serve(t testing.TB) http.Handler {
	t.Helper()
	sessions, err := session.New(session.Config{Store: new(memory.Store), Idle: time.Hour, Absolute: 12 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	door := func(name string, origins ...string) web.Door {
		app, err := deskpro.New(deskpro.Config{URL: "https://" + Helpdesk + "/", ReturnOrigins: origins, Issuer: Name + "/" + name})
		if err != nil {
			t.Fatal(err)
		}
		return web.Door{Name: name, App: app, Keys: keyring.Source(nil)} // nobody signs in
	}
	silent := slog.New(slog.DiscardHandler)
	pages, err := web.New(web.Config{
		Doors: []web.Door{door("users", "https://"+Brand), door("agents")}, Sessions: sessions, Log: silent, Audit: audit.Log{Logger: silent},
		Bypassed: func(ctx context.Context) string {
			if ctx.Value(bypass{}) != nil {
				return "no_key"
			}
			return ""
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /{door}/login", pages.Login())
	mux.Handle("/", pages.Login())
	return mux
}

// build makes the stack and what is in it.
func (w *World) build() {
	s := &Stack{Status: "UPDATE_COMPLETE", Parameters: map[string]string{"MaxSecretAgeDays": "365"}, Resources: map[string]Resource{
		"Api":        {"AWS::ApiGatewayV2::Api", "a1b2c3d4e5"},
		"AccessLogs": {"AWS::Logs::LogGroup", "/aws/vendedlogs/deskpro-login/access"}, "OperatorLogs": {"AWS::Logs::LogGroup", "deskpro-login-OperatorLogs-1XYZ"},
		"FailuresAlarm": {"AWS::CloudWatch::Alarm", "deskpro-login-FailuresAlarm-1A"}, "Monitoring": {"AWS::CloudFormation::Stack", "deskpro-login-Monitoring-1B"},
	}}
	s.Outputs = map[string]string{
		"UsersLoginUrl": "https://" + w.Host + "/users/login", "UsersLogoutUrl": "https://" + w.Host + "/users/logout",
		"UsersAccountUrl": "https://" + w.Host + "/users/account", "AgentsAccountUrl": "https://" + w.Host + "/agents/account",
		"UsersSecretArn": w.AWS.SecretARN("UsersSecret-kT7cPq2LmZ0x"), "UsersDeskproUrl": "https://" + Helpdesk + "/",
		"AgentsLoginUrl": "https://" + w.Host + "/agents/login", "AgentsLogoutUrl": "https://" + w.Host + "/agents/logout",
		"AgentsSecretArn": w.AWS.SecretARN("AgentsSecret-w9XvRt4HsJ1y"), "AgentsDeskproUrl": "https://" + Helpdesk + "/",
		"TokenAlgorithm": "HS256", "TokenLifetime": "120s", "StateTableName": "deskpro-login-StateTable-1MNOPQRSTUVWX", "OperatorLogGroupName": "deskpro-login-OperatorLogs-1XYZ",
		"ApiHost": APIHost, "DashboardUrl": "https://eu-central-1.console.aws.amazon.com/cloudwatch/home", "StackRegion": Region,
	}
	w.Stacks[Name] = s
	w.Stacks["deskpro-login-Monitoring-1B"] = &Stack{Status: "CREATE_COMPLETE", Resources: map[string]Resource{"SlowPagesAlarm": {"AWS::CloudWatch::Alarm", "deskpro-login-slow-pages"}}}
	for _, name := range []string{"deskpro-login-FailuresAlarm-1A", "deskpro-login-slow-pages"} {
		w.Alarms[name] = Alarm{State: "OK", Actions: []string{"arn:aws:sns:eu-central-1:123456789012:alarms"}}
	}
	for _, f := range functions {
		physical, served := Name+"-"+f.logical+"-1C", Name+"-"+f.logical+"-1C"
		s.Resources[f.logical] = Resource{"AWS::Lambda::Function", physical}
		if f.alias {
			s.Resources[f.logical+"Aliaslive"] = Resource{"AWS::Lambda::Alias", "arn:aws:lambda:eu-central-1:123456789012:function:" + physical + ":live"}
			served += ":live"
		}
		logs := "/aws/lambda/deskpro-login/" + string(f.name)
		w.Functions[served] = &Function{State: "Active", LastUpdateStatus: "Successful", LogGroup: logs, Variables: map[string]string{"GOMAXPROCS": "1"}}
		w.Groups[logs] = Group{90}
		w.Groups[logs+"-before"] = Group{} // a name that begins like another's
	}
	w.Groups["/aws/vendedlogs/deskpro-login/access"], w.Groups["deskpro-login-OperatorLogs-1XYZ"] = Group{90}, Group{90}
	w.vary(map[string]string{
		"USERS_DESKPRO_URL": s.Outputs["UsersDeskproUrl"], "USERS_RETURN_ORIGINS": "https://" + Brand, "USERS_SECRET": s.Outputs["UsersSecretArn"],
		"AGENTS_DESKPRO_URL": s.Outputs["AgentsDeskproUrl"], "AGENTS_SECRET": s.Outputs["AgentsSecretArn"], "AGENTS_GROUP": "deskpro-agents",
		"ISSUER": Name, "TOKEN_ALGORITHM": "HS256", "TOKEN_LIFETIME": "120s", "STATE_TABLE": s.Outputs["StateTableName"],
		"METRICS_NAMESPACE": "DeskproLogin/deskpro-login",
		"LOGIN_VERSION":     "arn:aws:lambda:eu-central-1:123456789012:function:login:7", "AUTHENTICATE_VERSION": "arn:aws:lambda:eu-central-1:123456789012:function:authenticate:7",
		"LOGOUT_VERSION": "arn:aws:lambda:eu-central-1:123456789012:function:logout:7",
	})
}

var functions = []struct {
	name    config.Function
	logical string
	alias   bool
}{
	{config.Login, "LoginFunction", true}, {config.Authenticate, "AuthenticateFunction", true}, {config.Logout, "LogoutFunction", true},
	{config.Preflight, "PreflightFunction", false}, {config.Rotate, "RotateFunction", false},
}

// Function is what is served of it.
func (w *World) Function(name config.Function) *Function {
	for _, f := range functions {
		served := Name + "-" + f.logical + "-1C"
		if f.alias {
			served += ":live"
		}
		if f.name == name {
			return w.Functions[served]
		}
	}
	panic(fmt.Sprintf("doctortest: no function %s", name))
}

// vary sets variables of the functions that read them.
func (w *World) vary(variables map[string]string) {
	for name, value := range variables {
		for _, v := range config.Variables() {
			suffix, doors := strings.CutPrefix(v.Name, "DOOR_")
			if v.Name != name && !(doors && (name == "USERS_"+suffix || name == "AGENTS_"+suffix)) {
				continue
			}
			for _, f := range functions {
				if slices.Contains(v.Functions, f.name) {
					w.Function(f.name).Variables[name] = value
				}
			}
		}
	}
}

// outputs are those that tell a variable.
var outputs = map[string]string{
	"TOKEN_LIFETIME": "TokenLifetime", "TOKEN_ALGORITHM": "TokenAlgorithm", "USERS_DESKPRO_URL": "UsersDeskproUrl", "AGENTS_DESKPRO_URL": "AgentsDeskproUrl",
	"USERS_SECRET": "UsersSecretArn", "AGENTS_SECRET": "AgentsSecretArn",
}

// Set deploys another value, everywhere.
func (w *World) Set(name, value string) {
	w.vary(map[string]string{name: value})
	if output := outputs[name]; output != "" {
		w.Stack().Outputs[output] = value
	}
}

// Environment are the variables of a function, of which nothing was deployed.
func (w *World) Environment(name config.Function) map[string]string {
	return w.Function(name).Variables
}
