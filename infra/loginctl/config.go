package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/pkg/config"
)

func newConfig() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Check the variables of a function",
	}
	cmd.AddCommand(newConfigCheck())
	return cmd
}

func functions() []string {
	return []string{string(config.Login), string(config.Authenticate), string(config.Logout), string(config.Preflight), string(config.Rotate)}
}

func newConfigCheck() *cobra.Command {
	var (
		file, function string
		asJSON         bool
	)
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Tell what is wrong with a function's variables",
		Long: `check reads the variables of a function and prints every problem that would keep
it from serving. They come from a file of lines such as BRAND=Acme, or as JSON
from aws lambda get-function-configuration. It asks AWS nothing, and of secrets it
sees the names only.

Which function they are for it guesses, by which variables are there.`,
		Example: `  aws lambda get-function-configuration --function-name deskpro-login-AuthenticateFunction-1ABC |
    loginctl config check

  loginctl config check --env login.env --function login`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if function != "" && !slices.Contains(functions(), function) {
				return misuse(cmd, "there is no function %q, only %s", function, strings.Join(functions(), ", "))
			}
			variables, err := readVariables(cmd, file)
			if err != nil {
				return err
			}
			chosen := guess(variables)
			if function != "" {
				chosen = []config.Function{config.Function(function)}
			}
			return checkConfig(cmd, variables, chosen, asJSON)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&file, "env", "-", "read the variables from `FILE`, or - for standard input")
	cmd.Flags().StringVar(&function, "function", "", "`FUNCTION` that they are for: "+strings.Join(functions(), ", "))
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, a line for each function")
	_ = cmd.RegisterFlagCompletionFunc("function", cobra.FixedCompletions(functions(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// checkConfig prints the problems of each function's configuration.
func checkConfig(cmd *cobra.Command, variables map[string]string, chosen []config.Function, asJSON bool) error {
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		if !known(name) {
			fmt.Fprintf(cmd.ErrOrStderr(), "note: no function reads %s\n", cell(name))
		}
	}
	found := 0
	for _, function := range chosen {
		problems := []string{}
		if _, err := config.Load(function, func(name string) string { return variables[name] }); err != nil {
			_, list, _ := strings.Cut(err.Error(), "\n") // the first line says whose they are
			problems = strings.Split(list, "\n")
		}
		found += len(problems)
		if err := printProblems(cmd.OutOrStdout(), function, problems, asJSON); err != nil {
			return err
		}
	}
	switch found {
	case 0:
		return nil
	case 1:
		return hint.With(errors.New("there is a problem"), "correct the stack's parameters and deploy again (make deploy): variables follow them")
	}
	return hint.With(fmt.Errorf("there are %d problems", found), "correct the stack's parameters and deploy again (make deploy): variables follow them")
}

func printProblems(out io.Writer, function config.Function, problems []string, asJSON bool) error {
	if asJSON {
		return printJSON(out, struct {
			Function config.Function `json:"function"`
			Problems []string        `json:"problems"`
		}{function, problems})
	}
	if len(problems) == 0 {
		_, err := fmt.Fprintf(out, "%s: nothing is wrong\n", function)
		return err
	}
	text := fmt.Sprintf("%s:\n", function)
	for _, problem := range problems {
		text += "  " + cell(problem) + "\n"
	}
	_, err := io.WriteString(out, text)
	return err
}

// maxVariables bounds a file of variables in bytes. Lambda's own bound is 4 KB.
const maxVariables = 256 << 10

func readVariables(cmd *cobra.Command, name string) (map[string]string, error) {
	const help = "give lines such as BRAND=Acme, or what aws lambda get-function-configuration prints"
	var from io.Reader = cmd.InOrStdin()
	if in, ok := from.(*os.File); name == "-" && ok && term.IsTerminal(int(in.Fd())) {
		return nil, misuse(cmd, "give a file with --env, or send one to standard input")
	}
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, hint.With(fmt.Errorf("reading variables: %w", err), help)
		}
		defer file.Close()
		from = file
	}
	content, err := io.ReadAll(io.LimitReader(from, maxVariables+1))
	content = bytes.TrimSpace(bytes.TrimPrefix(content, []byte("\xef\xbb\xbf")))
	switch {
	case err != nil:
		return nil, hint.With(fmt.Errorf("reading variables: %w", err), help)
	case len(content) > maxVariables:
		return nil, hint.With(fmt.Errorf("reading variables: there are more than %d bytes", maxVariables), help)
	case len(content) == 0:
		return nil, hint.With(errors.New("reading variables: there is nothing"), help)
	}
	parse := parseLines
	if content[0] == '{' {
		parse = parseJSON
	}
	variables, err := parse(string(content))
	if err != nil {
		return nil, hint.With(fmt.Errorf("reading variables: %w", err), help)
	}
	return variables, nil
}

// parseJSON takes a function's configuration, the Environment of one, or its
// Variables.
func parseJSON(content string) (map[string]string, error) {
	var whole struct {
		Environment struct{ Variables map[string]string }
		Variables   map[string]string
	}
	if err := json.Unmarshal([]byte(content), &whole); err == nil && (whole.Environment.Variables != nil || whole.Variables != nil) {
		if whole.Variables != nil {
			return whole.Variables, nil
		}
		return whole.Environment.Variables, nil
	}
	var bare map[string]string
	if err := json.Unmarshal([]byte(content), &bare); err != nil {
		return nil, errors.New("the JSON is neither a function's configuration nor an object of texts")
	}
	return bare, nil
}

// parseLines takes what a shell, or docker --env-file, reads. A value in quotes
// loses them; nothing in it is expanded.
func parseLines(content string) (map[string]string, error) {
	variables := map[string]string{}
	for i, text := range strings.Split(content, "\n") {
		text = strings.TrimSpace(text)
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		name, value, ok := strings.Cut(strings.TrimSpace(strings.TrimPrefix(text, "export ")), "=")
		if !ok || name == "" || strings.ContainsAny(name, " \t\"'") {
			return nil, fmt.Errorf("line %d is not like BRAND=Acme", i+1)
		}
		if _, twice := variables[name]; twice {
			return nil, fmt.Errorf("line %d sets %s a second time", i+1, name)
		}
		value = strings.TrimSpace(value)
		if n := len(value); n >= 2 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
			value = value[1 : n-1]
		}
		variables[name] = value
	}
	return variables, nil
}

// readBy returns the functions that read a variable of this name.
func readBy(name string) []config.Function {
	for _, v := range config.Variables() {
		suffix, isDoors := strings.CutPrefix(v.Name, "DOOR_")
		if name == v.Name && !isDoors || isDoors && (name == "USERS_"+suffix || name == "AGENTS_"+suffix) {
			return v.Functions
		}
	}
	return nil
}

// known also of variables that are Lambda's, or Go's.
func known(name string) bool {
	return readBy(name) != nil || strings.HasPrefix(name, "AWS_") || strings.HasPrefix(name, "_") || strings.HasPrefix(name, "GO")
}

// guess returns the function that reads all of these variables, and of several
// such the one that reads the fewest besides; all that there may be, if none
// does. What preflight and rotate read the others read, too, but for what is
// theirs alone.
func guess(variables map[string]string) []config.Function {
	reads, own := map[config.Function]int{}, map[config.Function]bool{}
	for _, v := range config.Variables() {
		for _, function := range v.Functions {
			reads[function]++
		}
		if len(v.Functions) == 1 && variables[v.Name] != "" {
			own[v.Functions[0]] = true
		}
	}
	for _, function := range []config.Function{config.Preflight, config.Rotate} {
		if !own[function] {
			delete(reads, function)
		}
	}
	candidates := slices.SortedFunc(maps.Keys(reads), func(a, b config.Function) int {
		return cmp.Or(reads[a]-reads[b], strings.Compare(string(a), string(b)))
	})
	for _, function := range candidates {
		reading := true
		for name, value := range variables {
			by := readBy(name)
			reading = reading && (value == "" || by == nil || slices.Contains(by, function))
		}
		if reading {
			return []config.Function{function}
		}
	}
	return slices.DeleteFunc([]config.Function{config.Login, config.Authenticate, config.Logout, config.Preflight, config.Rotate}, func(function config.Function) bool { return reads[function] == 0 })
}
