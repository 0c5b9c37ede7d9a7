package doctor

import (
	"slices"
	"strings"

	"deskpro-login/infra/loginctl/stack"
	"deskpro-login/pkg/config"
	"deskpro-login/pkg/deskpro"
)

// site is what was found to be examined. Of a function that has a problem nothing
// is known but its variables.
type site struct {
	// stack, parameters and resources are the deployed stack's, the latter by its
	// logical names; nil without one.
	stack      *stack.Stack
	parameters map[string]string
	resources  map[string]resource

	functions []function
	doors     []door
}

type resource struct{ kind, name string }

// function is one whose variables are known.
type function struct {
	name      config.Function
	variables map[string]string
	// loaded is zero where problems say why not.
	loaded   config.Config
	problems []string
	// logs is the group that it writes to; empty where that is not known.
	logs string
}

func (f *function) getenv(name string) string { return f.variables[name] }

func (f *function) load() {
	var err error
	if f.loaded, err = config.Load(f.name, f.getenv); err != nil {
		_, list, _ := strings.Cut(err.Error(), "\n") // the first line says whose they are
		f.problems = strings.Split(list, "\n")
	}
}

// door is a way in, joined of what the functions say of it.
type door struct {
	name string
	app  *deskpro.App
	// secret is empty where no function that could be read has it.
	secret, group string
	// page is the sign-in page's address; empty where it is not known.
	page string
}

// function returns the one of this name, or nil where it is not known or has a
// problem.
func (s *site) function(name config.Function) *function {
	i := slices.IndexFunc(s.functions, func(f function) bool { return f.name == name && f.problems == nil })
	if i < 0 {
		return nil
	}
	return &s.functions[i]
}

// names are the functions', with those first that know most of a door.
var names = []config.Function{config.Login, config.Authenticate, config.Preflight, config.Logout, config.Rotate}

// join makes the doors of what the functions have in common.
func (s *site) join() {
	for _, name := range []string{config.Users, config.Agents} {
		d := door{name: name}
		for _, function := range names {
			f := s.function(function)
			if f == nil {
				continue
			}
			for _, loaded := range f.loaded.Doors {
				if loaded.Name != name {
					continue
				}
				if d.app == nil {
					d.app, d.group = loaded.App, loaded.Group
				}
				if d.secret == "" {
					d.secret = loaded.SecretID
				}
			}
		}
		if d.app != nil {
			d.page = s.page(name)
			s.doors = append(s.doors, d)
		}
	}
}

// page is the address at which a door's people begin.
func (s *site) page(name string) string {
	if s.stack != nil {
		for _, d := range s.stack.Doors {
			if strings.ToLower(d.Name) == name {
				return d.LoginURL
			}
		}
	}
	if host := s.effective("EDGE_DOMAIN"); host != "" {
		return "https://" + host + "/" + name + "/login"
	}
	return ""
}

// effective is a variable's value, or its default, in the first function that has
// it; empty if none does.
func (s *site) effective(name string) string {
	v, _ := describe(name)
	for _, f := range s.functions {
		if value := strings.TrimSpace(f.variables[name]); value != "" {
			return value
		}
	}
	for _, f := range s.functions {
		if slices.Contains(v.Functions, f.name) {
			return v.Default
		}
	}
	return ""
}

// describe returns what package config knows of a variable.
func describe(name string) (config.Variable, bool) {
	for _, v := range config.Variables() {
		suffix, doors := strings.CutPrefix(v.Name, "DOOR_")
		if !doors && v.Name == name || doors && (name == "USERS_"+suffix || name == "AGENTS_"+suffix) {
			return v, true
		}
	}
	return config.Variable{}, false
}

// parameterOf is the template's name for a variable.
func parameterOf(variable string) string {
	switch variable {
	case "USERS_SECRET", "AGENTS_SECRET", "FACTOR_SECRET", "COGNITO_CLIENT_SECRET":
		variable += "_ARN"
	case "ACCOUNTS_TABLE":
		variable += "_NAME"
	}
	var name strings.Builder
	for word := range strings.SplitSeq(variable, "_") {
		name.WriteString(word[:1] + strings.ToLower(word[1:]))
	}
	return name.String()
}
