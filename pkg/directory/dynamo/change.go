package dynamo

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/directory/fields"
)

// expression is what a write asks for, and on which condition. Every name goes by
// a placeholder: 573 words are reserved, name and groups among them.
type expression struct {
	update, condition string
	names             map[string]string
	values            attributes
	// written is what the item has afterwards; nil for what it no longer has.
	written attributes
}

// made reports whether stored is what x makes of an item.
func (x *expression) made(stored attributes) bool {
	for name, value := range x.written {
		if kept, there := stored[name]; there != (value != nil) || there && !reflect.DeepEqual(kept, value) {
			return false
		}
	}
	return true
}

// name returns the placeholder of an attribute.
func (x *expression) name(attribute string) string {
	for placeholder, name := range x.names {
		if name == attribute {
			return placeholder
		}
	}
	placeholder := fmt.Sprintf("#n%d", len(x.names))
	if x.names == nil {
		x.names = map[string]string{}
	}
	x.names[placeholder] = attribute
	return placeholder
}

// value returns a placeholder of v.
func (x *expression) value(v types.AttributeValue) string {
	placeholder := fmt.Sprintf(":v%d", len(x.values))
	if x.values == nil {
		x.values = attributes{}
	}
	x.values[placeholder] = v
	return placeholder
}

// change writes what of from is another in to, where the item is still as it was,
// and leaves every other attribute alone, so that what somebody else keeps there
// stays.
func (l layout) change(was *account.Account, from, to attributes, now time.Time) *expression {
	x := &expression{written: attributes{}}
	to = maps.Clone(to)
	to[l.fields.Own(fields.Version)] = number(was.Version + 1)
	to[l.fields.Own(fields.Updated)] = moment(now)
	var sets, removes []string
	for _, name := range slices.Sorted(maps.Keys(to)) {
		if !reflect.DeepEqual(from[name], to[name]) {
			sets = append(sets, x.name(name)+" = "+x.value(to[name]))
			x.written[name] = to[name]
		}
	}
	for _, name := range slices.Sorted(maps.Keys(from)) {
		if to[name] == nil {
			removes = append(removes, x.name(name))
			x.written[name] = nil
		}
	}
	x.update = "SET " + strings.Join(sets, ", ")
	if removes != nil {
		x.update += " REMOVE " + strings.Join(removes, ", ")
	}
	l.unchanged(x, was)
	return x
}

// unchanged lets x be only while the item is there and has a's Version and
// PasswordHash.
func (l layout) unchanged(x *expression, a *account.Account) {
	version := "attribute_not_exists(" + x.name(l.fields.Own(fields.Version)) + ")"
	if a.Version != 0 {
		version = x.name(l.fields.Own(fields.Version)) + " = " + x.value(number(a.Version))
	}
	held := "attribute_exists(" + x.name(l.login()) + ") AND " + version + " AND "
	hash := x.name(l.fields.Attribute(fields.PasswordHash))
	if a.PasswordHash != "" {
		x.condition = held + hash + " = " + x.value(text(a.PasswordHash))
		return
	}
	// Each of these was read as no hash.
	null := &types.AttributeValueMemberNULL{Value: true}
	x.condition = held + "attribute_not_exists(" + hash + ") OR " +
		held + hash + " = " + x.value(text("")) + " OR " +
		held + hash + " = " + x.value(null)
}
