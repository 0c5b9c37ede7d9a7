package roll

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/redact"
)

// Accounts is the directory that Import and Export work on. *dynamo.Accounts is
// one, and documents the methods.
type Accounts interface {
	Create(ctx context.Context, made *account.Account) error
	GetMany(ctx context.Context, logins []string) (map[string]*account.Account, error)
	Replace(ctx context.Context, was, becomes *account.Account) error
	All(ctx context.Context) iter.Seq2[*account.Account, error]
}

// Passwords hashes and verifies. *password.Hasher does.
type Passwords interface {
	Hash(ctx context.Context, password redact.Secret) (string, error)
	Verify(ctx context.Context, hash string, password redact.Secret) (bool, error)
}

// Existing is what becomes of an account that is there already and is not as its
// row says.
type Existing string

const (
	// Fail refuses the row, naming the columns that differ.
	Fail Existing = "fail"
	// Skip leaves the account as it is.
	Skip Existing = "skip"
	// Update makes it what the row says.
	Update Existing = "update"
)

// Config is one import. What is not said to be optional is required.
type Config struct {
	// Source is the file, in Format. Separator is that of a CSV file; 0 means a
	// comma.
	Source    io.Reader
	Format    Format
	Separator byte
	// IgnoreColumns passes over columns that are none; otherwise they are an
	// error.
	IgnoreColumns bool

	Accounts  Accounts
	Passwords Passwords
	// CheckHash returns why a hash could not be verified, or nil.
	CheckHash func(hash string) error
	// CheckPassword returns why a password in the clear is not taken for an
	// account with these texts of its own, or nil. Its error does not quote it.
	CheckPassword func(ctx context.Context, password redact.Secret, own []string) error
	// MustLeave tells whether a session of was would let somebody in as becomes
	// is not. An account that is disabled or given another password is signed out
	// in any case.
	MustLeave func(was, becomes *account.Account) bool
	// EndSessions ends all sessions of the account with this ID.
	EndSessions func(ctx context.Context, id string) error
	// Act writes down that acts are about to be done, calls do, which returns an
	// error or nil for each, and writes down how they ended. Its own error says
	// which of the two could not be written down; after the first it has not
	// called do.
	Act func(ctx context.Context, acts []Act, do func() []error) error

	// Apply writes. Otherwise everything is found out as far as it can be, and
	// nothing is written.
	Apply bool
	// Existing is Fail if it is empty.
	Existing Existing
	// UpdatePasswords, with Update, changes passwords of accounts that are there.
	// Without it a row's password is for a new account alone, so that a second run
	// does not undo what people have changed meanwhile.
	UpdatePasswords bool
	// EmailVerified takes the addresses of new accounts as verified where the file
	// says nothing about it.
	EmailVerified bool
	// InitialLife is how long an initial password opens an account whose row does
	// not say; at most MaxInitialLife. 0 means seven days.
	InitialLife time.Duration
	// Concurrency is how many accounts are written at once; 0 means 16. It is
	// less while the directory asks to slow down.
	Concurrency int

	// Report is told each row that is not taken, in the file's order. Optional.
	Report func(Problem)
	// Rejects is written those rows, in Format, with their line and the reason, to
	// be corrected and imported alone. It gets passwords, if Source has any.
	// Optional.
	Rejects io.Writer
	// Progress is told how far it is, after each batch. Optional.
	Progress func(Summary)
	// NewID makes an account's ID; nil means 26 random letters and digits.
	NewID func() string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// MaxInitialLife is how long an initial password may open its account.
const MaxInitialLife = 90 * 24 * time.Hour

func (c *Config) fill() error {
	switch {
	case c.Source == nil || c.Accounts == nil || c.Passwords == nil || c.CheckHash == nil || c.CheckPassword == nil || c.MustLeave == nil || c.EndSessions == nil || c.Act == nil:
		return errors.New("roll: a field of Config that is required is nil")
	case c.Concurrency < 0:
		return errors.New("roll: Concurrency must not be negative")
	case c.InitialLife < 0 || c.InitialLife > MaxInitialLife:
		return fmt.Errorf("roll: InitialLife must be from 0 to %v", MaxInitialLife)
	case c.UpdatePasswords && c.Existing != Update:
		return errors.New("roll: UpdatePasswords is for Update alone")
	case c.Separator == '"' || c.Separator == '\r' || c.Separator == '\n' || c.Separator >= 0x80:
		return errors.New("roll: Separator must be a character of ASCII that is neither a quote nor a line's end")
	}
	switch c.Existing {
	case "":
		c.Existing = Fail
	case Fail, Skip, Update:
	default:
		return fmt.Errorf("roll: Existing is %q", c.Existing)
	}
	if c.Concurrency == 0 {
		c.Concurrency = 16
	}
	if c.InitialLife == 0 {
		c.InitialLife = 7 * 24 * time.Hour
	}
	if c.NewID == nil {
		c.NewID = rand.Text
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Report == nil {
		c.Report = func(Problem) {}
	}
	if c.Progress == nil {
		c.Progress = func(Summary) {}
	}
	return nil
}
