// Package roll reads and writes whole rolls of accounts, as CSV (RFC 4180) or
// as JSON Lines (one JSON object a line). Import brings a file into a directory,
// Export writes a directory to a file that Import takes.
//
// A file's columns, or keys, are:
//
//	login             required; normalised, as people's own typing is
//	alias             a second login
//	id                made up where it is not given; never changes
//	email
//	email_verified    true or false
//	name, first_name, last_name
//	groups            separated by semicolons; in JSON a list
//	attribute.NAME    further values; in JSON the object "attributes"
//	disabled          true or false
//	password_hash     of any scheme that package password reads
//	password          in the clear; hashed here
//	initial_password  likewise, and must be changed at the first sign-in
//	password_expires  when a password stops opening the account, RFC 3339
//	must_change       true or false; a matter of the password beside it
//
// and line and reason, which are passed over: the files of refused rows have
// them. What a file does not name of an account stays as it is; what it names and
// leaves empty is emptied, except an id, a password and what is true or false.
//
// Authenticator apps are neither read nor written: their keys are sealed for the
// account that they belong to.
package roll

import (
	"path/filepath"
	"strings"
)

// Format is how a file is written.
type Format string

const (
	CSV   Format = "csv"
	JSONL Format = "jsonl"
)

// Formats are all there are, by name.
func Formats() []string { return []string{string(CSV), string(JSONL)} }

// FormatOf tells by a file's ending, and returns "" where that does not.
func FormatOf(file string) Format {
	switch strings.ToLower(filepath.Ext(file)) {
	case ".csv":
		return CSV
	case ".jsonl", ".ndjson", ".json":
		return JSONL
	}
	return ""
}

// Limits, in bytes unless they count something. An item of DynamoDB holds 400
// KB, and a redirect's URL, which all of it may have to travel in, a few thousand
// bytes: what is longer than this is a mistake.
const (
	maxRow            = 64 << 10 // as it stands in the file
	maxID             = 256
	maxName           = 256 // of a person, and of a group
	maxGroups         = 100
	maxAttributes     = 50
	maxAttributeName  = 128
	maxAttributeValue = 2048
	maxColumns        = 200
)
