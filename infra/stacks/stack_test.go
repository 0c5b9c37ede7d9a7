package stacks_test

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// object is a mapping of the template, with !Ref as {"Ref": …} and !If, !Sub
// and so on as {"Fn::If": …}.
type object = map[string]any

// absent is what AWS::NoValue resolves to.
type absent struct{}

// stack is the template with values for its parameters: as much of
// CloudFormation as the template uses. Whatever it does not know fails the test.
type stack struct {
	t        *testing.T
	file     string
	template object
	values   map[string]string
}

// newStack is the root's.
func newStack(t *testing.T, values map[string]string) *stack {
	t.Helper()
	return openStack(t, "../../template.yaml", values)
}

// openStack takes the parameters' defaults for what values does not set, and
// holds all of them to their patterns.
func openStack(t *testing.T, file string, values map[string]string) *stack {
	t.Helper()
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var document yaml.Node
	if err := yaml.Unmarshal(source, &document); err != nil {
		t.Fatal(err)
	}
	s := &stack{t: t, file: file, template: plain(t, document.Content[0]).(object), values: map[string]string{
		"AWS::StackName": "deskpro-login", "AWS::Region": "eu-west-1", "AWS::AccountId": "123456789012",
		"AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com",
	}}
	parameters := s.section("Parameters")
	for name := range parameters {
		if fallback, ok := parameters[name].(object)["Default"]; ok {
			s.values[name] = fmt.Sprint(fallback)
		}
	}
	for name, value := range values {
		if parameters[name] == nil {
			t.Fatalf("%s has no parameter %s", file, name)
		}
		s.values[name] = value
	}
	for name := range parameters {
		if !s.accepts(name, s.values[name]) {
			t.Errorf("the parameter %s does not accept %q", name, s.values[name])
		}
	}
	return s
}

func plain(t *testing.T, node *yaml.Node) any {
	t.Helper()
	tag := node.Tag
	if strings.HasPrefix(tag, "!") && !strings.HasPrefix(tag, "!!") {
		name := "Fn::" + tag[1:]
		if tag == "!Ref" {
			name = "Ref"
		}
		untagged := *node
		untagged.Tag = map[yaml.Kind]string{yaml.ScalarNode: "!!str", yaml.SequenceNode: "!!seq", yaml.MappingNode: "!!map"}[node.Kind]
		return object{name: plain(t, &untagged)}
	}
	switch node.Kind {
	case yaml.MappingNode:
		m := object{}
		for i := 0; i < len(node.Content); i += 2 {
			key := node.Content[i].Value
			if _, twice := m[key]; twice {
				t.Fatalf("line %d: %s is there twice", node.Content[i].Line, key)
			}
			m[key] = plain(t, node.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		list := []any{}
		for _, element := range node.Content {
			list = append(list, plain(t, element))
		}
		return list
	case yaml.ScalarNode:
		var value any
		if err := node.Decode(&value); err != nil {
			t.Fatalf("line %d: %v", node.Line, err)
		}
		return value
	}
	t.Fatalf("line %d: aliases are not understood here", node.Line)
	return nil
}

func (s *stack) section(name string) object {
	section, ok := s.template[name].(object)
	if !ok {
		s.t.Fatalf("%s has no %s", s.file, name)
	}
	return section
}

// accepts tells whether a parameter's form takes the value.
func (s *stack) accepts(name, value string) bool {
	parameter := s.section("Parameters")[name].(object)
	if allowed, ok := parameter["AllowedValues"].([]any); ok {
		return slices.ContainsFunc(allowed, func(v any) bool { return fmt.Sprint(v) == value })
	}
	if parameter["Type"] == "Number" {
		n, err := strconv.Atoi(value)
		return err == nil && n >= parameter["MinValue"].(int) && n <= parameter["MaxValue"].(int)
	}
	if least, ok := parameter["MinLength"].(int); ok && len(value) < least {
		return false
	}
	if most, ok := parameter["MaxLength"].(int); ok && utf8.RuneCountInString(value) > most {
		return false
	}
	pattern, ok := parameter["AllowedPattern"].(string)
	if !ok || !strings.HasPrefix(pattern, "^") || !strings.HasSuffix(pattern, "$") {
		s.t.Fatalf("the parameter %s has no AllowedPattern from ^ to $", name)
	}
	return regexp.MustCompile(pattern).MatchString(value)
}

// resources are those that the stack would make, by logical ID.
func (s *stack) resources(kind string) map[string]object {
	found := map[string]object{}
	for name, value := range s.section("Resources") {
		if resource := value.(object); resource["Type"] == kind && s.made(name) {
			found[name] = resource
		}
	}
	if len(found) == 0 {
		s.t.Fatalf("%s has no %s", s.file, kind)
	}
	return found
}

func (s *stack) resource(name string) object {
	resource, ok := s.section("Resources")[name].(object)
	if !ok {
		s.t.Fatalf("%s has no resource %s", s.file, name)
	}
	return resource
}

func (s *stack) made(resource string) bool {
	condition, conditional := s.resource(resource)["Condition"].(string)
	return !conditional || s.condition(condition)
}

func (s *stack) condition(name string) bool {
	value, ok := s.section("Conditions")[name]
	if !ok {
		s.t.Fatalf("%s has no condition %s", s.file, name)
	}
	return s.resolve(value).(bool)
}

// refused returns the sentences of the Rules that would refuse the parameters.
func (s *stack) refused() []string {
	var sentences []string
	rules := s.section("Rules")
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		rule := rules[name].(object)
		if condition, ok := rule["RuleCondition"]; ok && !s.resolve(condition).(bool) {
			continue
		}
		for _, assertion := range rule["Assertions"].([]any) {
			if assertion := assertion.(object); !s.resolve(assertion["Assert"]).(bool) {
				sentences = append(sentences, assertion["AssertDescription"].(string))
			}
		}
	}
	return sentences
}

// resolve computes a value. A resource resolves to its logical ID, an attribute
// of it to "ID.Attribute".
func (s *stack) resolve(value any) any {
	switch value := value.(type) {
	case []any:
		list := []any{}
		for _, element := range value {
			resolved := s.resolve(element)
			if _, gone := resolved.(absent); !gone {
				list = append(list, resolved)
			}
		}
		return list
	case object:
		for name, argument := range value {
			if name == "Ref" || strings.HasPrefix(name, "Fn::") {
				return s.function(name, argument)
			}
		}
		m := object{}
		for key, element := range value {
			resolved := s.resolve(element)
			if _, gone := resolved.(absent); !gone {
				m[key] = resolved
			}
		}
		return m
	}
	return value
}

func (s *stack) function(name string, argument any) any {
	arguments, _ := argument.([]any)
	switch name {
	case "Ref":
		return s.ref(argument.(string))
	case "Fn::GetAtt":
		resource, _, _ := strings.Cut(argument.(string), ".")
		s.ref(resource)
		return argument
	case "Fn::Condition":
		return s.condition(argument.(string))
	case "Fn::If":
		if s.condition(arguments[0].(string)) {
			return s.resolve(arguments[1])
		}
		return s.resolve(arguments[2])
	case "Fn::Equals":
		return s.resolve(arguments[0]) == s.resolve(arguments[1])
	case "Fn::Not":
		return !s.resolve(arguments[0]).(bool)
	case "Fn::And":
		return !slices.ContainsFunc(arguments, func(a any) bool { return !s.resolve(a).(bool) })
	case "Fn::Or":
		return slices.ContainsFunc(arguments, func(a any) bool { return s.resolve(a).(bool) })
	case "Fn::Split":
		list := []any{}
		for part := range strings.SplitSeq(s.resolve(arguments[1]).(string), arguments[0].(string)) {
			list = append(list, part)
		}
		return list
	case "Fn::Select":
		return s.resolve(arguments[1]).([]any)[arguments[0].(int)]
	case "Fn::Sub":
		if text, ok := argument.(string); ok {
			return s.sub(text, nil)
		}
		return s.sub(arguments[0].(string), s.resolve(arguments[1]).(object))
	}
	s.t.Fatalf("the function %s is not understood here", name)
	return nil
}

// samMade are the resources that SAM adds and the template refers to.
var samMade = map[string]bool{"ServerlessDeploymentApplication": true}

func (s *stack) ref(name string) any {
	if name == "AWS::NoValue" {
		return absent{}
	}
	if value, ok := s.values[name]; ok {
		return value
	}
	if samMade[name] {
		return name
	}
	resource, _, _ := strings.Cut(name, ".") // of a function also ….Version
	if !s.made(resource) {
		s.t.Errorf("something refers to %s, which would not be made", name)
	}
	return name
}

var placeholder = regexp.MustCompile(`\$\{([^}]+)\}`)

func (s *stack) sub(text string, own object) string {
	return placeholder.ReplaceAllStringFunc(text, func(match string) string {
		name := match[2 : len(match)-1]
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			return "${" + literal + "}"
		}
		if value, ok := own[name]; ok {
			return value.(string)
		}
		return s.ref(name).(string)
	})
}
