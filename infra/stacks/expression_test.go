package stacks_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
)

// compute returns what an alarm makes of the values of its metrics, with as much
// of metric math as the alarms use. A metric that is not among them has no data,
// and neither has what is computed with it, unless it is filled.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
func compute(t *testing.T, alarm object, metrics map[string]float64) float64 {
	t.Helper()
	e := &expressions{t: t, of: map[string]string{}, metrics: metrics}
	watched := ""
	for _, entry := range alarm["Metrics"].([]any) {
		entry := entry.(object)
		expression, computed := entry["Expression"].(string)
		if computed {
			e.of[entry["Id"].(string)] = expression
		}
		if entry["ReturnData"] == nil {
			watched = entry["Id"].(string)
		}
	}
	value, ok := e.named(watched)
	if !ok {
		return 0 // none of ours goes off without data
	}
	return value
}

type expressions struct {
	t       *testing.T
	of      map[string]string // by Id
	metrics map[string]float64
}

// named returns the value of what has this Id, and whether there is one.
func (e *expressions) named(id string) (float64, bool) {
	e.t.Helper()
	expression, computed := e.of[id]
	if !computed {
		value, ok := e.metrics[id]
		return value, ok
	}
	// To this extent it is Go.
	tree, err := parser.ParseExpr(strings.NewReplacer(" AND ", " && ", " OR ", " || ").Replace(strings.ReplaceAll(expression, "IF(", "when(")))
	if err != nil {
		e.t.Fatalf("%s: %v in %s", id, err, expression)
	}
	return e.value(tree)
}

func (e *expressions) value(tree ast.Expr) (float64, bool) {
	e.t.Helper()
	switch tree := tree.(type) {
	case *ast.ParenExpr:
		return e.value(tree.X)
	case *ast.BasicLit:
		value, err := strconv.ParseFloat(tree.Value, 64)
		return value, err == nil
	case *ast.Ident:
		return e.named(tree.Name)
	case *ast.BinaryExpr:
		operate, known := operators[tree.Op]
		if !known {
			e.t.Fatalf("this test does not understand %s", tree.Op)
		}
		x, some := e.value(tree.X)
		y, other := e.value(tree.Y)
		return operate(x, y), some && other
	case *ast.CallExpr:
		first, ok := e.value(tree.Args[0])
		switch name := tree.Fun.(*ast.Ident).Name; {
		case name == "FILL" && ok, name == "when" && !ok:
			return first, ok
		case name == "FILL", name == "when" && first != 0:
			return e.value(tree.Args[1])
		case name == "when":
			return e.value(tree.Args[2])
		}
	}
	e.t.Fatalf("this test does not understand %T", tree)
	return 0, false
}

// operators give 1 for what is true.
var operators = map[token.Token]func(x, y float64) float64{
	token.ADD:  func(x, y float64) float64 { return x + y },
	token.MUL:  func(x, y float64) float64 { return x * y },
	token.QUO:  func(x, y float64) float64 { return x / y },
	token.EQL:  func(x, y float64) float64 { return truth(x == y) },
	token.GTR:  func(x, y float64) float64 { return truth(x > y) },
	token.GEQ:  func(x, y float64) float64 { return truth(x >= y) },
	token.LAND: func(x, y float64) float64 { return truth(x != 0 && y != 0) },
	token.LOR:  func(x, y float64) float64 { return truth(x != 0 || y != 0) },
}

func truth(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
