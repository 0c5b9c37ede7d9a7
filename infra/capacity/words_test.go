package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"deskpro-login/pkg/audit"
)

// ofAnyDirectory are the refusals that a table of accounts can have, too.
var ofAnyDirectory = []string{
	"bad_credentials", "not_in_group", "email_unverified", "account_incomplete", "claims_refused", "throttled",
	"wrong_code", "spent_code", "unfit_password", "too_many_answers", "no_factor", "factor_missing",
}

// The words are where they are written: nothing needs their number at run time.
func TestTheMetricsHaveThatManyWords(t *testing.T) {
	refusals, failures := problems(t)
	ofPools := 0
	for _, reason := range refusals {
		if !slices.Contains(ofAnyDirectory, reason) {
			ofPools++
		}
	}
	for _, row := range []struct {
		name      string
		got, want int
	}{
		{"doors", doors, constants(t, "../../pkg/config/config.go", "Users")},
		{"reasons", reasons, constants(t, "../../pkg/lambdahttp/edge.go", "NoKey")},
		{"outcomes", outcomes, 1 + len(refusals)}, // one is signed_in
		{"outcomes of pools", poolOutcomes, ofPools},
		{"challenges of tables", len(audit.TableChallenges()), len(counted(t))},
		{"codes", codes, failures},
		{"metrics of cold starts", coldStarts, len(properties(t, "AWS::Logs::MetricFilter"))},
	} {
		if row.got != row.want {
			t.Errorf("%s: %d here, %d where they are written", row.name, row.got, row.want)
		}
	}
}

// counted are the challenges of accounts in a table, under the names that the
// metric has for them: those that it does not know are one.
func counted(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	ast.Inspect(parse(t, "../../pkg/directory/account/progress.go"), func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "kind") {
			return true
		}
		name, _ := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if !slices.Contains(audit.Challenges(), name) {
			name = "another"
		}
		names[name] = true
		return true
	})
	return names
}

func parse(t *testing.T, file string) *ast.File {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// constants counts those that are declared together with one.
func constants(t *testing.T, file, with string) int {
	t.Helper()
	for _, declaration := range parse(t, file).Decls {
		group, ok := declaration.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			if spec.(*ast.ValueSpec).Names[0].Name == with {
				return len(group.Specs)
			}
		}
	}
	t.Fatalf("%s has no constant %s", file, with)
	return 0
}

// problems counts the table of errors' rows: those that refuse a sign-in, whose
// reasons are outcomes, and those that are failures, whose codes are counted.
func problems(t *testing.T) (refusals []string, failures int) {
	t.Helper()
	ast.Inspect(parse(t, "../../pkg/web/problem.go"), func(node ast.Node) bool {
		row, ok := node.(*ast.CompositeLit)
		if !ok {
			return true
		}
		reason, refused := "", false
		for _, element := range row.Elts {
			pair, ok := element.(*ast.KeyValueExpr)
			if !ok {
				continue
			}
			key, _ := pair.Key.(*ast.Ident)
			switch value := pair.Value.(type) {
			case *ast.Ident:
				refused = refused || key.Name == "refused" && value.Name == "true"
			case *ast.BasicLit:
				if key.Name == "reason" {
					reason, _ = strconv.Unquote(value.Value)
				}
			case *ast.SelectorExpr:
				if key.Name == "level" && value.Sel.Name == "LevelError" {
					failures++
				}
			}
		}
		if refused {
			refusals = append(refusals, reason)
		}
		return true
	})
	return refusals, failures
}
