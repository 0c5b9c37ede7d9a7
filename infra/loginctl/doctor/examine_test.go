package doctor_test

import (
	"context"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.yaml.in/yaml/v3"

	"deskpro-login/infra/loginctl/doctor"
	"deskpro-login/infra/loginctl/doctor/doctortest"
	"deskpro-login/pkg/config"
)

// told returns what is told of a check; empty where nothing is.
func told(found []doctor.Finding, id string) doctor.Finding {
	for _, f := range found {
		if f.ID == id {
			return f
		}
	}
	return doctor.Finding{}
}

func (p *patient) environments(of ...config.Function) []doctor.Environment {
	var all []doctor.Environment
	for _, name := range of {
		all = append(all, doctor.Environment{Function: name, Variables: p.Environment(name)})
	}
	return all
}

// What names things beside a stack is enough to look at them.
func TestVariablesAloneAreExamined(t *testing.T) {
	for _, row := range []struct {
		name  string
		start func(testing.TB) *doctortest.World
	}{{"table", doctortest.StartTable}, {"pool", doctortest.StartPool}} {
		t.Run(row.name, func(t *testing.T) {
			p := admit(t, row.start(t))
			p.cfg.Stack, p.cfg.Environments = "", p.environments(config.Login, config.Authenticate)
			found := p.examine(t)
			for _, f := range found {
				if f.Level != doctor.OK {
					t.Errorf("%s is %s: %s", f.ID, f.Level, f.What)
				}
				if of, _, _ := strings.Cut(f.ID, "/"); slices.Contains([]string{"stack", "functions", "logs", "alarms", "api"}, of) {
					t.Errorf("%s is told, which only a stack has", f.ID)
				}
			}
			for _, id := range []string{"config/drift", "secrets/users/key", "secrets/differ", "tables/state/expiry", "groups/agents", "clock/here", "deskpro/help.acme.example/clock", "token/agents/sample"} {
				if told(found, id).Level != doctor.OK {
					t.Errorf("%s is not told", id)
				}
			}
			// Where people are is known by CloudFront's name alone.
			if known := told(found, "pages/users/answer").Level == doctor.OK; known != (row.name == "pool") {
				t.Errorf("the pages are visited: %t", known)
			}
		})
	}
}

func TestWithoutAWSAndNetworkVariablesAreStillExamined(t *testing.T) {
	p := admit(t, doctortest.StartTable(t))
	p.Set("TOKEN_LIFETIME", "10m")
	p.Set("FRAME_ANCESTORS", "*")
	p.Set("AGENTS_GROUP", "*")
	p.Set("USERS_RETURN_ORIGINS", "https://other.deskpro.com")
	p.Set("USERS_DESKPRO_URL", "https://acme.deskpro.com/")
	found := doctor.Examine(t.Context(), doctor.Config{Environments: p.environments(config.Login)})
	noSecrets(t, found)
	golden(t, "offline.txt", listed(t, found))
	if called, visited := p.Called(), p.Visited(); len(called)+len(visited) > 0 {
		t.Errorf("it asked for %v and visited %v", called, visited)
	}
}

// A function that has a problem leaves the others to tell of the doors.
func TestNothingIsLostByOneFunctionWithAProblem(t *testing.T) {
	p := admit(t, doctortest.StartTable(t))
	p.Function(config.Login).Variables["SESSION_IDLE"] = "soon"
	found := p.examine(t)
	for _, id := range []string{"secrets/users/key", "deskpro/support.acme.example/https", "pages/users/headers", "groups/agents", "token/users/sample"} {
		if told(found, id).Level != doctor.OK {
			t.Errorf("%s is %+v", id, told(found, id))
		}
	}
}

func TestHostsThatAreNotConfiguredAreNotVisited(t *testing.T) {
	for _, row := range []struct {
		name  string
		start func(testing.TB) *doctortest.World
		want  []string
	}{
		{"table", doctortest.StartTable, []string{doctortest.APIHost + ":443", doctortest.APIHost + ":80", "help.acme.example:443", "support.acme.example:443"}},
		{"pool", doctortest.StartPool, []string{doctortest.APIHost + ":443", "help.acme.example:443", "login.acme.example:443", "login.acme.example:80", "support.acme.example:443"}},
	} {
		p := admit(t, row.start(t))
		p.Hosts["elsewhere.example"] = p.Hosts[doctortest.Helpdesk]
		p.Hosts[doctortest.Brand].Handler = http.RedirectHandler("https://elsewhere.example/", http.StatusFound)
		p.examine(t)
		if got := p.Visited(); !slices.Equal(got, row.want) {
			t.Errorf("%s: visited are %v, want %v", row.name, got, row.want)
		}
	}
}

func TestAHelpdeskThatSendsPeopleStraightToOurPageIsWell(t *testing.T) {
	p := admit(t, doctortest.StartPool(t))
	p.Hosts[doctortest.Helpdesk].Handler = http.RedirectHandler("https://login.acme.example/users/login?return=/", http.StatusFound)
	p.Hosts[doctortest.Brand].Handler = http.RedirectHandler("/en/", http.StatusFound)
	found := p.examine(t)
	for _, id := range []string{"deskpro/help.acme.example/redirect", "deskpro/support.acme.example/redirect"} {
		if f := told(found, id); f.Level != doctor.OK {
			t.Errorf("%s is %+v", id, f)
		}
	}
}

// A cache answers with the time of when it was asked first.
func TestAnAnswerOfACacheTellsTheTimeAllTheSame(t *testing.T) {
	p := admit(t, doctortest.StartTable(t))
	p.Hosts[doctortest.Helpdesk].Ahead, p.Hosts[doctortest.Helpdesk].Age = -10*time.Minute, 600
	if f := told(p.examine(t), "deskpro/help.acme.example/clock"); f.Level != doctor.OK {
		t.Errorf("the clock is %+v", f)
	}
}

// Without AWS it is this machine's clock that the others are compared with.
func TestWhoseClockIsComparedIsTold(t *testing.T) {
	p := admit(t, doctortest.StartTable(t))
	p.cfg.Stack, p.cfg.AWS, p.cfg.Store, p.cfg.Environments = "", nil, nil, p.environments(config.Login)
	p.Hosts[doctortest.Helpdesk].Ahead = -time.Minute
	found := p.examine(t)
	if f := told(found, "deskpro/help.acme.example/clock"); f.Level != doctor.Fail || !strings.Contains(f.What, "behind this machine's") {
		t.Errorf("the clock is %+v", f)
	}
	if f := told(found, "clock/here"); f.ID != "" {
		t.Errorf("this machine's clock is compared: %+v", f)
	}
}

// The practice helpdesk has no TLS.
func TestAHelpdeskOnThisMachineIsForTrials(t *testing.T) {
	p := admit(t, doctortest.StartTable(t))
	p.Set("USERS_DESKPRO_URL", "http://localhost:8080/")
	p.Set("AGENTS_DESKPRO_URL", "http://localhost:8080/agent/")
	p.Set("USERS_RETURN_ORIGINS", "")
	p.Hosts["localhost:8080"] = &doctortest.Host{Plain: http.NotFoundHandler()}
	p.cfg.Stack, p.cfg.Environments = "", p.environments(config.Login)
	found := p.examine(t)
	if f := told(found, "deskpro/localhost:8080/https"); f.Level != doctor.Warn || !strings.Contains(f.What, "in the clear") {
		t.Errorf("the helpdesk is %+v", f)
	}
	if f := told(found, "deskpro/localhost:8080/tls"); f.ID != "" {
		t.Errorf("its TLS is told: %+v", f)
	}
}

// What hangs ends, and what does not is told of.
func TestTimeIsBounded(t *testing.T) {
	p := admit(t, doctortest.StartTable(t))
	for _, action := range doctor.Actions() {
		if action != "cloudformation:DescribeStacks" && action != "cloudformation:ListStackResources" && action != "lambda:GetFunctionConfiguration" {
			p.Refuse(action, "hang")
		}
	}
	for _, host := range p.Hosts {
		host.Hang = true
	}
	p.cfg.Timeout = 2 * time.Second
	begun := time.Now()
	found := p.examine(t)
	if took := time.Since(begun); took > 8*time.Second {
		t.Errorf("it took %v", took)
	}
	for _, id := range []string{"secrets/users/readable", "tables/accounts/there", "deskpro/help.acme.example/https", "logs/login", "alarms/there", "api/throttle"} {
		if f := told(found, id); !f.Unchecked || f.Permission != "" {
			t.Errorf("%s is %+v, want it not to be checked", id, f)
		}
	}
	if f := told(found, "token/lifetime"); f.Level != doctor.OK {
		t.Errorf("what asks nobody is %+v", f)
	}
}

func TestACheckHasTenSecondsAndEightAreMadeAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		now, most := 0, 0
		var checks []func(context.Context)
		for range 20 {
			checks = append(checks, func(ctx context.Context) {
				mu.Lock()
				now++
				most = max(most, now)
				mu.Unlock()
				<-ctx.Done()
				mu.Lock()
				now--
				mu.Unlock()
			})
		}
		begun := time.Now()
		doctor.Run(t.Context(), checks)
		if took := time.Since(begun); took != 30*time.Second || most != 8 {
			t.Errorf("20 checks that hang took %v, %d at once, want 30s and 8", took, most)
		}
	})
}

// Who reads the policy need not find out by what is denied.
func TestThePolicyAllowsWhatIsAskedFor(t *testing.T) {
	asked := map[string]bool{}
	for _, start := range []func(testing.TB) *doctortest.World{doctortest.StartTable, doctortest.StartPool} {
		p := admit(t, start(t))
		p.examine(t)
		for _, action := range p.Called() {
			asked[action] = true
		}
	}
	delete(asked, "sts:GetCallerIdentity") // needs no permission
	asked["kms:Decrypt"] = true            // for which services ask
	for _, action := range doctor.Actions() {
		if !asked[action] {
			t.Errorf("nothing asks for %s", action)
		}
		delete(asked, action)
	}
	for action := range asked {
		t.Errorf("%s is asked for, and not among the actions", action)
	}
	var allowed []string
	for _, s := range doctor.PolicyFor("arn:aws-cn:cloudformation:cn-north-1:123456789012:stack/desk/6c0e2f40", "cn-north-1").Statement {
		allowed = append(allowed, s.Action...)
		if s.Effect != "Allow" || len(s.Resource) == 0 {
			t.Errorf("the statement %+v", s)
		}
		for _, r := range s.Resource {
			if r != "*" && !strings.HasPrefix(r, "arn:aws-cn:") {
				t.Errorf("%s is in another partition", r)
			}
		}
		if slices.Contains(s.Action, "dynamodb:Scan") && !slices.Equal(s.Resource, []string{
			"arn:aws-cn:dynamodb:cn-north-1:*:table/desk-AccountsTable-*", "arn:aws-cn:dynamodb:cn-north-1:*:table/desk-StateTable-*",
		}) {
			t.Errorf("accounts, and waits, are in %v", s.Resource)
		}
	}
	slices.Sort(allowed)
	if !slices.Equal(allowed, doctor.Actions()) {
		t.Errorf("the policy allows %v, want %v", allowed, doctor.Actions())
	}
}

// Each denial names the action to allow.
func TestWhatIsDeniedIsNamed(t *testing.T) {
	for _, start := range []func(testing.TB) *doctortest.World{doctortest.StartTable, doctortest.StartPool} {
		for _, action := range doctor.Actions() {
			p := admit(t, start(t))
			p.Refuse(action, "AccessDeniedException")
			asked := slices.Contains(admitted(t, start).Called(), action)
			named := slices.ContainsFunc(p.examine(t), func(f doctor.Finding) bool {
				return f.Unchecked && f.Level == doctor.Warn && f.Permission == action && strings.Contains(f.Fix, action)
			})
			if named != asked {
				t.Errorf("%s is asked for: %t; named when denied: %t", action, asked, named)
			}
		}
	}
}

// admitted is a patient that was examined.
func admitted(t *testing.T, start func(testing.TB) *doctortest.World) *patient {
	p := admit(t, start(t))
	p.examine(t)
	return p
}

func TestSettingsAreTheTemplatesParameters(t *testing.T) {
	source, err := os.ReadFile("../../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Parameters map[string]yaml.Node `yaml:"Parameters"`
		Resources  map[string]yaml.Node `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(source, &template); err != nil {
		t.Fatal(err)
	}
	for _, variable := range doctor.Settings() {
		if _, ok := template.Parameters[doctor.ParameterOf(variable)]; !ok {
			t.Errorf("%s becomes %s, which is no parameter", variable, doctor.ParameterOf(variable))
		}
	}
	for _, name := range []string{"LogRetentionDays", "ThrottleRate", "ThrottleBurst", "AlarmEmail", "MaxSecretAgeDays", "CognitoMfa", "RotateAfterDays", "KmsKeyArn"} {
		if _, ok := template.Parameters[name]; !ok {
			t.Errorf("%s is no parameter", name)
		}
	}
	for _, name := range []string{
		"LoginFunction", "AuthenticateFunction", "LogoutFunction", "PreflightFunction", "RotateFunction", "Api", "AccessLogs", "OperatorLogs", "Monitoring",
		"UsersSecret", "AgentsSecret", "FactorSecret", "UserPoolClientSecret", "AccountsTable",
	} {
		if _, ok := template.Resources[name]; !ok {
			t.Errorf("%s is no resource", name)
		}
	}
}

func TestDomainsAreWhatSomebodyHasRegistered(t *testing.T) {
	for _, row := range []struct{ host, want string }{
		{"help.acme.com", "acme.com"},
		{"acme.com", "acme.com"},
		{"a.b.acme.example", "acme.example"},
		{"help.acme.co.uk", "acme.co.uk"},
		{"acme.co.uk", "acme.co.uk"},
		{"help.acme.com.au", "acme.com.au"},
		{"co.uk", "co.uk"},
		{"help.acme.de", "acme.de"},
		{"com.acme.io", "acme.io"},
		{"localhost", "localhost"},
	} {
		if got := doctor.DomainOf(row.host); got != row.want {
			t.Errorf("%s is of %s, want %s", row.host, got, row.want)
		}
	}
}

// What the function refuses to begin with has no row that calls it well.
func TestAWindowThatIsRefusedIsNotToldToBeWell(t *testing.T) {
	p := admit(t, doctortest.StartTable(t))
	if found := p.examine(t); told(found, "rotation/window").Level != doctor.OK {
		t.Errorf("a window that is good is not told: %s", listed(t, found))
	}
	p.Set("ROTATION_WINDOW", "500h")
	if found := p.examine(t); told(found, "rotation/window").ID != "" || told(found, "config/login/variables").Level != doctor.Fail {
		t.Errorf("a window of 500h: %s", listed(t, found))
	}
}
