package roll

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"deskpro-login/pkg/directory/account"
)

// Exported configures Export. What is not said to be optional is required.
type Exported struct {
	// All yields every account, as dynamo.Accounts.All does.
	All func(context.Context) iter.Seq2[*account.Account, error]
	// To is written the file, in Format.
	To     io.Writer
	Format Format
	// Hashes writes password_hash and password_expires, too: who gets these can
	// try out passwords at leisure.
	Hashes bool
	// Report is told each account that could not be read, in words. Optional.
	Report func(error)
	// Progress is told how many accounts were written, after every thousand.
	// Optional.
	Progress func(accounts int)
}

// Written is what an export wrote.
type Written struct {
	Accounts int
	// Unreadable are left out.
	Unreadable int
	// Formulas are the cells of CSV that a spreadsheet would run instead of show,
	// be it for a sign of ASCII or a full-width one at their beginning. They are written as they are, since whatever defuses them there would be
	// part of the value here.
	Formulas int
}

// Export writes all accounts, one at a time, in the order in which they come. To
// head CSV's columns it reads all of them once more, before, rather than keep
// them in memory or on the disk; an account that gets a further attribute between
// is an error. What was written is a part of
// the whole wherever Export returns an error.
func Export(ctx context.Context, c Exported) (Written, error) {
	if c.All == nil || c.To == nil {
		return Written{}, errors.New("roll: a field of Exported that is required is nil")
	}
	if c.Report == nil {
		c.Report = func(error) {}
	}
	if c.Progress == nil {
		c.Progress = func(int) {}
	}
	out := bufio.NewWriterSize(c.To, 64<<10)
	var (
		w    Written
		err  error
		save func(*account.Account) error
	)
	switch c.Format {
	case JSONL:
		save = func(a *account.Account) error { return c.writeObject(out, a) }
	case CSV:
		if save, err = c.csv(ctx, out, &w); err != nil {
			return w, err
		}
	default:
		return w, fmt.Errorf("there is no format %q", c.Format)
	}
	for a, err := range c.All(ctx) {
		switch {
		case errors.Is(err, account.ErrUnreadable):
			w.Unreadable++
			c.Report(err)
			continue
		case err != nil:
			return w, fmt.Errorf("reading accounts: %w", err)
		}
		if err := save(a); err != nil {
			return w, err
		}
		if w.Accounts++; w.Accounts%1000 == 0 {
			c.Progress(w.Accounts)
		}
	}
	if ctx.Err() != nil {
		return w, context.Cause(ctx)
	}
	if err := out.Flush(); err != nil {
		return w, fmt.Errorf("writing accounts: %w", err)
	}
	return w, nil
}

// written is an account in JSON Lines, with everything named, so that what is
// empty is told from what a file does not say.
type written struct {
	Login         string            `json:"login"`
	Alias         string            `json:"alias"`
	ID            string            `json:"id"`
	Email         string            `json:"email"`
	EmailVerified bool              `json:"email_verified"`
	Name          string            `json:"name"`
	FirstName     string            `json:"first_name"`
	LastName      string            `json:"last_name"`
	Groups        []string          `json:"groups"`
	Attributes    map[string]string `json:"attributes"`
	Disabled      bool              `json:"disabled"`
	MustChange    bool              `json:"must_change"`
	Hash          *string           `json:"password_hash,omitempty"`
	Expires       *string           `json:"password_expires,omitempty"`
}

func (c Exported) writeObject(out io.Writer, a *account.Account) error {
	object := written{
		a.Login, a.Alias, a.ID, a.Email, a.EmailVerified, a.Name, a.FirstName, a.LastName,
		append([]string{}, sortedSet(a.Groups)...), filled(a.Attributes), a.Disabled, a.MustChange, nil, nil,
	}
	if c.Hashes {
		object.Hash, object.Expires = &a.PasswordHash, new(expires(a))
	}
	if _, err := out.Write(append(encoded(object), '\n')); err != nil {
		return fmt.Errorf("writing accounts: %w", err)
	}
	return nil
}

func expires(a *account.Account) string {
	if a.PasswordExpires.IsZero() {
		return ""
	}
	return a.PasswordExpires.UTC().Format(time.RFC3339)
}

// csv writes the header and returns what writes an account.
func (c Exported) csv(ctx context.Context, out io.Writer, w *Written) (func(*account.Account) error, error) {
	names, err := c.attributes(ctx)
	if err != nil {
		return nil, err
	}
	header := []string{colLogin, colAlias, colID, colEmail, colEmailVerified, colName, colFirstName, colLastName, colGroups}
	for _, name := range names {
		header = append(header, attributePrefix+name)
	}
	header = append(header, colDisabled, colMustChange)
	if c.Hashes {
		header = append(header, colHash, colExpires)
	}
	if len(header) > maxColumns {
		return nil, fmt.Errorf("the accounts have %d different attributes, too many for the columns of CSV", len(names))
	}
	table := csv.NewWriter(out)
	write := func(cells []string) error {
		_ = table.Write(cells) // Error has it, too
		if table.Flush(); table.Error() != nil {
			return fmt.Errorf("writing accounts: %w", table.Error())
		}
		return nil
	}
	return func(a *account.Account) error {
		cells := []string{
			a.Login, a.Alias, a.ID, a.Email, strconv.FormatBool(a.EmailVerified), a.Name, a.FirstName, a.LastName,
			groupsCell(sortedSet(a.Groups)),
		}
		for name := range filled(a.Attributes) {
			if _, ok := slices.BinarySearch(names, name); !ok {
				return errors.New("an account was given an attribute that none had when the export began: begin anew")
			}
		}
		for _, name := range names {
			cells = append(cells, a.Attributes[name])
		}
		cells = append(cells, strconv.FormatBool(a.Disabled), strconv.FormatBool(a.MustChange))
		if c.Hashes {
			cells = append(cells, a.PasswordHash, expires(a))
		}
		for _, cell := range cells {
			if first, _ := utf8.DecodeRuneInString(cell); cell != "" && strings.ContainsRune("=+-@\t\r\uff1d\uff0b\uff0d\uff20", first) {
				w.Formulas++
			}
		}
		return write(cells)
	}, write(header)
}

// attributes are the names of those that some account has, sorted.
func (c Exported) attributes(ctx context.Context) ([]string, error) {
	names := map[string]bool{}
	for a, err := range c.All(ctx) {
		if errors.Is(err, account.ErrUnreadable) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading accounts: %w", err)
		}
		for name := range filled(a.Attributes) {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names)), nil
}
