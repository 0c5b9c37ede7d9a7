package audit_test

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"deskpro-login/pkg/audit"
)

func TestTheReadmeListsTheFieldsOfAnEvent(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "<!-- events -->")
	table, _, found := strings.Cut(rest, "<!-- /events -->")
	if !found {
		t.Fatal("README.md has no table between <!-- events --> and <!-- /events -->")
	}
	var listed []string
	for row := range strings.SplitSeq(table, "\n") {
		name, _, _ := strings.Cut(strings.TrimPrefix(row, "| "), " |")
		for _, field := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(name, -1) {
			listed = append(listed, field[1])
		}
	}

	var written map[string]any
	if err := json.Unmarshal([]byte(line(t, "", audit.Event{
		Name: audit.Refused, Door: "users", Subject: "u", Outcome: "o", Reason: "r", Code: "c", Challenge: "SMS_MFA", SignIn: "i", Source: "s",
		RequestID: "q", KeyVersion: "v", KeyStage: "current", KeyMade: now, Operator: "a",
	})), &written); err != nil {
		t.Fatal(err)
	}
	delete(written, "level")
	delete(written, "msg")
	slices.Sort(listed)
	if want := slices.Sorted(maps.Keys(written)); !slices.Equal(listed, want) {
		t.Errorf("README.md lists %v, want %v", listed, want)
	}
}
