// Package realpart connects tests to the real parts (emulators, interpreters,
// browsers) that `make verify` installs and starts. Under plain `go test` such
// a part is absent and its test is skipped with one line; under `make verify`
// an absent part is a failure.
package realpart

import (
	"os"
	"testing"
)

// Address returns where the named part is: a URL for a server, a path for a
// program. The name is its environment variable, for example VERIFY_DYNALITE.
func Address(t testing.TB, name string) string {
	t.Helper()
	if address := os.Getenv(name); address != "" {
		return address
	}
	if os.Getenv("VERIFY") != "" {
		t.Fatalf("%s is not set: make verify must set up this part", name)
	}
	t.Skipf("%s is not set: run by make verify", name)
	return ""
}
