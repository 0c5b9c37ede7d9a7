package awstest

import (
	"maps"
	"math/big"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// expressions evaluates one request's condition and update. The first thing
// wrong with either is kept for problem, and ends the evaluation.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
type expressions struct {
	names   map[string]string
	values  map[string]value
	used    map[string]bool // placeholders
	updated map[string]bool // attributes
	err     error

	kind   string   // of the expression being read
	tokens []string // not yet read
}

func newExpressions(in *input) *expressions {
	x := &expressions{
		names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues,
		used: map[string]bool{}, updated: map[string]bool{},
	}
	if (x.names != nil && len(x.names) == 0) || (x.values != nil && len(x.values) == 0) {
		x.fail("ExpressionAttributeNames and ExpressionAttributeValues must not be empty")
	}
	return x
}

// problem returns what is wrong with the expressions read so far, a
// placeholder that none of them uses included.
func (x *expressions) problem() error {
	for _, name := range slices.Concat(slices.Sorted(maps.Keys(x.names)), slices.Sorted(maps.Keys(x.values))) {
		if !x.used[name] {
			x.fail("Value provided in ExpressionAttributeNames or ExpressionAttributeValues unused in expressions: keys: {%s}", name)
		}
	}
	return x.err
}

func (x *expressions) fail(format string, args ...any) {
	if x.err == nil {
		x.err = invalid(format, args...)
	}
	x.tokens = nil
}

func (x *expressions) failHere(format string, args ...any) {
	x.fail("Invalid "+x.kind+": "+format, args...)
}

func (x *expressions) read(kind, text string) {
	x.kind = kind
	x.tokens = regexp.MustCompile(`[#:]?\w+|<=|>=|\S`).FindAllString(text, -1)
	if len(x.tokens) == 0 {
		x.failHere("The expression can not be empty;")
	}
}

func (x *expressions) next() string {
	if len(x.tokens) == 0 {
		return ""
	}
	token := x.tokens[0]
	x.tokens = x.tokens[1:]
	return token
}

// accept reads the next token if it is word, which is not case-sensitive.
func (x *expressions) accept(word string) bool {
	if len(x.tokens) == 0 || !strings.EqualFold(x.tokens[0], word) {
		return false
	}
	x.next()
	return true
}

func (x *expressions) expect(word string) {
	if !x.accept(word) {
		x.failHere("Syntax error; expected %q, near: %q", word, strings.Join(x.tokens, " "))
	}
}

// condition reports whether text holds for it, nil when there is no item.
func (x *expressions) condition(text string, it item) bool {
	x.read("ConditionExpression", text)
	holds := x.or(it)
	if len(x.tokens) > 0 {
		x.failHere("Syntax error; token: %q", x.tokens[0])
	}
	return holds
}

// or and those below read on where the result is settled already: what follows
// must be right too.
func (x *expressions) or(it item) bool {
	holds := x.and(it)
	for x.accept("OR") {
		right := x.and(it)
		holds = holds || right
	}
	return holds
}

func (x *expressions) and(it item) bool {
	holds := x.not(it)
	for x.accept("AND") {
		right := x.not(it)
		holds = holds && right
	}
	return holds
}

func (x *expressions) not(it item) bool {
	if x.accept("NOT") {
		return !x.not(it)
	}
	if x.accept("(") {
		holds := x.or(it)
		x.expect(")")
		return holds
	}
	if len(x.tokens) > 1 && x.tokens[1] == "(" {
		return x.function(it)
	}
	return x.comparison(it)
}

func (x *expressions) function(it item) bool {
	function := x.next()
	x.expect("(")
	_, exists := it[x.attribute()]
	x.expect(")")
	switch function {
	case "attribute_exists":
		return exists
	case "attribute_not_exists":
		return !exists
	}
	x.failHere("Invalid function name; function: %s", function)
	return false
}

func (x *expressions) comparison(it item) bool {
	left := x.operand(it)
	comparator := x.next()
	right := x.operand(it)
	order, ordered := compare(left, right)
	switch comparator {
	case "=":
		return left != nil && reflect.DeepEqual(left, right)
	case "<":
		return ordered && order < 0
	case "<=":
		return ordered && order <= 0
	case ">":
		return ordered && order > 0
	case ">=":
		return ordered && order >= 0
	}
	x.failHere("Syntax error; token: %q", comparator)
	return false
}

// operand reads a value or an attribute, which is nil when it lacks that.
func (x *expressions) operand(it item) value {
	if len(x.tokens) > 0 && x.tokens[0][0] == ':' {
		return x.value()
	}
	return it[x.attribute()]
}

func (x *expressions) value() value {
	token := x.next()
	v, ok := x.values[token]
	if !ok {
		x.failHere("An expression attribute value used in expression is not defined; attribute value: %s", token)
	}
	x.used[token] = true
	return v
}

// attribute reads the name of a top-level attribute. DynamoDB reserves 573
// words (key, count and value among them); rather than keep that list, every
// name must come by a placeholder here, so that a reserved one cannot slip by.
func (x *expressions) attribute() string {
	token := x.next()
	name, ok := x.names[token]
	switch isPlaceholder := strings.HasPrefix(token, "#"); {
	case isPlaceholder && ok:
		x.used[token] = true
	case isPlaceholder:
		x.failHere("An expression attribute name used in the document path is not defined; attribute name: %s", token)
	case regexp.MustCompile(`^[A-Za-z]\w*$`).MatchString(token):
		x.failHere("Attribute name may be a reserved keyword, use a placeholder; keyword: %s", token)
	default:
		x.failHere("Syntax error; token: %q, near: %q", token, strings.Join(x.tokens, " "))
	}
	return name
}

// update applies text to updated, reading from old.
func (x *expressions) update(text string, old, updated item, key string) {
	x.read("UpdateExpression", text)
	for sections := map[string]bool{}; len(x.tokens) > 0; {
		section := strings.ToUpper(x.next())
		if sections[section] {
			x.failHere("The %q section can only be used once in an update expression;", section)
		}
		sections[section] = true
		for more := true; more; more = x.accept(",") {
			name := x.attribute()
			if x.updated[name] {
				x.failHere("Two document paths overlap with each other; must remove or rewrite one of these paths")
			}
			x.updated[name] = true
			if name == key {
				x.fail("One or more parameter values were invalid: Cannot update attribute %s. This attribute is part of the key", key)
			}
			switch section {
			case "SET":
				x.set(name, old, updated)
			case "ADD":
				x.add(name, old, updated)
			default:
				x.failHere("Syntax error; token: %q", section)
			}
		}
	}
}

func (x *expressions) set(name string, old, updated item) {
	x.expect("=")
	v := x.operand(old)
	if v == nil {
		x.fail("The provided expression refers to an attribute that does not exist in the item")
	}
	updated[name] = v
}

func (x *expressions) add(name string, old, updated item) {
	addend, ok := x.value()["N"].(string)
	if !ok {
		x.failHere("Incorrect operand type for operator or function; operator: ADD")
		return
	}
	sum := rational(addend)
	if v, exists := old[name]; exists {
		augend, ok := v["N"].(string)
		if !ok {
			x.fail("An operand in the update expression has an incorrect data type")
			return
		}
		sum = new(big.Rat).Add(rational(augend), sum)
	}
	updated[name] = value{"N": numberText(sum)}
}
