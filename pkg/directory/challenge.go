package directory

import (
	"errors"

	"deskpro-login/pkg/redact"
)

// Challenge is a further step that the directory asks for. It can be written as
// JSON and read back; State is secret, so whoever keeps it seals it.
type Challenge struct {
	// Kind is the directory's own name for it, for example
	// "SOFTWARE_TOKEN_MFA" or "NEW_PASSWORD_REQUIRED".
	Kind string
	// Step is what the person has to do. Empty: something that no page of ours
	// can ask, and State is of no use.
	Step Step
	// State is the adapter's own.
	State []byte `json:",omitempty"`
	// Subject is the account's ID, for the log alone; empty where the directory
	// does not tell it before the sign-in's end.
	Subject string `json:",omitempty"`

	// Medium and Destination say where the code of StepCode is: Destination is
	// masked by the directory ("+*******1234") and empty for MediumApp, and
	// where nothing is proved yet.
	Medium      Medium `json:",omitempty"`
	Destination string `json:",omitempty"`
	// Attributes are the names of what StepNewPassword asks for besides, such
	// as "given_name" or "custom:department".
	Attributes []string `json:",omitempty"`
	// Choices are those of StepChoose.
	Choices []Choice `json:",omitempty"`
	// Key is the new authenticator's in StepSetup, in base32 without padding.
	Key string `json:",omitempty"`
	// Question is what StepQuestion asks, in the directory's own names.
	Question []Prompt `json:",omitempty"`
	// Recovery: StepCode takes one of the account's recovery codes, too.
	Recovery bool `json:",omitempty"`
	// Codes are the recovery codes of StepKeep: shown once, never again.
	Codes []string `json:",omitempty"`
	// Least is how many characters StepNewPassword asks for, where the rules for
	// passwords are ours; zero where they are not. Policy is what a directory with
	// rules of its own says, in words fit to be shown before one is typed; empty
	// where it does not say.
	Least  int    `json:",omitempty"`
	Policy string `json:",omitempty"`
}

// Step is what a person has to do, whatever the directory calls it.
type Step string

const (
	// StepCode: type a code that was sent to them or that their app shows.
	StepCode Step = "code"
	// StepPassword: type the password that they have.
	StepPassword Step = "password"
	// StepNewPassword: choose a new password, and fill in Attributes.
	StepNewPassword Step = "new_password"
	// StepChoose: choose one of Choices.
	StepChoose Step = "choose"
	// StepSetup: give Key to an authenticator app, then type its code.
	StepSetup Step = "setup"
	// StepQuestion: answer Question.
	StepQuestion Step = "question"
	// StepKeep: keep Codes somewhere, and say so.
	StepKeep Step = "keep"
	// StepRemove: say that the authenticator app is to go. Its form answers it by
	// being sent.
	StepRemove Step = "remove"
)

// Medium is where a code comes from.
type Medium string

const (
	MediumApp   Medium = "app"
	MediumSMS   Medium = "sms"
	MediumEmail Medium = "email"
)

// Choice is a way to go on.
type Choice struct {
	// Value is what Answer.Choice says of it.
	Value string
	// Medium is where its code would come from; empty: the password.
	Medium Medium `json:",omitempty"`
}

// Prompt is a part of a question.
type Prompt struct{ Name, Text string }

// Answer is what the person did about a challenge. Its fields other than
// those of the step are ignored.
type Answer struct {
	// Code answers StepCode and StepSetup, Text StepQuestion: as typed. Nothing
	// answers StepKeep and StepRemove.
	Code, Text redact.Secret
	// Password answers StepPassword and StepNewPassword: exactly as typed.
	Password redact.Secret
	// Attributes are by the names that the challenge gives.
	Attributes map[string]string
	// Choice is the Value of one of the challenge's Choices.
	Choice string
	Client Client
}

// The further sentinels of Respond.
var (
	ErrWrongCode      = errors.New("wrong code")
	ErrSpentCode      = errors.New("code used before")
	ErrUnfitPassword  = errors.New("new password not acceptable")
	ErrUnfitAttribute = errors.New("attribute not acceptable")
	ErrOver           = errors.New("challenge is over")
	ErrNoFactor       = errors.New("account lacks the factor it needs")
	ErrDenied         = errors.New("denied by the directory's owner")
	// ErrFactorRequired: the account, or the door, must have the second factor that
	// WantNoFactor asks to be without. Nothing was changed.
	ErrFactorRequired = errors.New("account must have a second factor")
)

// UnfitPassword is an ErrUnfitPassword.
type UnfitPassword struct {
	// Rule is which of our own rules refused it, a password.Rule; empty where only
	// Policy tells.
	Rule string
	// Least is how many characters the rule on short ones asks for; zero with the
	// others.
	Least int
	// Policy is what the directory says that a password must be, in its own
	// words, fit to be shown; empty where it does not say. It never quotes the
	// password.
	Policy string
}

func (*UnfitPassword) Error() string { return ErrUnfitPassword.Error() }

func (*UnfitPassword) Is(target error) bool { return target == ErrUnfitPassword }
