package doctor_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"deskpro-login/infra/loginctl/doctor"
	"deskpro-login/infra/loginctl/doctor/doctortest"
	"deskpro-login/pkg/rotation"
	"deskpro-login/pkg/rotation/awsrotation"
)

var update = flag.Bool("update", false, "rewrite the goldens in testdata")

// patient is a world and what it is examined with.
type patient struct {
	*doctortest.World
	cfg doctor.Config
	// aged is what the store says of secrets, where that is another than what is
	// there.
	aged *agedStore
}

// agedStore has secrets of an age, in Secrets Manager as it is.
type agedStore struct {
	rotation.Store
	made time.Time
	next time.Time
	// denied is a secret that may not be read.
	denied string
}

func (s *agedStore) Value(ctx context.Context, secretID, version string) (rotation.Value, error) {
	if secretID == s.denied {
		return rotation.Value{}, rotation.ErrDenied
	}
	v, err := s.Store.Value(ctx, secretID, version)
	v.Made = s.made
	return v, err
}

func (s *agedStore) Describe(ctx context.Context, secretID string) (rotation.Description, error) {
	d, err := s.Store.Describe(ctx, secretID)
	if !s.next.IsZero() {
		d.Scheduled, d.Next = true, s.next
	}
	return d, err
}

func admit(t *testing.T, w *doctortest.World) *patient {
	t.Helper()
	store, err := awsrotation.New(awsrotation.Config{Client: secretsmanager.NewFromConfig(w.Config)})
	if err != nil {
		t.Fatal(err)
	}
	p := &patient{World: w, aged: &agedStore{Store: store, made: w.Now.Add(-30 * 24 * time.Hour)}}
	p.cfg = doctor.Config{
		Stack: doctortest.Name, AWS: &w.Config, Store: p.aged, Network: &doctor.Network{Dial: w.Dial, Roots: w.Roots},
		Now: func() time.Time { return w.Now },
	}
	return p
}

func (p *patient) examine(t *testing.T) []doctor.Finding {
	t.Helper()
	found := doctor.Examine(t.Context(), p.cfg)
	seen := map[string]bool{}
	for _, f := range found {
		if seen[f.ID] {
			t.Errorf("%s is there twice", f.ID)
		}
		seen[f.ID] = true
	}
	noSecrets(t, found)
	return found
}

// noSecrets sees that no value is in what is told.
func noSecrets(t *testing.T, found []doctor.Finding) {
	t.Helper()
	var list bytes.Buffer
	if err := doctor.List(&list, found, false); err != nil {
		t.Fatal(err)
	}
	told, err := json.Marshal(found)
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range doctortest.Values() {
		for _, part := range []string{value, value[:12], value[len(value)-12:]} {
			if strings.Contains(list.String(), part) || strings.Contains(string(told), part) {
				t.Errorf("a secret is told: %s", &list)
			}
		}
	}
	if strings.Contains(list.String(), "eyJ") || strings.Contains(string(told), "eyJ") {
		t.Errorf("a token is told: %s", &list)
	}
}

func listed(t *testing.T, found []doctor.Finding) string {
	t.Helper()
	var list bytes.Buffer
	if err := doctor.List(&list, found, false); err != nil {
		t.Fatal(err)
	}
	return list.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
	}
}

func TestWhatIsWellIsToldToBe(t *testing.T) {
	for _, row := range []struct {
		name  string
		start func(testing.TB) *doctortest.World
	}{{"table", doctortest.StartTable}, {"pool", doctortest.StartPool}} {
		t.Run(row.name, func(t *testing.T) {
			p := admit(t, row.start(t))
			found := p.examine(t)
			for _, f := range found {
				if f.Level != doctor.OK || f.Why != "" || f.Fix != "" || f.Unchecked {
					t.Errorf("%s is told to be %s: %s (%s)", f.ID, f.Level, f.What, f.Fix)
				}
			}
			golden(t, row.name+".txt", listed(t, found))
		})
	}
}
