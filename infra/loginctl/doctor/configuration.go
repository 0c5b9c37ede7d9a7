package doctor

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"deskpro-login/pkg/config"
)

const (
	longToken  = 300 * time.Second // Deskpro's own suggestion
	shortToken = 60 * time.Second
	// NIST SP 800-63B-4 section 2.2.3, for authenticator assurance level 2.
	longIdle     = time.Hour
	longAbsolute = 24 * time.Hour
)

func (d *doctor) configurationChecks() []check {
	checks := []check{d.checkVariables}
	if len(d.functions) > 1 {
		checks = append(checks, d.checkDrift)
	}
	if d.stack != nil {
		checks = append(checks, d.checkOutputs)
	}
	return append(checks, d.checkLifetimes, d.checkOrigins, d.checkAgents, d.checkFrames, d.checkGuesses, d.checkWindow)
}

func (d *doctor) checkVariables(_ context.Context, r *report) {
	fix := "correct the stack's parameters and deploy again (make deploy): variables follow them"
	if !d.deployed() {
		fix = "correct the variables; README.md, Configuration, has what each may be"
	}
	var unread []string
	for i := range d.functions {
		f := &d.functions[i]
		row := r.at("config/*/variables", string(f.name))
		if f.problems != nil {
			sentences := make([]string, len(f.problems))
			for i, problem := range f.problems {
				sentences[i] = strings.TrimSuffix(problem, ".")
			}
			row.fail(fix, "%s", strings.Join(sentences, "; "))
		} else {
			row.ok("nothing is wrong with them")
		}
		for _, name := range slices.Sorted(maps.Keys(f.variables)) {
			_, known := describe(name)
			if !known && !strings.HasPrefix(name, "AWS_") && !strings.HasPrefix(name, "_") && !strings.HasPrefix(name, "GO") && !slices.Contains(unread, name) {
				unread = append(unread, name)
			}
		}
	}
	if row := r.at("config/unread"); unread != nil {
		row.warn("correct the name, or remove it", "no function reads %s", strings.Join(unread, ", "))
	} else {
		row.ok("each variable is one that a function reads")
	}
}

// checkDrift compares what functions have in common.
func (d *doctor) checkDrift(_ context.Context, r *report) {
	var apart []string
	for _, v := range config.Variables() {
		named := []string{v.Name}
		if suffix, doors := strings.CutPrefix(v.Name, "DOOR_"); doors {
			named = []string{"USERS_" + suffix, "AGENTS_" + suffix}
		}
		for _, name := range named {
			if values := d.values(name, v); len(values) > 1 {
				apart = append(apart, name+" is "+strings.Join(told(values), ", but "))
			}
		}
	}
	row := r.at("config/drift")
	if apart == nil {
		row.ok("what several functions read is the same in all")
		return
	}
	row.fail("if a deployment is under way, wait for it; otherwise deploy again (make deploy), and change variables by the stack's parameters alone", "%s", strings.Join(apart, "; "))
}

// value is what some functions have.
type value struct {
	text string
	of   []string
}

// values are a variable's, those of the functions that read it.
func (d *doctor) values(name string, v config.Variable) []value {
	var all []value
	for i := range d.functions {
		f := &d.functions[i]
		if !slices.Contains(v.Functions, f.name) {
			continue
		}
		text := cmp.Or(strings.TrimSpace(f.variables[name]), v.Default)
		at := slices.IndexFunc(all, func(v value) bool { return v.text == text })
		if at < 0 {
			all, at = append(all, value{text: text}), len(all)
		}
		all[at].of = append(all[at].of, string(f.name))
	}
	return all
}

func told(values []value) []string {
	var texts []string
	for _, v := range values {
		text := v.text
		if text == "" {
			text = "nothing"
		}
		texts = append(texts, text+" in "+strings.Join(v.of, ", "))
	}
	return texts
}

// checkOutputs compares what is served with what the stack says.
func (d *doctor) checkOutputs(_ context.Context, r *report) {
	outputs := map[string]string{
		"TOKEN_ALGORITHM": d.stack.Algorithm, "TOKEN_LIFETIME": d.stack.Lifetime.String(), "STATE_TABLE": d.stack.StateTable,
	}
	if d.stack.Directory.Cognito {
		outputs["COGNITO_USER_POOL_ID"] = d.stack.Directory.Name
	} else {
		outputs["ACCOUNTS_TABLE"] = d.stack.Directory.Name
	}
	for _, door := range d.stack.Doors {
		name := strings.ToUpper(door.Name)
		outputs[name+"_SECRET"], outputs[name+"_DESKPRO_URL"] = door.Secret.ARN, door.DeskproURL
	}
	var apart []string
	for _, name := range slices.Sorted(maps.Keys(outputs)) {
		v, _ := describe(name)
		others := slices.DeleteFunc(d.values(name, v), func(v value) bool {
			lasting, err := time.ParseDuration(v.text)
			return outputs[name] == "" || v.text == outputs[name] || err == nil && lasting.String() == outputs[name]
		})
		if len(others) > 0 {
			apart = append(apart, name+" is "+strings.Join(told(others), " and ")+", and the stack says "+outputs[name])
		}
	}
	row := r.at("config/outputs")
	if apart == nil {
		row.ok("what is served is what was deployed")
		return
	}
	row.warn("if a deployment is under way, wait for it; otherwise see in CodeDeploy whether the last one was taken back, and deploy again (make deploy)", "%s", strings.Join(apart, "; "))
}

func (d *doctor) checkLifetimes(_ context.Context, r *report) {
	lasts := func(variable string) (time.Duration, bool) {
		value := d.effective(variable)
		lasting, err := time.ParseDuration(value)
		return lasting, value != "" && err == nil
	}
	if life, ok := lasts("TOKEN_LIFETIME"); ok {
		switch row := r.at("token/lifetime"); {
		case life > longToken:
			row.warn(d.set("TOKEN_LIFETIME", "120s"), "a token is valid for %s, longer than the %s that Deskpro suggests", brief(life), brief(longToken))
		case life < shortToken:
			row.warn(d.set("TOKEN_LIFETIME", "120s"), "a token is valid for %s only", brief(life))
		default:
			row.ok("a token is valid for %s", brief(life))
		}
	}
	if idle, ok := lasts("SESSION_IDLE"); ok {
		if row := r.at("session/idle"); idle > longIdle {
			row.warn(d.set("SESSION_IDLE", "1h"), "a session that is not used lasts %s", brief(idle))
		} else {
			row.ok("a session that is not used ends after %s", brief(idle))
		}
	}
	if absolute, ok := lasts("SESSION_ABSOLUTE"); ok {
		if row := r.at("session/absolute"); absolute > longAbsolute {
			row.warn(d.set("SESSION_ABSOLUTE", "12h"), "a session lasts %s, if it is used", brief(absolute))
		} else {
			row.ok("a session ends after %s, used or not", brief(absolute))
		}
	}
}

func (d *doctor) checkAgents(_ context.Context, r *report) {
	if d.effective("AGENTS_DESKPRO_URL") == "" || d.effective("AGENTS_GROUP") == "" {
		return // off, or told by config/*/variables, or no function here reads it
	}
	if row, group := r.at("doors/*/group", config.Agents), d.effective("AGENTS_GROUP"); group == "*" {
		row.warn(d.set("AGENTS_GROUP", "deskpro-agents")+", and put your agents into that group", "everyone with an account passes the agents' door")
	} else {
		row.ok("only members of %s pass the agents' door", group)
	}
}

// checkFrames looks for sources that stand for more than a site.
func (d *doctor) checkFrames(_ context.Context, r *report) {
	var wide []string
	sources := strings.Fields(d.effective("FRAME_ANCESTORS"))
	for _, source := range sources {
		scheme, host, _ := strings.Cut(source, ":")
		if strings.Contains(source, "*") || host == "" && scheme != source || strings.EqualFold(scheme, "http") || scheme == "data" || scheme == "blob" {
			wide = append(wide, source)
		}
	}
	switch row := r.at("pages/frames"); {
	case wide != nil:
		row.warn("name each site in full: "+d.set("FRAME_ANCESTORS", "https://intranet.example.com"), "sites that nobody here knows may show the pages in a frame: %s", strings.Join(wide, " "))
	case len(sources) > 0:
		row.ok("these alone may show the pages in a frame: %s", strings.Join(sources, " "))
	default:
		row.ok("nobody may show the pages in a frame")
	}
}

func (d *doctor) checkWindow(_ context.Context, r *report) {
	f := d.function(config.Login)
	if f == nil {
		return // told by config/*/variables, or login is not among the functions
	}
	window := f.loaded.RotationWindow
	if row := r.at("rotation/window"); window == 0 {
		row.warn(d.set("ROTATION_WINDOW", "24h"), "nothing signs but the current version of a secret")
	} else {
		row.ok("for %s after a secret was changed the one before still helps whom Deskpro refuses", brief(window))
	}
}

// brief is a duration without the zeros at its end.
func brief(d time.Duration) string {
	if d > 2*day && d%day == 0 {
		return days(d)
	}
	text := d.Round(time.Second).String()
	text = strings.TrimSuffix(text, "m0s")
	if text != d.Round(time.Second).String() {
		text += "m"
	}
	if short, ok := strings.CutSuffix(text, "h0m"); ok {
		return short + "h"
	}
	return text
}
