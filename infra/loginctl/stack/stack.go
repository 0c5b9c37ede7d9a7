// Package stack knows what a deployed stack says of itself by its outputs, which
// come from CloudFormation (awsstack) or from a file (Read). It refuses a stack
// that is not whole, is not this project's, or whose outputs are not what the
// template makes of them, so that whoever prints a Stack need not distrust it.
package stack

import (
	"errors"
	"fmt"
	"time"

	"deskpro-login/infra/loginctl/hint"
)

// Stack is a deployed sign-in page. All fields are set unless they say so.
type Stack struct {
	Name, Region string
	// Algorithm and Lifetime are the tokens'.
	Algorithm string
	Lifetime  time.Duration
	Directory Directory
	// Passwords is zero where accounts are in a pool, or the stack is of a release
	// that did not tell.
	Passwords Passwords
	// Guesses are zero where the stack is of a release that counted none.
	Guesses Guesses
	// APIHost is the API's own host; people may see another.
	APIHost string
	// StateTable is the table of sessions, and OperatorLog the log group of what
	// operators do; empty where the stack is of a release that had none.
	StateTable, OperatorLog string
	// DomainTarget is what a record for the stack's own host name must point
	// to; empty if it has none.
	DomainTarget string
	DashboardURL string
	// Doors are those that are on, users first.
	Doors []Door
	// RolledBack says that the last update failed, so that the stack is as
	// before it.
	RolledBack bool
}

// Directory is where accounts are: the user pool or the table called Name.
type Directory struct {
	Cognito bool
	Name    string
	// ClientID is the pool's app client.
	ClientID string
	// ManagedLogin is the host of the pool's pages, through which people of
	// other identity providers sign in; empty if nobody does.
	ManagedLogin string
	// Fields are the pairs that say which attribute of the table is what; empty
	// where it is a table of our own.
	Fields string
	// ReadOnly: nobody here writes accounts.
	ReadOnly bool
}

// Passwords is what new passwords in the table must be, and what their hashes
// cost. What is zero is as package password has it by default.
type Passwords struct {
	MinLength int
	// BreachCheck: they are looked up in Have I Been Pwned.
	BreachCheck bool
	// Words are no passwords: the company's name, the helpdesk's hosts and others,
	// in any letters and signs, to be compared and not to be printed.
	Words []string
	// Memory is in KiB.
	Memory, Time, Parallelism uint32
}

// The doors there can be.
const (
	Users  = "Users"
	Agents = "Agents"
)

// Door is a way into the helpdesk.
type Door struct {
	// Name is Users or Agents, with which its parameters begin.
	Name                string
	LoginURL, LogoutURL string
	// AccountURL is the page of one's own account; empty of a stack that has none
	// yet.
	AccountURL string
	// CallbackURL is what the pool's app client must allow, for people who sign
	// in with another identity provider; empty if there is nothing to allow.
	CallbackURL string
	// DeskproURL is the helpdesk's address.
	DeskproURL string
	Secret     Secret
}

// Secret says where a door's JWT secret is. Nobody here knows what it is.
type Secret struct {
	ARN, Partition, Region, Name string
}

// Description is a stack as CloudFormation, or a file, describes it, with
// nothing checked. Its fields have CloudFormation's names.
type Description struct {
	StackName         string
	StackStatus       string
	StackStatusReason string
	Outputs           []Output
	Parameters        []Parameter
	// Region is where it was found; empty where that is not known.
	Region string `json:"-"`
}

// Output is a name and its value.
type Output struct{ OutputKey, OutputValue string }

// Parse is where a Stack comes from. Every error has a hint.
func Parse(d Description) (Stack, error) {
	if err := d.ready(); err != nil {
		return Stack{}, err
	}
	r := &reader{values: map[string]string{}, read: map[string]bool{}}
	for _, o := range d.Outputs {
		r.values[o.OutputKey] = o.OutputValue
	}
	s := Stack{
		Name:         d.StackName,
		Region:       r.get("StackRegion", region),
		Algorithm:    r.get("TokenAlgorithm", algorithm),
		APIHost:      r.get("ApiHost", host),
		DashboardURL: r.get("DashboardUrl", address),
		RolledBack:   d.StackStatus == "UPDATE_ROLLBACK_COMPLETE" || d.StackStatus == "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
	}
	s.Lifetime, _ = time.ParseDuration(r.get("TokenLifetime", lifetime))
	if s.Directory.Cognito = r.get("DirectoryKind", directory) == "cognito"; s.Directory.Cognito {
		s.Directory.Name = r.get("UserPoolId", pool)
		s.Directory.ClientID = r.get("UserPoolClientId", client)
		s.Directory.ManagedLogin = r.may("FederationDomain", host)
	} else {
		s.Directory.Name = r.get("AccountsTableName", table)
		s.Directory.Fields = r.may("AccountsFields", pairs)
		s.Directory.ReadOnly = r.may("AccountsWrites", onOff) == "off"
		s.Passwords = r.passwords()
	}
	var err error
	if s.Guesses, err = ParseGuesses(d.Parameters); err != nil {
		r.problem("%v", err)
	}
	s.StateTable = r.may("StateTableName", table)
	s.OperatorLog = r.may("OperatorLogGroupName", logGroup)
	s.DomainTarget = r.may("DomainTarget", host)
	if len(r.read) == 0 {
		return Stack{}, notOurs(d)
	}
	for _, name := range []string{Users, Agents} {
		if door, on := r.door(name, s.Region); on {
			s.Doors = append(s.Doors, door)
		}
	}
	switch {
	case len(s.Doors) == 0:
		return Stack{}, hint.With(fmt.Errorf("the stack %s has the outputs of no door: neither UsersLoginUrl nor AgentsLoginUrl", d.StackName), deployAgain)
	case len(s.Doors) == 2 && s.Doors[0].Secret == s.Doors[1].Secret:
		r.problem("both doors have the secret %s, so that a user's token would open the agent interface", s.Doors[0].Secret.ARN)
	}
	if err := r.err(d.StackName); err != nil {
		return Stack{}, err
	}
	return s, nil
}

const deployAgain = "deploy it from this release (make deploy), with UsersDeskproUrl, AgentsDeskproUrl or both set"

func notOurs(d Description) error {
	return hint.With(fmt.Errorf("the stack %s is not one of a sign-in page: it has none of its outputs", d.StackName),
		"give the name that it was deployed by, deskpro-login in samconfig.toml, not that of a nested stack (…-Monitoring-…)")
}

// ready returns an error unless the stack's outputs are those of something that
// runs. An empty status, as sam list has none, passes.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
func (d Description) ready() error {
	is := fmt.Sprintf("the stack %s is in the state %s", d.StackName, d.StackStatus)
	if d.StackStatusReason != "" {
		is += " (" + d.StackStatusReason + ")"
	}
	err := errors.New(is)
	events := "aws cloudformation describe-stack-events --stack-name " + d.StackName
	if d.Region != "" {
		events += " --region " + d.Region
	}
	events += " says why"
	switch d.StackStatus {
	case "", "CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "IMPORT_COMPLETE",
		"UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "IMPORT_ROLLBACK_COMPLETE":
		return nil
	case "CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "IMPORT_IN_PROGRESS",
		"UPDATE_ROLLBACK_IN_PROGRESS", "IMPORT_ROLLBACK_IN_PROGRESS":
		return hint.With(err, "it is not finished: wait for the deployment, then try again")
	case "REVIEW_IN_PROGRESS":
		return hint.With(err, "a change set was made but not executed: run make deploy, and say yes when it asks")
	case "ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED":
		return hint.With(err, "making it failed: %s; mend that, then sam delete, then make deploy", events)
	case "DELETE_IN_PROGRESS", "DELETE_FAILED", "DELETE_COMPLETE":
		return hint.With(err, "it is being removed: make deploy makes a new one")
	default:
		return hint.With(err, "its last update did not end well: %s", events)
	}
}
