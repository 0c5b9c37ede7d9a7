package functions_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/lambdahttp/runtimetest"
)

// differ is from where two samples of twelve are taken for different: by chance
// they are so once in a thousand times (Mann-Whitney U, as a normal deviate).
const differ = 3.3

// apart is how far apart two samples are: Mann and Whitney's U as a normal
// deviate, whose sign does not matter.
func apart(a, b []time.Duration) float64 {
	u := 0.0
	for _, x := range a {
		for _, y := range b {
			u += 0.5 * float64(1+cmp.Compare(x, y))
		}
	}
	n, m := float64(len(a)), float64(len(b))
	return math.Abs(u-n*m/2) / math.Sqrt(n*m*(n+m+1)/12)
}

// An account whose hash another system made, with another cost, takes another time
// to check than a login that does not exist. Without REFUSAL_TIME this test
// sees that; with it, it must not.
func TestTheTimeOfARefusalTellsNothingOfTheAccount(t *testing.T) {
	const old = `$2y$11$Klv3hSDtAhxaZmzyurSrKuMZRsRlc5winFjKK863fUyOuCi72ZD2S` // of whatever: only wrong ones are tried
	item := strings.Replace(account("u-3001", "old@example.com", "Olga", ""), hash(), old, 1)
	_, _, env := tableOf(t, item)
	env = append(env, "GUESSES_FREE=20")
	for _, row := range []struct {
		name string
		env  []string
		seen bool
	}{{"without it", []string{"REFUSAL_TIME=0s"}, true}, {"with it", []string{"REFUSAL_TIME=600ms"}, false}} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			v := &visitor{t: t, env: env}
			process := start(t, "authenticate", slices.Concat(env, row.env), &bytes.Buffer{})
			var z float64
			// A machine that stops for a moment may blur one measurement, not three.
			for range 3 {
				if z = apart(refusals(t, v, process, "old@example.com"), refusals(t, v, process, "nobody@example.com")); (z >= differ) == row.seen {
					return
				}
			}
			t.Errorf("an old hash and no account are %.1f apart; from %.1f on that is seen, want seen %v", z, differ, row.seen)
		})
	}
}

// refusals are the times that twelve wrong passwords take, each from an address of
// its own.
func refusals(t *testing.T, v *visitor, process *runtimetest.Process, login string) []time.Duration {
	t.Helper()
	var took []time.Duration
	for i := range 12 {
		payload := v.event("POST /{door}/login", "", url.Values{"username": {login}, "password": {"wrong"}})
		payload = from(t, payload, fmt.Sprintf("198.51.%d.%d", len(login), i))
		began := time.Now()
		want(t, invoke(t, process, payload), 401, "Check both and try again")
		took = append(took, time.Since(began))
	}
	return took
}

// from is the event as from another address.
func from(t *testing.T, payload []byte, address string) []byte {
	t.Helper()
	var event map[string]any
	if err := json.Unmarshal(payload, &event); err != nil {
		t.Fatal(err)
	}
	event["requestContext"].(map[string]any)["http"].(map[string]any)["sourceIp"] = address
	changed, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

func TestTwoSamplesAreToldApartOnlyIfTheyDiffer(t *testing.T) {
	var low, high, mixed []time.Duration
	for i := range 12 {
		low, high, mixed = append(low, time.Duration(i)), append(high, time.Duration(i+12)), append(mixed, time.Duration(i))
	}
	slices.Reverse(mixed)
	if z := apart(low, high); z < differ {
		t.Errorf("samples that nowhere meet are %.1f apart, want at least %.1f", z, differ)
	}
	if z := apart(low, mixed); z != 0 {
		t.Errorf("equal samples are %.1f apart, want 0", z)
	}
}
