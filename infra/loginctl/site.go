package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os/user"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/infra/loginctl/stack"
	"deskpro-login/infra/loginctl/stack/awsstack"
	"deskpro-login/pkg/directory/dynamo"
	"deskpro-login/pkg/directory/fields"
	"deskpro-login/pkg/session"
	"deskpro-login/pkg/state"
	dynamostate "deskpro-login/pkg/state/dynamo"
)

// where are the flags, common to the commands for accounts, to those for secrets and
// to those for waits, that say where these and all that belongs to them are.
type where struct {
	query                               awsstack.Query
	table, stateTable, fields, auditLog string
	usersSecret, agentsSecret           string
	limits                              string
	json                                bool

	set *pflag.FlagSet
}

func (w *where) flags(cmd *cobra.Command) {
	w.flagsAnd(cmd, "accounts", func(flags *pflag.FlagSet) {
		flags.StringVar(&w.table, "table", "", "`TABLE` of accounts at --endpoint-url, where there is no stack to ask; unless that is plain HTTP on this machine, with --audit-log")
		flags.StringVar(&w.stateTable, "state-table", "", "`TABLE` of sessions there")
		flags.StringVar(&w.fields, "fields", "", "which attribute of --table is what, `PAIRS` as in ACCOUNTS_FIELDS")
	})
}

// secretFlags are flags for secrets.
func (w *where) secretFlags(cmd *cobra.Command) {
	w.flagsAnd(cmd, "secrets", func(flags *pflag.FlagSet) {
		flags.StringVar(&w.usersSecret, "users-secret", "", "`NAME` of the users' secret at --endpoint-url, where there is no stack to ask; unless that is plain HTTP on this machine, with --audit-log")
		flags.StringVar(&w.agentsSecret, "agents-secret", "", "`NAME` of the agents' secret there")
		flags.StringVar(&w.stateTable, "state-table", "", "`TABLE` of sessions there, which has whom Deskpro let in, too")
	})
}

// waitFlags are flags for waits.
func (w *where) waitFlags(cmd *cobra.Command) {
	w.flagsAnd(cmd, "waits", func(flags *pflag.FlagSet) {
		flags.StringVar(&w.stateTable, "state-table", "", "`TABLE` of sessions at --endpoint-url, which has the waits, too, where there is no stack to ask; unless that is plain HTTP on this machine, with --audit-log")
		flags.StringVar(&w.table, "table", "", "`TABLE` of accounts there, so that whose the waits are can be told")
		flags.StringVar(&w.fields, "fields", "", "which attribute of --table is what, `PAIRS` as in ACCOUNTS_FIELDS")
		flags.StringVar(&w.limits, "limits", "", "limits there that are not as recommended, `PAIRS` such as 'GUESSES_FREE=3 GUESSES_FIRST_WAIT=1m'")
	})
}

// flagsAnd are all, in their order: those of emulators are others for accounts, for
// secrets and for waits.
func (w *where) flagsAnd(cmd *cobra.Command, what string, atEmulator func(*pflag.FlagSet)) {
	flags := cmd.PersistentFlags()
	flags.SortFlags = false
	flags.StringVar(&w.query.Name, "stack", "deskpro-login", "`NAME` or ARN of the stack whose "+what+" they are")
	flags.StringVar(&w.query.Region, "region", "", "the stack's `REGION` (default: AWS_REGION, or the profile's)")
	flags.StringVar(&w.query.Profile, "profile", "", "`PROFILE` of AWS's configuration files (default: AWS_PROFILE)")
	flags.StringVar(&w.query.Endpoint, "endpoint-url", "", "ask at `URL` instead of AWS, for an emulator")
	atEmulator(flags)
	flags.StringVar(&w.auditLog, "audit-log", "", "write what is done to the end of `FILE`, instead of to the stack's log group, which has nothing of it then: whoever reads that must be given FILE")
	flags.BoolVar(&w.json, "json", false, "print JSON")
	w.set = flags
}

// command is the command line of loginctl with these arguments and the flags of
// where that were given, to be shown in a hint.
func (w *where) command(args ...string) string {
	w.set.VisitAll(func(f *pflag.Flag) {
		if f.Changed && f.Name != "json" {
			args = append(args, "--"+f.Name, f.Value.String())
		}
	})
	for i, arg := range args {
		if arg == "" || strings.ContainsFunc(arg, func(r rune) bool {
			return !strings.ContainsRune("+,-./:=@_%", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
		}) {
			args[i] = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
	}
	return "loginctl " + strings.Join(args, " ")
}

// site is where accounts, sessions, secrets and the log of what operators do are.
type site struct {
	where *where
	cfg   aws.Config
	// name is for messages, such as "the stack deskpro-login in eu-west-1".
	name string
	// stack is as found; at an emulator it has doors alone, if that.
	stack stack.Stack
	// accounts are in table, by pairs; nil where they are in pool.
	accounts           *dynamo.Accounts
	table, pairs, pool string
	mapped             bool
	readOnly           bool
	// passwords are what the stack asks of new ones.
	passwords stack.Passwords
	// guesses are the limits of wrong ones.
	guesses stack.Guesses
	// sessions is nil where it is not known in which table they are.
	sessions   *session.Sessions
	store      state.Store
	lister     state.Lister
	stateTable string

	// acts is where the operator's acts are written; missing says why it is nil.
	acts    recorder
	missing error
	// identify asks who the operator is, and how far this machine's clock is
	// behind AWS's.
	identify func(context.Context) (operator string, behind time.Duration, err error)
	operator string
	behind   time.Duration

	stderr io.Writer
}

// openTimeout bounds the calls to AWS before the first for an account, the
// search for credentials included.
const openTimeout = time.Minute

// open returns the site whose accounts are in a table.
func (w *where) open(cmd *cobra.Command) (*site, error) {
	s, err := w.openAny(cmd)
	if err == nil && s.accounts == nil {
		return nil, hint.With(fmt.Errorf("the accounts of %s are in the Cognito user pool %s, not in a table", s.name, s.pool),
			"see to them in the Cognito console, or with aws cognito-idp admin-get-user, admin-disable-user and the like, --user-pool-id %s; %s ends their sessions here",
			s.pool, w.command("account", "sessions", "end", "--id", "SUB", "--apply"))
	}
	return s, err
}

// openAny is open for what does without accounts: theirs may be in a pool.
func (w *where) openAny(cmd *cobra.Command) (*site, error) {
	if err := w.check(cmd); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), openTimeout)
	defer cancel()
	cfg, err := w.query.Config(ctx)
	if err != nil {
		return nil, err
	}
	s := &site{where: w, cfg: cfg, stderr: cmd.ErrOrStderr()}
	if w.named() != "" {
		s.atEmulator(cfg)
	} else {
		err = s.ofStack(ctx, cfg)
	}
	if err != nil {
		return nil, err
	}
	if w.auditLog != "" {
		s.acts, s.missing = logFile(w.auditLog), nil
	}
	return s, s.connect(cfg)
}

// named is the flag that says at an emulator what a stack would; empty if none
// does.
func (w *where) named() string {
	switch {
	case w.forWaits() && w.stateTable == "":
		return ""
	case w.forWaits():
		return "--state-table"
	case w.table != "":
		return "--table"
	case w.usersSecret != "":
		return "--users-secret"
	case w.agentsSecret != "":
		return "--agents-secret"
	}
	return ""
}

// forWaits reports whether these are waitFlags.
func (w *where) forWaits() bool { return w.set.Lookup("limits") != nil }

func (w *where) check(cmd *cobra.Command) error {
	given, named := cmd.Flags().Changed, w.named()
	also, which := "--state-table and --fields belong to --table", "table it is"
	switch {
	case w.forWaits():
		also, which = "--table, --fields and --limits belong to --state-table", "table it is"
	case w.set.Lookup("table") == nil:
		also, which = "--state-table belongs to --users-secret and --agents-secret", "secrets they are"
	}
	switch {
	case !stack.ValidName(w.query.Name):
		return misuse(cmd, "--stack %q is neither a stack's name nor its ARN", w.query.Name)
	case given("endpoint-url") && !isEndpoint(w.query.Endpoint):
		return misuse(cmd, "--endpoint-url %.100q is not like http://127.0.0.1:8000", w.query.Endpoint)
	case given("audit-log") && w.auditLog == "":
		return misuse(cmd, "--audit-log names no file")
	case named == "" && (w.table != "" || w.stateTable != "" || w.fields != "" || w.limits != ""), w.fields != "" && w.table == "":
		return misuse(cmd, "%s: a stack tells its own", also)
	case named != "" && w.query.Endpoint == "":
		return misuse(cmd, "%s is for an emulator: give its --endpoint-url, or no %s but --stack", named, named)
	case named != "" && w.auditLog == "" && !w.query.Local():
		return misuse(cmd, "%s at %.100q passes by the log of operators: give --stack, or where there is none --audit-log FILE", named, w.query.Endpoint)
	case named != "" && given("stack"):
		return misuse(cmd, "--stack tells which %s: give it or %s", which, named)
	case w.usersSecret != "" && w.usersSecret == w.agentsSecret:
		return misuse(cmd, "both doors have the secret %.100q, so that a user's token would open the agent interface", w.usersSecret)
	}
	return nil
}

func isEndpoint(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// atEmulator makes s that of --table, or of the secrets that were named. Who acts
// is this machine's user only where nobody else's can they be: elsewhere whoever
// the credentials are of.
func (s *site) atEmulator(cfg aws.Config) {
	w := s.where
	s.name = fmt.Sprintf("the table %s at %s", w.table, w.query.Endpoint)
	s.table, s.pairs, s.stateTable = w.table, w.fields, w.stateTable
	if w.table == "" || w.forWaits() {
		s.name = "the emulator at " + w.query.Endpoint
	}
	for _, d := range []stack.Door{{Name: stack.Users, Secret: stack.Secret{ARN: w.usersSecret, Name: w.usersSecret}}, {Name: stack.Agents, Secret: stack.Secret{ARN: w.agentsSecret, Name: w.agentsSecret}}} {
		if d.Secret.Name != "" {
			s.stack.Doors = append(s.stack.Doors, d)
		}
	}
	if !w.query.Local() {
		s.identify = callerOf(cfg) // and check asked for --audit-log
		return
	}
	s.acts = logStream{s.stderr}
	s.identify = func(context.Context) (string, time.Duration, error) {
		u, err := user.Current()
		if err != nil {
			return "", 0, hint.With(fmt.Errorf("finding out who you are: %w", err), "nothing was done; give this machine a user, by USER and HOME")
		}
		return u.Username, 0, nil
	}
}

// callerOf asks STS whose credentials these are.
func callerOf(cfg aws.Config) func(context.Context) (string, time.Duration, error) {
	client := sts.NewFromConfig(cfg)
	return func(ctx context.Context) (string, time.Duration, error) {
		out, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		if err != nil {
			return "", 0, hint.With(fmt.Errorf("asking AWS who you are, for the log: %w", worded(err)), "nothing was done; try again when aws sts get-caller-identity answers")
		}
		behind, _ := awsmiddleware.GetAttemptSkew(out.ResultMetadata)
		return aws.ToString(out.Arn), behind, nil
	}
}

func (s *site) ofStack(ctx context.Context, cfg aws.Config) error {
	found, err := s.where.query.DescribeWith(ctx, cfg)
	if err != nil {
		switch at := s.where.query.Endpoint; {
		case at != "" && s.where.set.Lookup("users-secret") != nil:
			return hint.With(err, "%s; at an emulator give --users-secret and --agents-secret, too", hint.Of(err))
		case at != "" && s.where.forWaits():
			return hint.With(err, "%s; at an emulator give --state-table, too", hint.Of(err))
		}
		return err
	}
	s.name, s.stack = fmt.Sprintf("the stack %s in %s", found.Name, cfg.Region), found
	s.stateTable, s.guesses = found.StateTable, found.Guesses
	if found.Directory.Cognito {
		s.pool = found.Directory.Name
	} else {
		s.table, s.pairs, s.readOnly = found.Directory.Name, found.Directory.Fields, found.Directory.ReadOnly
		s.passwords = found.Passwords
	}
	if found.OperatorLog != "" {
		s.acts = newLogGroup(cloudwatchlogs.NewFromConfig(cfg), found.OperatorLog)
	} else {
		s.missing = hint.With(fmt.Errorf("%s has no log group for what operators do, so nothing was done", s.name),
			"deploy it from this release (make deploy), or keep the record yourself with --audit-log FILE")
	}
	s.identify = callerOf(cfg)
	return nil
}

// connect makes what speaks to the tables.
func (s *site) connect(cfg aws.Config) error {
	client := dynamodb.NewFromConfig(cfg)
	if s.table != "" {
		parsed, err := fields.Parse(strings.Fields(s.pairs))
		if err != nil {
			return hint.With(fmt.Errorf("which attribute of the table %s is what cannot be told: %w", s.table, err), "correct AccountsFields and deploy again, or correct --fields")
		}
		s.mapped = !parsed.IsZero()
		s.accounts, err = dynamo.NewAccounts(dynamo.Config{Client: client, Table: s.table, Fields: parsed, ReadOnly: s.readOnly, Now: s.now})
		if err != nil {
			return fmt.Errorf("opening the table %s: %w", s.table, err)
		}
	}
	if s.stateTable == "" {
		return nil
	}
	config := dynamostate.Config{Client: client, Table: s.stateTable}
	store, err := dynamostate.New(config)
	if err != nil {
		return fmt.Errorf("opening the table %s: %w", s.stateTable, err)
	}
	s.store = store
	if s.lister, err = dynamostate.NewLister(config); err != nil {
		return fmt.Errorf("opening the table %s: %w", s.stateTable, err)
	}
	s.sessions, err = session.New(session.Config{
		Store: store, Idle: session.MaxAbsolute, Absolute: session.MaxAbsolute, // the items know better
		Now: s.now,
	})
	return err
}

// changeable returns nil, or why accounts may not be made, changed and deleted
// here.
func (s *site) changeable() error {
	if err := s.resettable(); err != nil {
		return err
	}
	if s.mapped {
		return hint.With(fmt.Errorf("the table %s is another's: here only the passwords and authenticator apps in it are changed", s.table),
			"change the rest where its owner does, then end sessions with: %s", s.where.command("account", "sessions", "end", "LOGIN", "--apply"))
	}
	return nil
}

// resettable returns nil, or why passwords and authenticator apps may not be
// changed here.
func (s *site) resettable() error {
	if s.readOnly {
		return hint.With(fmt.Errorf("the accounts of %s are not changed here: its parameter AccountsWrites is off", s.name),
			"change them where their owner does, then end sessions with: %s", s.where.command("account", "sessions", "end", "LOGIN", "--apply"))
	}
	return nil
}

// endable returns nil, or why no sessions can be ended.
func (s *site) endable() error {
	if s.sessions != nil {
		return nil
	}
	err := fmt.Errorf("it is not known where the sessions of %s are, so nothing was done", s.name)
	if s.where.table != "" {
		return hint.With(err, "give their table with --state-table")
	}
	return hint.With(err, "the stack lacks the output StateTableName: deploy it from this release (make deploy)")
}

// endSessions ends all of an account's, also after a change because of which it
// may no longer have them.
func (s *site) endSessions(ctx context.Context, id string) error {
	if err := s.endable(); err != nil {
		return err
	}
	return s.endAll(ctx, id, "the sessions were not ended, so that who has one stays signed in")
}

// endAll is endSessions, which says so if it fails.
func (s *site) endAll(ctx context.Context, id, so string) error {
	ctx, cancel := finish(ctx)
	defer cancel()
	if err := s.sessions.EndAll(ctx, id); err != nil {
		return hint.With(fmt.Errorf("%s: %w", so, worded(err)),
			"once that is mended, end them with: %s", s.where.command("account", "sessions", "end", "--id", id, "--apply"))
	}
	return nil
}

// finish outlives an interrupt, for what must follow on what was done already.
func finish(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), openTimeout)
}
