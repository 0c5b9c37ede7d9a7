package dynamo

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/directory/fields"
)

// reader reads attributes and keeps what was wrong with them.
type reader struct {
	item attributes
	// lenient: the item is another's.
	lenient  bool
	problems []error
}

func (r *reader) problem(format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf(format, args...))
}

func (r *reader) err() error { return errors.Join(r.problems...) }

// odd is a problem if the item has the attribute.
func (r *reader) odd(name, want string) {
	if r.has(name) {
		r.problem("attribute %s is not of type %s", name, want)
	}
}

func (r *reader) has(name string) bool {
	value, ok := r.item[name]
	if _, null := value.(*types.AttributeValueMemberNULL); null && r.lenient {
		return false
	}
	return ok
}

func (r *reader) text(name string) string {
	s, ok := r.item[name].(*types.AttributeValueMemberS)
	if !ok {
		r.odd(name, "S")
		return ""
	}
	return s.Value
}

// plain reads text and, in another's item, a number as text.
func (r *reader) plain(name string) string {
	if n, ok := r.item[name].(*types.AttributeValueMemberN); ok && r.lenient {
		return n.Value
	}
	s, ok := r.item[name].(*types.AttributeValueMemberS)
	switch {
	case ok:
		return s.Value
	case r.lenient:
		r.odd(name, "S or N")
	default:
		r.odd(name, "S")
	}
	return ""
}

// flag reads a yes or no. What is not there is no before Not turns it round.
func (r *reader) flag(from fields.Flag) bool {
	switch {
	case from.Always:
		return true
	case from.Value == "":
		return r.boolean(from.Attribute) != from.Not
	}
	return (r.plain(from.Attribute) == from.Value) != from.Not
}

func (r *reader) boolean(name string) bool {
	switch value := r.item[name].(type) {
	case *types.AttributeValueMemberBOOL:
		return value.Value
	case *types.AttributeValueMemberN:
		if r.lenient && (value.Value == "0" || value.Value == "1") {
			return value.Value == "1"
		}
	}
	if r.lenient {
		r.odd(name, "BOOL, or the N 0 or 1")
	} else {
		r.odd(name, "BOOL")
	}
	return false
}

// texts reads a list or set of texts. Of one in another's table a single text
// is one of them.
func (r *reader) texts(name string) []string {
	switch value := r.item[name].(type) {
	case *types.AttributeValueMemberSS:
		return value.Value
	case *types.AttributeValueMemberS:
		if r.lenient && value.Value == "" {
			return nil
		}
		if r.lenient {
			return []string{value.Value}
		}
	case *types.AttributeValueMemberL:
		var texts []string
		for _, element := range value.Value {
			s, ok := element.(*types.AttributeValueMemberS)
			if !ok {
				r.odd(name, "SS or L of S")
				return nil
			}
			texts = append(texts, s.Value)
		}
		return texts
	}
	r.odd(name, "SS or L of S")
	return nil
}

func (r *reader) textMap(name string) map[string]string {
	m, ok := r.item[name].(*types.AttributeValueMemberM)
	if !ok {
		r.odd(name, "M of S")
		return nil
	}
	var texts map[string]string
	for key, element := range m.Value {
		s, ok := element.(*types.AttributeValueMemberS)
		if !ok {
			r.odd(name, "M of S")
			return nil
		}
		if texts == nil {
			texts = map[string]string{}
		}
		texts[key] = s.Value
	}
	return texts
}

// each reads what may go to Deskpro out of another's item.
func (r *reader) each(from fields.Fields) map[string]string {
	var texts map[string]string
	for _, name := range from.Attributes() {
		attribute := from.Attribute(name)
		if value := r.plain(attribute); r.has(attribute) {
			if texts == nil {
				texts = map[string]string{}
			}
			texts[name] = value
		}
	}
	return texts
}

// integer reads a number from least to most; 0 for one that is not there.
func (r *reader) integer(name string, least, most int64) int64 {
	if !r.has(name) {
		return 0
	}
	if n, ok := r.item[name].(*types.AttributeValueMemberN); ok {
		if i, err := strconv.ParseInt(n.Value, 10, 64); err == nil && i >= least && i <= most {
			return i
		}
		r.problem("attribute %s is not an integer from %d to %d", name, least, most)
		return 0
	}
	r.odd(name, "N")
	return 0
}

// told reads a time as in RFC 3339; any other is not known.
func (r *reader) told(name string) time.Time {
	written, _ := r.item[name].(*types.AttributeValueMemberS)
	if written == nil {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, written.Value)
	if t = t.UTC(); err != nil || !writable(t) {
		return time.Time{}
	}
	return t
}

func (r *reader) factor(name string) *account.Factor {
	m, ok := r.item[name].(*types.AttributeValueMemberM)
	if !ok {
		r.odd(name, "M")
		return nil
	}
	within := reader{item: m.Value}
	f := &account.Factor{
		Key: within.text(factorKey), Step: within.integer(factorStep, 0, math.MaxInt64), Recovery: within.texts(factorCodes),
	}
	if f.Key == "" {
		within.problem("attribute %s is not there", factorKey)
	}
	if err := within.err(); err != nil {
		r.problem("attribute %s: %w", name, err)
	}
	return f
}
