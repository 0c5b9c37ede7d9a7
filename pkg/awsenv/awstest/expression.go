package awstest

import (
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// expressions evaluates one request's condition and update, in the forms that
// this project uses and no other. DynamoDB reserves 573 words (key, count and
// value among them); rather than keep that list, every name must come by a
// placeholder here, so that a reserved one cannot slip by. The first thing
// wrong is kept in err.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
type expressions struct {
	names  map[string]string
	values map[string]value
	used   map[string]bool // placeholders
	err    error
}

const (
	existence  = `^attribute_(not_)?exists\((#\w+)\)$`
	comparison = `^(#\w+) (=|>|<=) (:\w+)$`
)

// maxExpression is an expression's greatest length,
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
const maxExpression = 4096

func match(form, text string) []string { return regexp.MustCompile(form).FindStringSubmatch(text) }

func (x *expressions) fail(format string, args ...any) {
	if x.err == nil {
		x.err = invalid(format, args...)
	}
}

// condition reports whether text holds for it, nil when there is no item. It
// reads on where the result is settled: what follows must be right too.
func (x *expressions) condition(text string, it item) bool {
	x.checkLength("ConditionExpression", text)
	holds := false
	for alternative := range strings.SplitSeq(text, " OR ") {
		all := true
		for term := range strings.SplitSeq(alternative, " AND ") {
			all = x.term(term, it) && all
		}
		holds = holds || all
	}
	return holds
}

func (x *expressions) checkLength(kind, text string) {
	if len(text) > maxExpression {
		x.fail("Invalid %s: Expression size has exceeded the maximum allowed size", kind)
	}
}

func (x *expressions) term(text string, it item) bool {
	if m := match(existence, text); m != nil {
		_, exists := it[x.name(m[2])]
		return exists == (m[1] == "")
	}
	m := match(comparison, text)
	if m == nil {
		x.fail("Invalid ConditionExpression: awstest does not know %q, and knows names by placeholders only", text)
		return false
	}
	left, right := it[x.name(m[1])], x.value(m[3])
	if m[2] == "=" && (right["S"] != nil || right["NULL"] != nil) {
		return reflect.DeepEqual(left, right)
	}
	l, isNumber := x.integer(left)
	r, ok := x.integer(right)
	if !ok {
		x.fail("awstest compares with numbers, and for equality with text and null, only: %s", text)
	}
	switch m[2] {
	case "=":
		return isNumber && l == r
	case ">":
		return isNumber && l > r
	}
	return isNumber && l <= r
}

// integer returns the number that v holds, if it holds one. Numbers beyond
// int64 can be kept, as an odd item's, but not be reckoned with.
func (x *expressions) integer(v value) (n int64, isNumber bool) {
	text, isNumber := v["N"].(string)
	if !isNumber {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		x.fail("awstest reckons with 64-bit integers only, not with %s", text)
	}
	return n, true
}

func (x *expressions) name(placeholder string) string {
	name, ok := x.names[placeholder]
	if !ok {
		x.fail("An expression attribute name used in the document path is not defined; attribute name: %s", placeholder)
	}
	x.used[placeholder] = true
	return name
}

func (x *expressions) value(placeholder string) value {
	v, ok := x.values[placeholder]
	if !ok {
		x.fail("An expression attribute value used in expression is not defined; attribute value: %s", placeholder)
	}
	x.used[placeholder] = true
	return v
}

// problem returns what is wrong with the expressions, a placeholder that none
// of them uses included.
func (x *expressions) problem() error {
	for _, name := range slices.Concat(slices.Sorted(maps.Keys(x.names)), slices.Sorted(maps.Keys(x.values))) {
		if !x.used[name] {
			x.fail("Value provided in ExpressionAttributeNames or ExpressionAttributeValues unused in expressions: keys: {%s}", name)
		}
	}
	return x.err
}
