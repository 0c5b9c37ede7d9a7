package roll_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"runtime"
	"strings"
	"testing"

	"deskpro-login/infra/loginctl/roll"
	"deskpro-login/pkg/directory/account"
)

// forgetful is a directory that keeps nothing, of n accounts made elsewhere.
type forgetful struct{ n int }

func (forgetful) Create(context.Context, *account.Account) error { return nil }
func (forgetful) GetMany(context.Context, []string) (map[string]*account.Account, error) {
	return nil, nil
}
func (forgetful) Replace(context.Context, *account.Account, *account.Account) error { return nil }
func (f forgetful) All(context.Context) iter.Seq2[*account.Account, error] {
	return func(yield func(*account.Account, error) bool) {
		for i := range f.n {
			if !yield(&account.Account{Login: fmt.Sprint("there", i), ID: fmt.Sprint("there-", i), Attributes: map[string]string{"dept": "sales"}}, nil) {
				return
			}
		}
	}
}

// generated is a file of n rows that is nowhere whole.
func generated(n int, row func(i int) string) io.Reader {
	read, write := io.Pipe()
	go func() {
		for i := range n {
			if _, err := io.WriteString(write, row(i)); err != nil {
				return
			}
		}
		write.Close()
	}()
	return read
}

// heap is what is in use, after a collection.
func heap() uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

func TestMemoryIsBounded(t *testing.T) {
	const rows, there = 100_000, 100_000
	kibibyte := strings.Repeat("x", 1<<10)
	header := "login,alias,id,email,name,groups,attribute.dept\n"
	good := func(i int) string {
		return fmt.Sprintf("user%d,alias%d@example.com,id-%d,user%d@example.com,User %d,agents;vip,sales\n", i, i, i, i, i)
	}
	for _, row := range []struct {
		name string
		row  func(i int) string
		want string
		most uint64 // MiB
	}{
		{"of good rows", good, "100000 added", 20},
		{"of bad rows", func(i int) string { return fmt.Sprintf("user%d,,,nobody,,,\n", i) }, "100000 bad", 12},
		{"that is one cell, of 100 MiB", func(i int) string {
			if i == 0 {
				return "mara,\""
			}
			return kibibyte
		}, "1 bad", 2},
	} {
		t.Run("of a file "+row.name, func(t *testing.T) {
			s := &site{directoryFake: newFake()}
			before, most, batches := heap(), uint64(0), 0
			s.change = func(c *roll.Config) {
				c.Source = io.MultiReader(generated(1, func(int) string { return header }), generated(rows, row.row))
				c.Accounts, c.Report, c.Rejects, c.Concurrency = forgetful{there}, nil, io.Discard, 16
				c.Act = func(_ context.Context, _ []roll.Act, do func() []error) error { do(); return nil }
				c.Progress = func(roll.Summary) {
					if batches++; batches%100 == 0 || batches == 1 {
						most = max(most, heap())
					}
				}
			}
			summary := s.run(t, roll.CSV, "")
			most -= min(before, most)
			t.Logf("%d rows, %d MiB read: %d KiB, %d bytes a row", summary.Rows, summary.Bytes>>20, most>>10, most/rows)
			if counts(summary) != row.want {
				t.Errorf("%s, want %s", counts(summary), row.want)
			}
			if most > row.most<<20 {
				t.Errorf("%d KiB were in use, at most %d MiB are allowed", most>>10, row.most)
			}
		})
	}
}
