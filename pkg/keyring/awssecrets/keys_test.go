package awssecrets_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/keyring/awssecrets"
	"deskpro-login/pkg/realpart"
)

// The values of the versions in these tests.
const (
	old   = value + "-old"
	fresh = value + "-new"
	due   = value + "-due"
)

// vault is a secret, and the keys of it that one function environment has.
type vault struct {
	*awstest.Server
	keys *awssecrets.Keys
}

// inVault runs test in a bubble with a secret as change leaves it.
func inVault(t *testing.T, change func(*awstest.Server), test func(*testing.T, vault)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server := awstest.New()
		change(server)
		test(t, vault{server, environment(t, server)})
	})
}

// environment is a function environment that has just started.
func environment(t *testing.T, server *awstest.Server) *awssecrets.Keys {
	t.Helper()
	cfg := awstest.Config(t, "http://aws.invalid")
	cfg.HTTPClient = inProcess{server}
	keys, err := awssecrets.PrefetchedKeys(t.Context(), awssecrets.Config{Client: secretsmanager.NewFromConfig(cfg), SecretID: name})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func threeVersions(s *awstest.Server) {
	s.PutSecret(name, old)
	s.PutSecret(name, fresh)
	s.PutSecret(name, due, "AWSPENDING")
}

// wantCurrent fails t unless the key that signs has the value, or if there is
// none the error is err.
func (v vault) wantCurrent(t *testing.T, value string, err error) {
	t.Helper()
	if key, got := v.keys.Current(t.Context()); string(key.Bytes()) != value || !errors.Is(got, err) {
		t.Errorf("after %v: signs %q, %v; want %q, %v", time.Since(bubble), key.Bytes(), got, value, err)
	}
}

// bubble is when time begins in one.
var bubble = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// wantRing fails t unless the keys have these values, each in its stage.
func (v vault) wantRing(t *testing.T, current, pending, previous string) {
	t.Helper()
	ring, err := v.keys.Keyring(t.Context())
	if err != nil {
		t.Errorf("after %v: %v", time.Since(bubble), err)
		return
	}
	for _, row := range []struct {
		stage keyring.Stage
		key   keyring.Key
		want  string
	}{{keyring.Current, ring.Current, current}, {keyring.Pending, ring.Pending, pending}, {keyring.Previous, ring.Previous, previous}} {
		if got := string(row.key.Bytes()); got != row.want || row.want != "" && row.key.Stage() != row.stage {
			t.Errorf("after %v: %s is %q in stage %q, want %q", time.Since(bubble), row.stage, got, row.key.Stage(), row.want)
		}
	}
}

func (v vault) wantNoRing(t *testing.T, want error) {
	t.Helper()
	if ring, err := v.keys.Keyring(t.Context()); !errors.Is(err, want) || !ring.Current.IsZero() || !strings.Contains(err.Error(), name) {
		t.Errorf("after %v: current %q, %v; want none, %v, and the secret's name", time.Since(bubble), ring.Current.Version(), err, want)
	}
}

// wantCalls fails t unless there were so many so far.
func (v vault) wantCalls(t *testing.T, describe, get int) {
	t.Helper()
	if d, g := v.Calls("DescribeSecret"), v.Calls("GetSecretValue"); d != describe || g != get {
		t.Errorf("after %v: %d DescribeSecret and %d GetSecretValue, want %d and %d", time.Since(bubble), d, g, describe, get)
	}
}

func TestOrdinaryRequestsCostNoCallButOneAMinute(t *testing.T) {
	inVault(t, threeVersions, func(t *testing.T, v vault) {
		v.wantCalls(t, 0, 1) // before the first request
		for range 53 {
			v.wantCurrent(t, fresh, nil)
			time.Sleep(time.Second)
		}
		v.wantCalls(t, 0, 1)
		time.Sleep(14 * time.Second)
		for range 10 {
			v.wantCurrent(t, fresh, nil)
		}
		v.wantCalls(t, 0, 2)
	})
}

func TestAllKeysCostFourCallsAtFirstAndThenOneEachThreeSeconds(t *testing.T) {
	inVault(t, threeVersions, func(t *testing.T, v vault) {
		v.wantCalls(t, 0, 1)
		for range 20 {
			v.wantRing(t, fresh, due, old)
		}
		v.wantCalls(t, 1, 4)
		time.Sleep(2700*time.Millisecond - time.Millisecond)
		v.wantRing(t, fresh, due, old)
		v.wantCalls(t, 1, 4)
		for i := range 4 {
			time.Sleep(3300*time.Millisecond + time.Millisecond)
			v.wantRing(t, fresh, due, old)
			v.wantCalls(t, i+2, 4)
		}
	})
}

func TestAllKeysCostAsManyCallsAsThereAreVersions(t *testing.T) {
	inVault(t, func(s *awstest.Server) { s.PutSecret(name, fresh) }, func(t *testing.T, v vault) {
		v.wantRing(t, fresh, "", "")
		v.wantCalls(t, 1, 2)
		v.PutSecret(name, due, "AWSPENDING")
		time.Sleep(12 * time.Second)
		v.wantRing(t, fresh, due, "")
		v.wantCalls(t, 2, 3)
		staged := v.SecretStages(name)
		v.PutSecret(name, due+"-2") // edited in the console meanwhile
		time.Sleep(12 * time.Second)
		v.wantRing(t, due+"-2", due, fresh)
		v.wantCalls(t, 3, 4)
		if got := v.SecretStages(name); got["AWSPENDING"] != staged["AWSPENDING"] {
			t.Error("the version that waits is another")
		}
	})
}

func TestAChangeThatAllKeysShowSignsAtOnce(t *testing.T) {
	inVault(t, func(s *awstest.Server) { s.PutSecret(name, old) }, func(t *testing.T, v vault) {
		v.PutSecret(name, fresh)
		v.wantCurrent(t, old, nil)
		v.wantRing(t, fresh, "", old)
		v.wantCurrent(t, fresh, nil)
		v.wantCalls(t, 1, 4)
		time.Sleep(12 * time.Second)
		v.RevertSecret(name)
		v.wantCurrent(t, fresh, nil)
		v.wantRing(t, old, "", fresh) // each known, in the other stage
		v.wantCurrent(t, old, nil)
		v.wantCalls(t, 2, 5)
	})
}

// Keyring knew the older one last, but Current had been the newer one since.
func TestAChangeBackThatAllKeysShowSignsAtOnce(t *testing.T) {
	inVault(t, func(s *awstest.Server) { s.PutSecret(name, old) }, func(t *testing.T, v vault) {
		v.wantRing(t, old, "", "")
		v.PutSecret(name, fresh)
		time.Sleep(67 * time.Second)
		v.wantCurrent(t, fresh, nil)
		v.RevertSecret(name)
		v.wantRing(t, old, "", fresh)
		v.wantCurrent(t, old, nil)
	})
}

func TestPromotionMovesEachKeyToItsStage(t *testing.T) {
	inVault(t, threeVersions, func(t *testing.T, v vault) {
		v.wantRing(t, fresh, due, old)
		stages := v.SecretStages(name)
		client := v.client(t)
		for _, move := range []struct{ label, from, to string }{
			{"AWSCURRENT", stages["AWSCURRENT"], stages["AWSPENDING"]},
			{"AWSPENDING", stages["AWSPENDING"], ""},
		} {
			in := &secretsmanager.UpdateSecretVersionStageInput{SecretId: aws.String(name), VersionStage: &move.label, RemoveFromVersionId: &move.from}
			if move.to != "" {
				in.MoveToVersionId = &move.to
			}
			if _, err := client.UpdateSecretVersionStage(t.Context(), in); err != nil {
				t.Fatal(err)
			}
			time.Sleep(12 * time.Second)
			v.wantRing(t, due, "", fresh) // pending on the current version says nothing
		}
		v.wantCurrent(t, due, nil)
		v.wantCalls(t, 3, 5)
		// The oldest one has no label any more, and nobody asks for it.
		if previous := v.SecretStages(name)["AWSPREVIOUS"]; previous != stages["AWSCURRENT"] {
			t.Errorf("the previous version is %s, want %s", previous, stages["AWSCURRENT"])
		}
	})
}

func (v vault) client(t *testing.T) *secretsmanager.Client {
	t.Helper()
	cfg := awstest.Config(t, "http://aws.invalid")
	cfg.HTTPClient = inProcess{v.Server}
	return secretsmanager.NewFromConfig(cfg)
}

func TestAVersionThatCannotStandInIsLeftOut(t *testing.T) {
	for _, row := range []struct {
		name                       string
		change                     func(*awstest.Server)
		current, pending, previous string
	}{
		{"a pending one without a value yet", func(s *awstest.Server) { s.PutSecret(name, old); s.PutSecret(name, fresh); s.BeginRotation(name) }, fresh, "", old},
		{"a pending one that is too short", func(s *awstest.Server) { s.PutSecret(name, fresh); s.PutSecret(name, "short", "AWSPENDING") }, fresh, "", ""},
		{"a pending one with a newline at its end", func(s *awstest.Server) { s.PutSecret(name, fresh); s.PutSecret(name, due+"\n", "AWSPENDING") }, fresh, "", ""},
		{"a pending label on the current version", func(s *awstest.Server) { s.PutSecret(name, fresh, "AWSCURRENT", "AWSPENDING") }, fresh, "", ""},
		{"a previous one that was stored as binary", func(s *awstest.Server) { s.PutSecretBinary(name, []byte(old)); s.PutSecret(name, fresh) }, fresh, "", ""},
		{"a previous one that is too short", func(s *awstest.Server) { s.PutSecret(name, "short"); s.PutSecret(name, fresh) }, fresh, "", ""},
		{"a previous one beside a pending one that is too short", func(s *awstest.Server) { threeVersions(s); s.PutSecret(name, "short", "AWSPENDING") }, fresh, "", old},
		{"labels of somebody else's", func(s *awstest.Server) { threeVersions(s); s.PutSecret(name, "short", "theirs") }, fresh, due, old},
	} {
		t.Run(row.name, func(t *testing.T) {
			inVault(t, row.change, func(t *testing.T, v vault) { v.wantRing(t, row.current, row.pending, row.previous) })
		})
	}
}

func TestAPendingVersionCountsOnceItHasAValue(t *testing.T) {
	inVault(t, func(s *awstest.Server) { s.PutSecret(name, fresh) }, func(t *testing.T, v vault) {
		version := v.BeginRotation(name)
		v.wantRing(t, fresh, "", "")
		if _, err := v.client(t).PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{
			SecretId: aws.String(name), ClientRequestToken: &version, SecretString: aws.String(due), VersionStages: []string{"AWSPENDING"},
		}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(12 * time.Second)
		v.wantRing(t, fresh, due, "")
	})
}

func TestTheLastChangeIsTheSecrets(t *testing.T) {
	inVault(t, threeVersions, func(t *testing.T, v vault) {
		at := time.Date(1999, 12, 31, 12, 0, 0, 0, time.UTC)
		v.SetSecretChanged(name, at)
		ring, err := v.keys.Keyring(t.Context())
		if err != nil || !ring.Changed.Equal(at) || !ring.Pending.Made().Equal(bubble) {
			t.Errorf("changed %v, the pending one made %v, %v; want %v and %v", ring.Changed, ring.Pending.Made(), err, at, bubble)
		}
	})
}

func TestAStoreThatIsDownLeavesAllKeysForAMinute(t *testing.T) {
	for _, operation := range []string{"DescribeSecret", "GetSecretValue"} {
		t.Run(operation, func(t *testing.T) {
			inVault(t, threeVersions, func(t *testing.T, v vault) {
				v.wantRing(t, fresh, due, old)
				// A new version, so that it is not for DescribeSecret alone.
				v.PutSecret(name, due+"-2", "AWSPENDING")
				v.Inject(operation, awstest.Fault{Code: "InternalServiceError"})
				time.Sleep(50 * time.Second)
				v.wantRing(t, fresh, due, old)
				asked := v.Calls(operation)
				v.wantRing(t, fresh, due, old)
				if got := v.Calls(operation); got != asked {
					t.Error("a store that is down is asked for each request")
				}
				time.Sleep(20 * time.Second)
				v.wantNoRing(t, keyring.ErrUnavailable)
				v.wantCurrent(t, fresh, nil) // for a quarter of an hour
				v.Clear()
				v.wantRing(t, fresh, due+"-2", old)
			})
		})
	}
}

func TestAllKeysThatMayNotBeReadAreAnErrorAtOnce(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*awstest.Server)
		says   string
	}{
		{"a role without DescribeSecret", func(s *awstest.Server) { s.Inject("DescribeSecret", awstest.Fault{Code: "AccessDeniedException"}) }, "may not read it"},
		{"a secret marked for deletion", func(s *awstest.Server) { s.DeleteSecret(name) }, "restore it"},
	} {
		t.Run(row.name, func(t *testing.T) {
			inVault(t, threeVersions, func(t *testing.T, v vault) {
				v.wantRing(t, fresh, due, old)
				row.change(v.Server)
				time.Sleep(12 * time.Second)
				v.wantNoRing(t, keyring.ErrAbsent)
				if _, err := v.keys.Keyring(t.Context()); err == nil || !strings.Contains(err.Error(), row.says) {
					t.Errorf("error = %v, want it to say %q", err, row.says)
				}
			})
		})
	}
}

func TestTheKeyThatSignsDoesNotOutliveThatItMayBeRead(t *testing.T) {
	inVault(t, threeVersions, func(t *testing.T, v vault) {
		v.wantRing(t, fresh, due, old)
		v.Inject("GetSecretValue", awstest.Fault{Code: "AccessDeniedException"})
		for range 6 {
			time.Sleep(12 * time.Second)
			_, _ = v.keys.Keyring(t.Context())
		}
		v.wantCurrent(t, "", keyring.ErrAbsent)
	})
}

func TestASecretWithoutACurrentVersionHasNoKeys(t *testing.T) {
	inVault(t, func(s *awstest.Server) { s.PutSecret(name, due, "AWSPENDING") }, func(t *testing.T, v vault) {
		v.wantNoRing(t, keyring.ErrAbsent)
		v.wantCalls(t, 1, 1) // that of the start
	})
}

func TestACurrentVersionThatIsUnfitHasNoKeys(t *testing.T) {
	inVault(t, func(s *awstest.Server) { threeVersions(s); s.PutSecret(name, "short") }, func(t *testing.T, v vault) {
		v.wantNoRing(t, keyring.ErrUnusable)
	})
}

func TestManyAskForAllKeysAtOnce(t *testing.T) {
	server := awstest.New()
	threeVersions(server)
	v := vault{server, environment(t, server)}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			v.wantCurrent(t, fresh, nil)
			v.wantRing(t, fresh, due, old)
		})
	}
	all.Wait()
	v.wantCalls(t, 1, 4)
}

func TestAllKeysAreNotWaitedForLongerThanAskedTo(t *testing.T) {
	inVault(t, threeVersions, func(t *testing.T, v vault) {
		v.Inject("DescribeSecret", awstest.Fault{Hang: true})
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		if _, err := v.keys.Keyring(ctx); !errors.Is(err, keyring.ErrUnavailable) || time.Since(bubble) > time.Second {
			t.Errorf("after %v: %v, want ErrUnavailable within a second", time.Since(bubble), err)
		}
		v.Clear()
		v.wantRing(t, fresh, due, old)
	})
}

func TestASourceRemembersNothing(t *testing.T) {
	server, cfg := awstest.Start(t)
	threeVersions(server)
	s := source(t, cfg)
	for i := range 2 {
		ring, err := s.Keyring(t.Context())
		if err != nil || string(ring.Current.Bytes()) != fresh || string(ring.Pending.Bytes()) != due || string(ring.Previous.Bytes()) != old {
			t.Errorf("%q, %q and %q, %v", ring.Current.Bytes(), ring.Pending.Bytes(), ring.Previous.Bytes(), err)
		}
		if d, g := server.Calls("DescribeSecret"), server.Calls("GetSecretValue"); d != i+1 || g != 3*(i+1) {
			t.Errorf("%d DescribeSecret and %d GetSecretValue, want %d and %d", d, g, i+1, 3*(i+1))
		}
	}
}

func TestMotoAgreesOnAllKeys(t *testing.T) {
	cfg := awstest.Config(t, realpart.Address(t, "VERIFY_MOTO"))
	client := secretsmanager.NewFromConfig(cfg)
	id := "deskpro/" + strings.ToLower(t.Name())
	s, err := awssecrets.New(awssecrets.Config{Client: client, SecretID: id})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Keyring(t.Context()); !errors.Is(err, keyring.ErrAbsent) {
		t.Errorf("before it exists: %v, want ErrAbsent", err)
	}
	if _, err := client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &id, SecretString: aws.String(old)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = client.DeleteSecret(context.Background(), &secretsmanager.DeleteSecretInput{SecretId: &id, ForceDeleteWithoutRecovery: aws.Bool(true)})
	})
	put := func(text string, stages ...string) {
		t.Helper()
		in := &secretsmanager.PutSecretValueInput{SecretId: &id, SecretString: &text, VersionStages: stages}
		if _, err := client.PutSecretValue(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	want := func(when, current, pending, previous string) keyring.Keyring {
		t.Helper()
		ring, err := s.Keyring(t.Context())
		if err != nil || string(ring.Current.Bytes()) != current || string(ring.Pending.Bytes()) != pending || string(ring.Previous.Bytes()) != previous {
			t.Fatalf("%s: %q, %q and %q, %v; want %q, %q and %q", when, ring.Current.Bytes(), ring.Pending.Bytes(), ring.Previous.Bytes(), err, current, pending, previous)
		}
		return ring
	}
	want("at first", old, "", "")
	put(fresh)
	want("changed", fresh, "", old)
	put(due, "AWSPENDING")
	ring := want("staged", fresh, due, old)
	if time.Since(ring.Changed).Abs() > time.Hour {
		t.Errorf("changed %v", ring.Changed)
	}
	if _, err := client.UpdateSecretVersionStage(t.Context(), &secretsmanager.UpdateSecretVersionStageInput{
		SecretId: &id, VersionStage: aws.String("AWSCURRENT"),
		RemoveFromVersionId: aws.String(ring.Current.Version()), MoveToVersionId: aws.String(ring.Pending.Version()),
	}); err != nil {
		t.Fatal(err)
	}
	want("promoted", due, "", fresh)
	if _, err := client.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: &id}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Keyring(t.Context()); !errors.Is(err, keyring.ErrAbsent) {
		t.Errorf("marked for deletion: %v, want ErrAbsent", err)
	}
}
