package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deskpro-login/infra/loginctl/doctor"
	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/infra/loginctl/stack"
	"deskpro-login/infra/loginctl/stack/awsstack"
	"deskpro-login/infra/loginctl/vault"
	"deskpro-login/pkg/config"
)

// examination is the sub-command's flags.
type examination struct {
	query                          awsstack.Query
	env, function                  string
	offline, json, strict, trouble bool
	permissions                    bool
	timeout                        time.Duration

	network doctor.Network
}

func newDoctor() *cobra.Command {
	return newDoctorOver(doctor.Network{Proxy: http.ProxyFromEnvironment})
}

// newDoctorOver visits hosts by way of network.
func newDoctorOver(network doctor.Network) *cobra.Command {
	e := examination{network: network}
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check a deployed stack, or variables, for what would keep people out",
		Long: `doctor checks a deployed stack as it is served: variables, secrets, tables or the
user pool, groups, limits of wrong guesses and whom they shut out, Deskpro's hosts
and their clocks, the sign-in pages, a sample token, logs, alarms and throttling.
It prints a line for each check, with why it matters and what to do where something
is not well. It changes nothing and prints no secret. What hangs on something that
is missing has no line of its own.

With --env it checks variables as config check reads them, and what they name;
with --offline it asks nobody. Logs, alarms and throttling only a stack has.

Beside AWS it visits the hosts that the configuration names: Deskpro's, the
brands' and the sign-in page's own, each with a GET or two. The API's own host it
visits where CloudFront is in front.

It exits with 1 if a check failed or nothing could be checked, with --strict also
if there is something to look at. What could not be checked is something to look
at, and names the IAM action that was denied. --permissions prints a policy with
all of them, which are:

  ` + strings.Join(doctor.Actions(), "\n  ") + `

Who may read the secrets can sign in as anyone: without GetSecretValue everything
else is checked.`,
		Example: `  loginctl doctor --region eu-west-1

  # for a program, or a schedule
  loginctl doctor --region eu-west-1 --strict --json | jq -r 'select(.level != "ok").id'

  # before it is deployed
  loginctl doctor --env login.env --offline`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return e.run(cmd) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&e.query.Name, "stack", "deskpro-login", "the stack's `NAME` or ARN")
	flags.StringVar(&e.query.Region, "region", "", "the stack's `REGION` (default: AWS_REGION, or the profile's)")
	flags.StringVar(&e.query.Profile, "profile", "", "`PROFILE` of AWS's configuration files (default: AWS_PROFILE)")
	flags.StringVar(&e.query.Endpoint, "endpoint-url", "", "ask at `URL` instead of AWS, for an emulator")
	flags.StringVar(&e.env, "env", "", "check the variables in `FILE`, or - for standard input, instead of a stack")
	flags.StringVar(&e.function, "function", "", "`FUNCTION` that they are for (default: as config check guesses)")
	flags.BoolVar(&e.offline, "offline", false, "with --env: ask neither AWS nor any other host")
	flags.BoolVar(&e.trouble, "trouble", false, "leave out what is well")
	flags.BoolVar(&e.json, "json", false, "print JSON, a line for each check")
	flags.BoolVar(&e.strict, "strict", false, "exit with 1 also if there is something to look at")
	flags.DurationVar(&e.timeout, "timeout", time.Minute, "end after this `TIME`; a check has ten seconds of it")
	flags.BoolVar(&e.permissions, "permissions", false, "print an IAM policy that allows what this does for --stack, and do nothing")
	return cmd
}

func (e *examination) run(cmd *cobra.Command) error {
	if err := e.check(cmd); err != nil {
		return err
	}
	if e.permissions {
		encoder := json.NewEncoder(cmd.OutOrStdout())
		encoder.SetIndent("", "  ")
		return encoder.Encode(doctor.PolicyFor(e.query.Name, cmp.Or(e.query.Region, os.Getenv("AWS_REGION"))))
	}
	cfg := doctor.Config{Timeout: e.timeout}
	if e.env == "" {
		cfg.Stack = e.query.Name
	} else if err := e.read(cmd, &cfg); err != nil {
		return err
	}
	if err := e.connect(cmd.Context(), &cfg); err != nil {
		return err
	}
	findings := doctor.Examine(cmd.Context(), cfg)
	if cmd.Context().Err() != nil {
		return hint.With(errors.New("you broke off"), "begin anew")
	}
	if err := e.print(cmd, findings); err != nil {
		return err
	}
	return e.judge(findings)
}

func (e *examination) check(cmd *cobra.Command) error {
	given := cmd.Flags().Changed
	switch {
	case !stack.ValidName(e.query.Name):
		return misuse(cmd, "--stack %q is neither a stack's name nor its ARN", e.query.Name)
	case given("endpoint-url") && !isEndpoint(e.query.Endpoint):
		return misuse(cmd, "--endpoint-url %.100q is not like http://127.0.0.1:8000", e.query.Endpoint)
	case given("env") && e.env == "":
		return misuse(cmd, "--env names no file")
	case given("env") && given("stack"):
		return misuse(cmd, "--env is for variables, and --stack for what is deployed: give one of them")
	case e.env == "" && (e.offline || given("function")):
		return misuse(cmd, "--offline and --function belong to --env: a stack tells its own")
	case e.offline && (given("region") || given("profile") || given("endpoint-url")):
		return misuse(cmd, "--region, --profile and --endpoint-url are for asking AWS, and --offline is for not asking it")
	case e.timeout <= 0:
		return misuse(cmd, "--timeout %s is no time", e.timeout)
	case given("function") && !slices.ContainsFunc(config.Variables(), func(v config.Variable) bool { return slices.Contains(v.Functions, config.Function(e.function)) }):
		return misuse(cmd, "there is no function %q, only %s", e.function, strings.Join(functions(), ", "))
	}
	return nil
}

func (e *examination) read(cmd *cobra.Command, cfg *doctor.Config) error {
	variables, err := readVariables(cmd, e.env)
	if err != nil {
		return err
	}
	chosen := guess(variables)
	if e.function != "" {
		chosen = []config.Function{config.Function(e.function)}
	}
	for _, function := range chosen {
		cfg.Environments = append(cfg.Environments, doctor.Environment{Function: function, Variables: variables})
	}
	return nil
}

// connect gives cfg what it may ask.
func (e *examination) connect(ctx context.Context, cfg *doctor.Config) error {
	if e.offline {
		return nil
	}
	cfg.Network = &e.network
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	found, err := e.query.Config(ctx)
	switch {
	case err != nil && e.env != "":
		return hint.With(err, "%s; or check the variables alone, with --offline", hint.Of(err))
	case err != nil:
		return err
	}
	cfg.AWS = &found
	cfg.Store, err = vault.Store(found)
	return err
}

func (e *examination) print(cmd *cobra.Command, findings []doctor.Finding) error {
	shown := slices.Clone(findings)
	if e.trouble {
		shown = slices.DeleteFunc(shown, func(f doctor.Finding) bool { return f.Level == doctor.OK })
	}
	if e.json {
		for _, f := range shown {
			if err := printJSON(cmd.OutOrStdout(), f); err != nil {
				return err
			}
		}
		return nil
	}
	for i := range shown {
		f := &shown[i]
		f.ID, f.What, f.Why, f.Fix = cell(f.ID), cell(f.What), cell(f.Why), cell(f.Fix)
	}
	coloured := onTerminal(cmd.OutOrStdout()) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	if err := doctor.List(cmd.OutOrStdout(), shown, coloured); err != nil {
		return err
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "\n%s\n", doctor.Summary(findings))
	return err
}

// judge returns an error where something is not well.
func (e *examination) judge(findings []doctor.Finding) error {
	count := map[doctor.Level]int{}
	for _, f := range findings {
		count[f.Level]++
	}
	const begin = "begin with the first: what comes later may follow from it; fix says what to do"
	switch failed, look := count[doctor.Fail], count[doctor.Warn]; {
	case failed > 0:
		return hint.With(fmt.Errorf("checks that failed: %d", failed), begin)
	case count[doctor.OK] == 0:
		return hint.With(errors.New("nothing could be checked"), "see that --region, --endpoint-url and the network lead to the stack; fix says what each check wants")
	case look > 0 && e.strict:
		return hint.With(fmt.Errorf("checks with something to look at: %d", look), begin)
	}
	return nil
}
