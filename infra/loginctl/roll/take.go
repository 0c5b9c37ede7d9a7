package roll

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"

	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/redact"
)

// takeText returns nil for what is no text.
func (r *row) takeText(m member, most int) *string {
	switch {
	case m.value.kind != text && m.value.kind != null:
		r.problem(m.name, "is not text")
	case len(m.value.text) > most:
		r.problem(m.name, "is longer than %d bytes", most)
	case strings.ContainsFunc(m.value.text, unicode.IsControl):
		r.problem(m.name, "holds a control character, such as a line end")
	default:
		return &m.value.text
	}
	return nil
}

// takeTrimmed takes an address or a name, which have no white space around them.
func (r *row) takeTrimmed(m member) *string {
	typed := r.takeText(m, maxName)
	if typed != nil {
		*typed = strings.TrimSpace(*typed)
	}
	return typed
}

func (r *row) takeLogin(m member) string {
	typed := r.takeText(m, maxRow)
	if typed == nil {
		return ""
	}
	login, ok := account.NormalizeLogin(*typed)
	switch {
	case strings.TrimSpace(*typed) == "":
		r.problem(m.name, "there is none")
	case !ok:
		r.problem(m.name, "is longer than 256 bytes")
	default:
		return login
	}
	return ""
}

func (r *row) takeID(m member) string {
	id := r.takeText(m, maxID)
	if id == nil {
		return ""
	}
	if strings.TrimSpace(*id) != *id {
		r.problem(m.name, "has white space around it")
		return ""
	}
	return *id
}

// takeFlag returns nil for an empty cell, too.
func (r *row) takeFlag(m member) *bool {
	if m.value.kind == flag {
		return &m.value.flag
	}
	typed := r.takeText(m, maxName)
	if typed == nil {
		return nil
	}
	switch strings.ToLower(strings.TrimSpace(*typed)) {
	case "":
		return nil
	case "true", "yes", "1":
		return new(true)
	case "false", "no", "0":
		return new(false)
	}
	r.problem(m.name, "is neither true nor false")
	return nil
}

// takeGroups sorts them: they are a set.
func (r *row) takeGroups(m member) {
	names, ok := m.value.list, m.value.kind == list || m.value.kind == null
	if m.value.kind == text && m.json == nil {
		names, ok = groupsOf(m.value.text)
	}
	if !ok {
		r.problem(m.name, "is not a list of names")
		return
	}
	if len(names) > maxGroups {
		r.problem(m.name, "are more than %d", maxGroups)
		return
	}
	for _, name := range names {
		switch {
		case strings.TrimSpace(name) != name || name == "":
			r.problem(m.name, "one is empty, or has white space around it")
		case len(name) > maxName:
			r.problem(m.name, "one is longer than %d bytes", maxName)
		case strings.ContainsFunc(name, unicode.IsControl):
			r.problem(m.name, "one holds a control character")
		}
	}
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	r.groups = &names
}

// groupsOf reads a cell of CSV: names separated by semicolons or, where a name
// is such that it could not stand there, a JSON list.
func groupsOf(cell string) ([]string, bool) {
	if strings.HasPrefix(cell, "[") {
		v, err := parse(json.RawMessage(cell))
		return v.list, err == nil && v.kind == list
	}
	var names []string
	for name := range strings.SplitSeq(cell, ";") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names, true
}

// groupsCell is a cell that groupsOf reads.
func groupsCell(names []string) string {
	cell := strings.Join(names, ";")
	if back, ok := groupsOf(cell); ok && slices.Equal(back, names) {
		return cell
	}
	return string(encoded(names))
}

func (r *row) takeAttributes(m member) {
	switch {
	case m.value.kind == object:
		for _, p := range m.value.object {
			r.takeAttribute(p)
		}
	case m.value.kind != null:
		r.problem(m.name, "is not an object")
	}
}

func (r *row) takeAttribute(p pair) {
	column := attributePrefix + p.name
	switch {
	case p.name == "" || len(p.name) > maxAttributeName || strings.ContainsFunc(p.name, unicode.IsControl):
		r.problem(column, "its name is empty, longer than %d bytes or has a control character", maxAttributeName)
	case len(p.text) > maxAttributeValue:
		r.problem(column, "is longer than %d bytes", maxAttributeValue)
	case strings.ContainsFunc(p.text, func(c rune) bool { return unicode.IsControl(c) && !strings.ContainsRune("\t\n\r", c) }):
		r.problem(column, "holds a control character")
	default:
		r.attributes = append(r.attributes, p)
	}
}

func (r *row) takePassword(m member, checkHash func(string) error) {
	switch {
	case m.value.kind != text && m.value.kind != null:
		r.problem(m.name, "is not text")
		return
	case m.value.text == "":
		return
	case r.hasPassword():
		r.problem(m.name, "is there beside another password or hash")
		return
	case m.name == colHash:
		if err := checkHash(m.value.text); err != nil {
			r.problem(m.name, "could never be verified: %v", err)
			return
		}
		r.hash = m.value.text
		return
	}
	r.password, r.initial = redact.New(m.value.text), m.name == colInitialPassword
}

func (r *row) takeExpires(m member) {
	typed := r.takeText(m, maxName)
	if typed == nil {
		return
	}
	if *typed == "" {
		r.expires = new(time.Time)
		return
	}
	at, err := time.Parse(time.RFC3339, *typed)
	if err != nil {
		r.problem(m.name, "is not a time such as 2030-01-31T12:00:00Z")
		return
	}
	at = at.UTC().Truncate(time.Second)
	r.expires = &at
}
