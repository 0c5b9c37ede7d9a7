package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf16"

	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/password"
)

// accountView is what of an account may be shown: everything but hashes and
// keys.
type accountView struct {
	Login         string            `json:"login"`
	Alias         string            `json:"alias,omitempty"`
	ID            string            `json:"id"`
	Email         string            `json:"email"`
	EmailVerified bool              `json:"email_verified"`
	Name          string            `json:"name,omitempty"`
	FirstName     string            `json:"first_name,omitempty"`
	LastName      string            `json:"last_name,omitempty"`
	Groups        []string          `json:"groups"`
	Attributes    map[string]string `json:"attributes,omitempty"`
	Status        account.Status    `json:"status"`
	Password      *passwordView     `json:"password"`
	Factor        *factorView       `json:"factor"`
	Created       time.Time         `json:"created,omitzero"`
	Updated       time.Time         `json:"updated,omitzero"`
	// Sessions is nil where they were not counted.
	Sessions *int `json:"sessions,omitempty"`
}

type passwordView struct {
	*password.Description
	// Problem says why the hash opens nothing.
	Problem    string    `json:"problem,omitempty"`
	MustChange bool      `json:"must_change"`
	Changed    time.Time `json:"changed,omitzero"`
	Expires    time.Time `json:"expires,omitzero"`
}

type factorView struct {
	LastUsed      time.Time `json:"last_used,omitzero"`
	RecoveryCodes int       `json:"recovery_codes"`
}

// stepLength is that of RFC 6238, section 4.1, in seconds.
const stepLength = 30

func viewOf(a *account.Account) accountView {
	v := accountView{
		Login: a.Login, Alias: a.Alias, ID: a.ID, Email: a.Email, EmailVerified: a.EmailVerified,
		Name: a.Name, FirstName: a.FirstName, LastName: a.LastName, Groups: slices.Sorted(slices.Values(a.Groups)), Attributes: a.Attributes,
		Status: a.Status(), Created: a.Created, Updated: a.Updated,
	}
	if v.Groups == nil {
		v.Groups = []string{}
	}
	if a.PasswordHash != "" {
		v.Password = &passwordView{MustChange: a.MustChange, Changed: a.PasswordChanged, Expires: a.PasswordExpires}
		if d, err := password.Describe(a.PasswordHash); err != nil {
			v.Password.Problem = err.Error()
		} else {
			v.Password.Description = &d
		}
	}
	if a.Factor != nil {
		v.Factor = &factorView{RecoveryCodes: len(a.Factor.Recovery)}
		if a.Factor.Step > 0 {
			v.Factor.LastUsed = time.Unix(a.Factor.Step*stepLength, 0).UTC()
		}
	}
	return v
}

// rows are v's for people: names and values, those that say nothing left out.
func (v accountView) rows() [][]string {
	email := v.Email
	if email != "" && !v.EmailVerified {
		email += " (not verified)"
	}
	rows := [][]string{
		{"login", v.Login}, {"alias", v.Alias}, {"id", v.ID}, {"email", email},
		{"name", v.Name}, {"first name", v.FirstName}, {"last name", v.LastName}, {"groups", strings.Join(v.Groups, ", ")},
	}
	for _, name := range slices.Sorted(maps.Keys(v.Attributes)) {
		rows = append(rows, []string{"attribute " + name, v.Attributes[name]})
	}
	rows = append(rows, []string{"status", words(v.Status)}, []string{"password", v.Password.String()}, []string{"authenticator", v.Factor.String()})
	for _, at := range []struct {
		name string
		time time.Time
	}{{"created", v.Created}, {"updated", v.Updated}} {
		if !at.time.IsZero() {
			rows = append(rows, []string{at.name, clock(at.time)})
		}
	}
	if v.Sessions != nil {
		rows = append(rows, []string{"sessions", fmt.Sprint(*v.Sessions)})
	}
	return slices.DeleteFunc(rows, func(row []string) bool { return row[1] == "" })
}

func (p *passwordView) String() string {
	if p == nil {
		return "none: no password opens the account"
	}
	text := "unusable: " + p.Problem
	if p.Description != nil {
		text = p.Description.String()
	}
	if !p.Changed.IsZero() {
		text += ", set " + clock(p.Changed)
	}
	if p.MustChange {
		text += ", to be changed at the next sign-in"
	}
	if !p.Expires.IsZero() {
		text += ", good until " + clock(p.Expires)
	}
	return text
}

func (f *factorView) String() string {
	if f == nil {
		return "none"
	}
	text := "an app"
	if !f.LastUsed.IsZero() {
		text += ", last used " + clock(f.LastUsed)
	}
	return fmt.Sprintf("%s, recovery codes left: %d", text, f.RecoveryCodes)
}

func words(s account.Status) string { return strings.ReplaceAll(string(s), "_", " ") }

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// cell is a value of a table, for people: on one line.
func cell(s string) string {
	return strings.ReplaceAll(printable(s), "\n", string(unicode.ReplacementChar))
}

// aligned writes rows in columns.
func aligned(out io.Writer, indent string, rows ...[]string) error {
	var text bytes.Buffer
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, value := range row {
			cells[i] = cell(value)
		}
		fmt.Fprintln(table, indent+strings.Join(cells, "\t"))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for l := range strings.Lines(text.String()) {
		if _, err := fmt.Fprintln(out, strings.TrimRight(l, " \n")); err != nil {
			return err
		}
	}
	return nil
}

// printJSON writes v on one line, with nothing in it that would steer a terminal.
func printJSON(out io.Writer, v any) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return err
	}
	_, err := io.WriteString(out, seen(text.String()))
	return err
}

// seen escapes what cannot be seen in JSON: it is within strings, where alone it
// can be.
func seen(json string) string {
	var shown strings.Builder
	for _, r := range json {
		if r == '\n' || !unseen(r) {
			shown.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&shown, `\u%04x`, unit)
		}
	}
	return shown.String()
}
