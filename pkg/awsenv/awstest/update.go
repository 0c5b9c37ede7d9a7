package awstest

import (
	"maps"
	"regexp"
	"strconv"
	"strings"
)

// The clauses of an update, each with the form of its parts.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
const (
	clauses    = `(?:^| )(SET|REMOVE|ADD) `
	assignment = `^(#\w+) = (:\w+)$`
	removal    = `^(#\w+)$`
	addition   = `^(#\w+) (:\w+)$`
)

// update returns what text makes of old, the item of the key, and what of it
// is new.
func (x *expressions) update(text string, old item, key string) (updated, set item) {
	x.checkLength("UpdateExpression", text)
	updated, set = maps.Clone(old), item{}
	starts := regexp.MustCompile(clauses).FindAllStringSubmatchIndex(text, -1)
	if len(starts) == 0 || starts[0][0] != 0 {
		x.fail("Invalid UpdateExpression: awstest does not know %q", text)
	}
	seen := map[string]bool{}
	for i, start := range starts {
		end := len(text)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		clause := text[start[2]:start[3]]
		if seen[clause] {
			x.fail("Invalid UpdateExpression: The %q section can only be used once in an update expression", clause)
		}
		seen[clause] = true
		for part := range strings.SplitSeq(text[start[1]:end], ", ") {
			name := x.part(clause, part, old, updated, set)
			if seen["#"+name] {
				x.fail("Invalid UpdateExpression: Two document paths overlap with each other; path: [%s]", name)
			}
			seen["#"+name] = true
			if name == key {
				x.fail("One or more parameter values were invalid: Cannot update attribute %s. This attribute is part of the key", name)
			}
		}
	}
	return updated, set
}

// part does one part of a clause and returns the attribute's name.
func (x *expressions) part(clause, text string, old, updated, set item) (name string) {
	form := map[string]string{"SET": assignment, "REMOVE": removal, "ADD": addition}[clause]
	m := match(form, text)
	if m == nil {
		x.fail("Invalid UpdateExpression: awstest does not know %q after %s, and knows names by placeholders only", text, clause)
		return ""
	}
	name = x.name(m[1])
	switch clause {
	case "REMOVE":
		delete(updated, name)
		return name
	case "SET":
		updated[name] = x.value(m[2])
	default:
		updated[name] = x.sum(old, name, x.value(m[2]))
	}
	set[name] = updated[name]
	return name
}

func (x *expressions) sum(old item, name string, added value) value {
	augend, isNumber := x.integer(old[name])
	if _, exists := old[name]; exists && !isNumber {
		x.fail("An operand in the update expression has an incorrect data type")
	}
	addend, isNumber := x.integer(added)
	if !isNumber {
		x.fail("Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD")
	}
	return value{"N": strconv.FormatInt(augend+addend, 10)}
}
