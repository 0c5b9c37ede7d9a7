package roll

import (
	"fmt"
	"slices"
	"strings"

	"deskpro-login/infra/loginctl/hint"
)

// The columns, in the order in which they are written.
const (
	colLogin           = "login"
	colAlias           = "alias"
	colID              = "id"
	colEmail           = "email"
	colEmailVerified   = "email_verified"
	colName            = "name"
	colFirstName       = "first_name"
	colLastName        = "last_name"
	colGroups          = "groups"
	colAttributes      = "attributes" // in JSON
	colDisabled        = "disabled"
	colMustChange      = "must_change"
	colHash            = "password_hash"
	colExpires         = "password_expires"
	colPassword        = "password"
	colInitialPassword = "initial_password"
	colLine            = "line"
	colReason          = "reason"

	attributePrefix = "attribute."
)

// columns are those of f that are known, apart from attribute.NAME.
func columns(f Format) []string {
	known := []string{
		colLogin, colAlias, colID, colEmail, colEmailVerified, colName, colFirstName, colLastName, colGroups,
		colDisabled, colMustChange, colHash, colExpires, colPassword, colInitialPassword, colLine, colReason,
	}
	if f == JSONL {
		known = append(known, colAttributes)
	}
	return known
}

// known tells whether f's reader understands a column.
func known(f Format, column string) bool {
	if name, ok := strings.CutPrefix(column, attributePrefix); ok && f == CSV {
		return name != ""
	}
	return slices.Contains(columns(f), column)
}

// unknown is the sentence about columns that are none, or "".
func unknown(f Format, names []string) string {
	var parts []string
	for _, name := range names {
		part := fmt.Sprintf("%q", shortened(name))
		if near := nearest(f, name); near != "" {
			part += " (" + near + "?)"
		}
		parts = append(parts, part)
	}
	switch len(parts) {
	case 0:
		return ""
	case 1:
		return "there is no column " + parts[0]
	}
	return "there are no columns " + strings.Join(parts, ", ")
}

func shortened(name string) string {
	const most = 60
	name = strings.ToValidUTF8(name, "\ufffd")
	if runes := []rune(name); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return name
}

// nearest is the column that was probably meant, or "". Whatever is left can
// be an attribute's.
func nearest(f Format, name string) string {
	plain := bare(name)
	if column := synonym(plain); column != "" {
		return column
	}
	best, column := 3, ""
	for _, candidate := range columns(f) {
		if d := hint.Distance(plain, bare(candidate)); d < best && d <= len(plain)/2 {
			best, column = d, candidate
		}
	}
	switch {
	case column != "" || plain == "":
		return column
	case f == CSV && !strings.HasPrefix(name, attributePrefix):
		return attributePrefix + shortened(name)
	}
	return ""
}

// synonym is the column for what other programs call it.
func synonym(plain string) string {
	switch plain {
	case "username", "user", "userid":
		return colLogin
	case "uid", "sub":
		return colID
	case "mail", "emailaddress":
		return colEmail
	case "verified":
		return colEmailVerified
	case "displayname", "fullname":
		return colName
	case "givenname":
		return colFirstName
	case "surname", "familyname":
		return colLastName
	case "group", "role", "roles":
		return colGroups
	case "hash":
		return colHash
	case "blocked", "locked":
		return colDisabled
	}
	return ""
}

// bare forgets how a column's name is put together.
func bare(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" _-.\t", r) {
			return -1
		}
		return r
	}, strings.ToLower(shortened(name)))
}
