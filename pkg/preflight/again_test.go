package preflight_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/preflight"
)

// signs makes what the new versions sign with at doors fail with err, or be
// well if that is nil.
func (d *deployment) signs(err error, doors ...string) {
	for _, door := range d.site.Doors {
		if slices.Contains(doors, door.Name) {
			door.Keys.(*keys).err = err
		}
	}
}

// A role that is only seconds old may not be known everywhere yet.
func TestADoorThatFailsIsTriedOnceMore(t *testing.T) {
	const pause = 15 * time.Second
	const enough = pause + 24*time.Second // a call's 12 s, and as much for the report
	absent, unusable := "status 503 with DPL-3004", "status 503 with DPL-3005"
	agentsAbsent := func(d *deployment) { d.signs(keyring.ErrAbsent, "agents") }
	agentsWell := func(d *deployment) { d.signs(nil, "agents") }
	single, agentsTwice, twice := map[string]int{"users": 4, "agents": 4}, map[string]int{"users": 4, "agents": 8}, map[string]int{"users": 8, "agents": 8}
	for _, row := range []struct {
		name          string
		timeout       time.Duration
		before, after func(*deployment) // of the pause
		status        preflight.Status
		warned, found []string // the reasons of the first try and of the result, with their doors
		calls         map[string]int
		want          time.Duration
	}{
		{"none does", timeout, func(*deployment) {}, nil, preflight.Succeeded, nil, nil, single, 0},
		{"it is well then", timeout, agentsAbsent, agentsWell, preflight.Succeeded, []string{"agents: " + absent}, nil, agentsTwice, pause},
		{"something else is wrong then", timeout, agentsAbsent, func(d *deployment) { d.signs(keyring.ErrUnusable, "agents") },
			preflight.Failed, []string{"agents: " + absent}, []string{"agents: " + unusable}, agentsTwice, pause},
		{"both do, and one is well then", timeout, func(d *deployment) { d.signs(keyring.ErrAbsent, "users", "agents") }, agentsWell,
			preflight.Failed, []string{"users: " + absent, "agents: " + absent}, []string{"users: " + absent}, twice, pause},
		{"more than one check does", timeout, func(d *deployment) {
			d.signs(keyring.ErrAbsent, "users")
			d.edits[authenticateVersion] = func(r *events.APIGatewayV2HTTPResponse) { r.StatusCode = 500 }
		}, func(d *deployment) {
			d.signs(nil, "users")
			d.edits[authenticateVersion] = nil
		}, preflight.Succeeded, []string{"users: " + absent, "users: status 500 with DPL-2001", "agents: status 500 with DPL-2001"}, nil, twice, pause},
		{"another is broken then", timeout, agentsAbsent, func(d *deployment) {
			d.signs(nil, "agents")
			d.signs(keyring.ErrAbsent, "users")
		}, preflight.Succeeded, []string{"agents: " + absent}, nil, agentsTwice, pause},
		{"the second try hangs", timeout, agentsAbsent, func(d *deployment) {
			for _, version := range []string{loginVersion, authenticateVersion, logoutVersion} {
				d.functions[version] = hang
			}
		}, preflight.Failed, []string{"agents: " + absent}, slices.Repeat([]string{"agents: no answer: context deadline exceeded"}, 4), agentsTwice, 48 * time.Second},
		{"there is just enough time", enough, agentsAbsent, agentsWell, preflight.Succeeded, []string{"agents: " + absent}, nil, agentsTwice, pause},
		{"there is not quite enough time", enough - 1, agentsAbsent, agentsWell, preflight.Failed, nil, []string{"agents: " + absent}, single, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDeployment(t)
				row.before(d)
				began, calls := time.Now(), map[string]int{}
				d.sent = func(e events.APIGatewayV2HTTPRequest) {
					calls[e.PathParameters["door"]]++
					if time.Since(began) == pause {
						row.after(d)
					}
				}
				ctx, cancel := context.WithTimeout(t.Context(), row.timeout)
				defer cancel()
				status, log := d.run(t, ctx)
				if elapsed := time.Since(began); status != row.status || elapsed != row.want || !maps.Equal(calls, row.calls) {
					t.Errorf("%s after %v and calls %v, want %s after %v and %v", status, elapsed, calls, row.status, row.want, row.calls)
				}
				wantFindings(t, log, row.warned, row.found)
			})
		})
	}
}

// wantFindings fails unless log has a line for each reason, and the report.
func wantFindings(t *testing.T, log []logged, warned, found []string) {
	t.Helper()
	var got, want []string
	for _, l := range log[:len(log)-1] {
		got = append(got, l.Level+" "+l.Msg+": "+l.Door+": "+l.Reason)
	}
	for _, reason := range warned {
		want = append(want, "WARN check failed, trying again: "+reason)
	}
	for _, reason := range found {
		want = append(want, "ERROR check failed: "+reason)
	}
	if !slices.Equal(got, want) {
		t.Errorf("log:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if last := log[len(log)-1]; last.Msg != "reported" || last.Failures != len(found) {
		t.Errorf("last line %+v, want the report of %d failures", last, len(found))
	}
}

func TestWhenTheTrialIsEndedBeforeItsSecondTryTheFirstCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDeployment(t)
		d.signs(keyring.ErrAbsent, "agents")
		trial := d.trial(t)
		ctx, cancel := context.WithTimeout(t.Context(), timeout)
		defer cancel()
		began := time.Now()
		status, log := d.runHook(t, ctx, func(ctx context.Context) []error {
			ctx, end := context.WithCancel(ctx)
			time.AfterFunc(14*time.Second, end)
			return trial.Run(ctx)
		})
		if elapsed := time.Since(began); status != preflight.Failed || elapsed != 14*time.Second || d.asked[loginVersion] != 4 {
			t.Errorf("%s after %v, login asked %d times, want Failed as soon as it is ended, and one try", status, elapsed, d.asked[loginVersion])
		}
		wantFindings(t, log, nil, []string{"agents: status 503 with DPL-3004"})
	})
}
