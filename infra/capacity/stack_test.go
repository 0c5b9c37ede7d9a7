package main

import (
	"os"
	"strconv"
	"testing"

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

// memory reads a MemorySize, which may depend on the directory.
func memory(t *testing.T, node *yaml.Node, directory string) int {
	t.Helper()
	if node.Kind == yaml.SequenceNode && len(node.Content) == 3 { // !If
		want := map[string]string{"CognitoDirectory": cognito, "DynamodbDirectory": dynamodb}[node.Content[0].Value]
		if want == directory {
			return memory(t, node.Content[1], directory)
		}
		return memory(t, node.Content[2], directory)
	}
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
	if got := at(template, "Parameters", "ThrottleRate", "Default").Value; got != strconv.Itoa(throttleRate) {
		t.Errorf("ThrottleRate is %d here, %s in template.yaml", throttleRate, got)
	}
	watched := 0
	for _, file := range []string{"../../template.yaml", "../stacks/monitoring.yaml"} {
		resources := at(open(t, file), "Resources")
		for i := 1; i < len(resources.Content); i += 2 {
			if at(resources.Content[i], "Type").Value == "AWS::CloudWatch::Alarm" {
				watched += metricsOf(at(resources.Content[i], "Properties"))
			}
		}
	}
	if watched != alarmMetrics {
		t.Errorf("the alarms watch %d metrics, but alarmMetrics is %d", watched, alarmMetrics)
	}
}

// metricsOf counts what an alarm is charged for: each metric that it watches.
func metricsOf(alarm *yaml.Node) int {
	n := 0
	for _, query := range at(alarm, "Metrics").Content {
		if at(query, "MetricStat").Kind != 0 {
			n++
		}
	}
	return max(n, 1)
}
