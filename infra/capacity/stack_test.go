package main

import (
	"os"
	"strconv"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// open reads a template as it is written, with its !Ref and !Sub.
func open(t *testing.T, file string) *yaml.Node {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	return document.Content[0]
}

// at follows keys down a node; what is not there is empty.
func at(node *yaml.Node, keys ...string) *yaml.Node {
	for _, key := range keys {
		found := new(yaml.Node)
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Kind == yaml.MappingNode && node.Content[i].Value == key {
				found = node.Content[i+1]
			}
		}
		node = found
	}
	return node
}

// chosen follows an !If that asks for the directory to what it means with one.
func chosen(t *testing.T, node *yaml.Node, directory string) *yaml.Node {
	t.Helper()
	for node.Tag == "!If" {
		condition := node.Content[0].Value
		of := map[string]string{
			"CognitoDirectory": cognito, "DynamodbDirectory": dynamodb, "AccountsInCognito": cognito, "AccountsInTable": dynamodb,
		}[condition]
		if of == "" {
			t.Fatalf("line %d: what %s asks for is not known here", node.Line, condition)
		}
		if of == directory {
			node = node.Content[1]
		} else {
			node = node.Content[2]
		}
	}
	return node
}

// memory reads a MemorySize, which may depend on the directory.
func memory(t *testing.T, node *yaml.Node, directory string) int {
	t.Helper()
	node = chosen(t, node, directory)
	n, err := strconv.Atoi(node.Value)
	if err != nil {
		t.Fatalf("line %d: MemorySize is %q", node.Line, node.Value)
	}
	return n
}

func TestTheModelIsOfThisStack(t *testing.T) {
	template := open(t, "../../template.yaml")
	for resource, function := range map[string]string{"LoginFunction": "login", "AuthenticateFunction": "authenticate", "LogoutFunction": "logout"} {
		for _, directory := range []string{dynamodb, cognito} {
			got := memorySize(function, directory)
			if want := memory(t, at(template, "Resources", resource, "Properties", "MemorySize"), directory); got != want {
				t.Errorf("%s with %s has %d MB here, %d in template.yaml", function, directory, got, want)
			}
		}
	}
	for parameter, want := range map[string]time.Duration{"RefusalTime": refusalTime, "KnownBrowserFor": knownFor} {
		if got, err := time.ParseDuration(at(template, "Parameters", parameter, "Default").Value); err != nil || got != want {
			t.Errorf("%s is %v here, %v in template.yaml (%v)", parameter, want, got, err)
		}
	}
	if got := at(template, "Parameters", "ThrottleRate", "Default").Value; got != strconv.Itoa(throttleRate) {
		t.Errorf("ThrottleRate is %d here, %s in template.yaml", throttleRate, got)
	}
	for _, directory := range []string{dynamodb, cognito} {
		watched := 0
		for _, alarm := range properties(t, "AWS::CloudWatch::Alarm") {
			watched += metricsOf(t, alarm, directory)
		}
		if got := alarmMetrics(directory); got != watched {
			t.Errorf("with %s there are %d metrics that alarms watch here, %d in the templates", directory, got, watched)
		}
	}
}

// properties are those of the stack's resources of a type.
func properties(t *testing.T, kind string) []*yaml.Node {
	t.Helper()
	var all []*yaml.Node
	for _, file := range []string{"../../template.yaml", "../stacks/monitoring.yaml"} {
		for _, resource := range at(open(t, file), "Resources").Content {
			if at(resource, "Type").Value == kind {
				all = append(all, at(resource, "Properties"))
			}
		}
	}
	return all
}

// metricsOf counts what an alarm is charged for: each metric that it watches.
func metricsOf(t *testing.T, alarm *yaml.Node, directory string) int {
	t.Helper()
	n := 0
	for _, query := range at(alarm, "Metrics").Content {
		if at(chosen(t, query, directory), "MetricStat").Kind != 0 {
			n++
		}
	}
	return max(n, 1)
}
