package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/infra/loginctl/sheet"
	"deskpro-login/infra/loginctl/stack"
	"deskpro-login/infra/loginctl/stack/awsstack"
)

// describeTimeout bounds the calls to AWS, the search for credentials included.
const describeTimeout = 30 * time.Second

// setup is the sub-command's flags.
type setup struct {
	query           awsstack.Query
	outputs         string
	format, written string
}

func newSetup() *cobra.Command {
	var s setup
	cmd := &cobra.Command{
		Use:   "setup",
		Short: "Print the set-up sheet for the helpdesk's administrator",
		Long: `setup prints what the administrator of the helpdesk has to do in Deskpro for
this stack: what to click, which value goes where, how to reveal the secret,
what Test Settings should show, and what to check if it does not work.

It reads the stack's outputs and nothing else. The sheet never contains a
secret: it may be printed, mailed and put into a wiki.`,
		Example: `  # for this terminal
  loginctl setup --region eu-west-1

  # a page to mail or print
  loginctl setup --region eu-west-1 --output sheet.html

  # without access to AWS, from what somebody else has saved
  aws cloudformation describe-stacks --stack-name deskpro-login --output json > outputs.json
  loginctl setup --outputs outputs.json

  # the same, in one go
  sam list stack-outputs --stack-name deskpro-login --output json | loginctl setup --outputs -`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.run(cmd) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&s.query.Name, "stack", "deskpro-login", "the stack's `NAME` or ARN")
	flags.StringVar(&s.query.Region, "region", "", "the stack's `REGION` (default: AWS_REGION, or the profile's)")
	flags.StringVar(&s.query.Profile, "profile", "", "`PROFILE` of AWS's configuration files (default: AWS_PROFILE)")
	flags.StringVar(&s.query.Endpoint, "endpoint-url", "", "ask at `URL` instead of AWS, for an emulator")
	flags.StringVar(&s.outputs, "outputs", "", "read the outputs from `FILE`, or - for standard input, instead of asking AWS")
	flags.StringVar(&s.format, "format", "", "`FORMAT` of the sheet: text, markdown or html (default: by the ending of --output, else text)")
	flags.StringVar(&s.written, "output", "", "write the sheet to `FILE` instead of standard output")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(sheet.Formats(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (s *setup) run(cmd *cobra.Command) error {
	format, err := s.chooseFormat(cmd)
	if err != nil {
		return err
	}
	found, err := s.read(cmd)
	if err != nil {
		return err
	}
	var page bytes.Buffer
	if err := sheet.New(found).Render(&page, format); err != nil {
		return fmt.Errorf("rendering the sheet: %w", err)
	}
	if found.RolledBack {
		fmt.Fprintln(cmd.ErrOrStderr(), "note: the stack's last update was rolled back; the sheet is for what runs now")
	}
	if s.written == "" {
		_, err = cmd.OutOrStdout().Write(page.Bytes())
		return err
	}
	if err := os.WriteFile(s.written, page.Bytes(), 0o644); err != nil { // #nosec G306 -- it is to be handed on, and has no secret
		return hint.With(fmt.Errorf("writing the sheet: %w", err), "give a file in a folder that exists and that you may write to")
	}
	return nil
}

func (s *setup) chooseFormat(cmd *cobra.Command) (string, error) {
	format := s.format
	if format == "" {
		switch strings.ToLower(filepath.Ext(s.written)) {
		case ".html", ".htm":
			format = sheet.HTML
		case ".md":
			format = sheet.Markdown
		default:
			format = sheet.Text
		}
	}
	if !slices.Contains(sheet.Formats(), format) {
		return "", misuse(cmd, "there is no format %q, only %s", format, strings.Join(sheet.Formats(), ", "))
	}
	return format, nil
}

// read returns the stack, from AWS or from a file.
func (s *setup) read(cmd *cobra.Command) (stack.Stack, error) {
	if !stack.ValidName(s.query.Name) {
		return stack.Stack{}, misuse(cmd, "--stack %q is neither a stack's name nor its ARN", s.query.Name)
	}
	if !cmd.Flags().Changed("outputs") {
		ctx, cancel := context.WithTimeout(cmd.Context(), describeTimeout)
		defer cancel()
		s.query.Saved = true
		return awsstack.Describe(ctx, s.query)
	}
	for _, flag := range []string{"region", "profile", "endpoint-url"} {
		if cmd.Flags().Changed(flag) {
			return stack.Stack{}, misuse(cmd, "--%s is for asking AWS, and --outputs is for not asking it: give one of them", flag)
		}
	}
	source := cmd.InOrStdin()
	if s.outputs != "-" {
		file, err := os.Open(s.outputs)
		if err != nil {
			return stack.Stack{}, hint.With(fmt.Errorf("reading outputs: %w", err), "%s", stack.HowToSave)
		}
		defer file.Close()
		source = file
	}
	named := ""
	if cmd.Flags().Changed("stack") {
		named = s.query.Name
	}
	return stack.Read(source, named)
}
