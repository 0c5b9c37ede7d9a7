package roll_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"deskpro-login/infra/loginctl/roll"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/account"
)

// many is a file of n accounts, with IDs of their own or without.
func many(n int, ids bool) string {
	var file strings.Builder
	file.WriteString("login,alias,email,name,id\n")
	for i := range n {
		id := ""
		if ids {
			id = fmt.Sprintf("id-%d", i)
		}
		fmt.Fprintf(&file, "user%d,user%d@example.com,user%d@example.com,User %d,%s\n", i, i, i, i, id)
	}
	return file.String()
}

// whole fails unless there are exactly n accounts, each of them whole, with an ID
// that no other has.
func (f *directoryFake) whole(t *testing.T, n int) (ids map[string]string) {
	t.Helper()
	ids = map[string]string{}
	owners := map[string]string{}
	for login, a := range f.accounts {
		if owner, ok := owners[a.ID]; ok || a.ID == "" {
			t.Errorf("%s and %s have the ID %q", login, owner, a.ID)
		}
		owners[a.ID], ids[login] = login, a.ID
		if a.Alias != login+"@example.com" || a.Email != a.Alias || f.aliases[a.Alias] != login || a.Name != "User "+strings.TrimPrefix(login, "user") {
			t.Errorf("half an account: %s", show(a))
		}
	}
	if len(f.accounts) != n || len(f.aliases) != n {
		t.Errorf("there are %d accounts and %d aliases, want %d of each", len(f.accounts), len(f.aliases), n)
	}
	return ids
}

func TestADirectoryThatIsBusyIsGivenTime(t *testing.T) {
	for _, failure := range []error{directory.ErrThrottled, directory.ErrUnavailable} {
		for _, persisted := range []bool{false, true} {
			for _, ids := range []bool{false, true} {
				t.Run(fmt.Sprintf("%v, persisted %v, ids %v", failure, persisted, ids), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s := &site{directoryFake: newFake(), change: func(c *roll.Config) { c.Concurrency = 8 }}
						s.fault = func(operation string, n int) (bool, error) {
							if operation == "GetMany" && n == 1 || n%3 != 0 {
								return true, nil
							}
							return persisted, fmt.Errorf("the table says: %w", failure)
						}
						summary := s.run(t, roll.CSV, many(250, ids))
						if counts(summary) != "250 added" || len(s.problems) > 0 {
							t.Errorf("%s, %q", counts(summary), s.problems)
						}
						if got := summary.Throttled > 0; got != (failure == directory.ErrThrottled) {
							t.Errorf("throttled %d times", summary.Throttled)
						}
						s.whole(t, 250)
					})
				})
			}
		}
	}
}

func TestAnUpdateWhoseAnswerIsLostIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &site{directoryFake: newFake(mara()), change: func(c *roll.Config) { c.Existing = roll.Update }}
		s.fault = func(operation string, n int) (bool, error) {
			if operation == "Replace" && n == 1 {
				return true, directory.ErrUnavailable
			}
			return true, nil
		}
		if got := counts(s.run(t, roll.CSV, "login,name\nmara,Mara S\n")); got != "1 updated" || s.accounts["mara"].Name != "Mara S" || s.accounts["mara"].Version != 1 {
			t.Errorf("%s, %s", got, show(s.accounts["mara"]))
		}
	})
}

// Wherever a run is cut off, the next one completes it: nothing twice, nothing
// half.
func TestARunThatWasCutOffIsGoneOnWith(t *testing.T) {
	file := many(230, false)
	for _, operation := range []string{"GetMany", "Create"} {
		for _, persisted := range []bool{false, true} {
			for at := 1; at <= 240; at += 13 {
				t.Run(fmt.Sprintf("at %s %d, persisted %v", operation, at, persisted), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						gone := false
						s := &site{directoryFake: newFake(), change: func(c *roll.Config) { c.Concurrency = 4 }}
						s.fault = func(called string, n int) (bool, error) {
							if gone {
								return false, directory.ErrUnavailable
							}
							if gone = called == operation && n == at; gone {
								return persisted, directory.ErrUnavailable
							}
							return true, nil
						}
						summary, err := roll.Import(t.Context(), s.config(roll.CSV, file))
						if gone != (err != nil) || gone == summary.Complete {
							t.Fatalf("gone %v: %+v, %v", gone, summary, err)
						}
						before := map[string]string{}
						for login, a := range s.accounts {
							before[login] = a.ID
						}
						if len(before) < summary.Added {
							t.Errorf("%d were added, but there are %d", summary.Added, len(before))
						}

						s.fault, s.change = nil, func(c *roll.Config) {
							c.NewID = func() func() string {
								n := 0
								return func() string { n++; return fmt.Sprintf("second-%d", n) }
							}()
						}
						again := s.run(t, roll.CSV, file)
						if again.Unchanged != len(before) || again.Added != 230-len(before) || again.Refused() > 0 {
							t.Errorf("after %d were there: %s", len(before), counts(again))
						}
						ids := s.whole(t, 230)
						for login, id := range before {
							if ids[login] != id {
								t.Errorf("%s has another ID", login)
							}
						}
						if got := counts(s.run(t, roll.CSV, file)); got != "230 unchanged" {
							t.Errorf("a third time: %s", got)
						}
					})
				})
			}
		}
	}
}

func TestAnInterruptFinishesWhatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, interrupt := context.WithCancelCause(t.Context())
		s := &site{directoryFake: newFake(), change: func(c *roll.Config) { c.Concurrency = 4 }}
		s.fault = func(operation string, n int) (bool, error) {
			if operation == "Create" && n == 120 {
				interrupt(errors.New("Ctrl-C"))
			}
			return true, nil
		}
		summary, err := roll.Import(ctx, s.config(roll.CSV, many(300, true)))
		if err == nil || err.Error() != "Ctrl-C" || summary.Complete {
			t.Errorf("%+v, %v", summary, err)
		}
		if summary.InDoubt > 0 || summary.Added != len(s.accounts) || summary.Added < 120 || summary.Added > 123 || summary.Line <= summary.Added {
			t.Errorf("%+v, and there are %d accounts", summary, len(s.accounts))
		}
		s.whole(t, summary.Added)
		if len(s.acts) != 200 || strings.Count(strings.Join(s.acts, "\n"), "failed") != 200-summary.Added {
			t.Errorf("acts: %d", len(s.acts))
		}
	})
}

// hanging is a directory whose writes never end by themselves.
type hanging struct{ *directoryFake }

func (hanging) Create(ctx context.Context, _ *account.Account) error {
	<-ctx.Done()
	return fmt.Errorf("%w: %w", directory.ErrUnavailable, ctx.Err())
}

func TestAnInterruptDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, interrupt := context.WithTimeout(t.Context(), time.Second)
		defer interrupt()
		s := &site{directoryFake: newFake(), change: func(c *roll.Config) { c.Accounts = hanging{newFake()} }}
		began := time.Now()
		summary, err := roll.Import(ctx, s.config(roll.CSV, many(3, false)))
		if took := time.Since(began); err == nil || summary.Rows > 0 || summary.InDoubt != 1 || took != 11*time.Second {
			t.Errorf("after %v: %+v, %v", took, summary, err)
		}
	})
}

// A read from a terminal or a pipe does not end by itself.
func TestAnInterruptEndsARead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, interrupt := context.WithTimeout(t.Context(), time.Second)
		defer interrupt()
		read, write := io.Pipe()
		defer write.Close()
		go func() { _, _ = io.WriteString(write, "login,email,name\nmara,m@example.com,Mara\n") }()
		s := &site{directoryFake: newFake(), change: func(c *roll.Config) { c.Source = read }}
		if summary, err := roll.Import(ctx, s.config(roll.CSV, "")); !errors.Is(err, context.DeadlineExceeded) || summary.Complete {
			t.Errorf("%+v, %v", summary, err)
		}
	})
}

func TestADirectoryThatCannotBeReachedEndsTheImport(t *testing.T) {
	for _, row := range []struct {
		name    string
		failure error
		from    int // this call
		least   time.Duration
		most    time.Duration
		doubt   bool // that what was written was not
	}{
		{"at once where it never answered", directory.ErrUnavailable, 1, 0, 0, false},
		{"after a quarter of a minute where it did", directory.ErrUnavailable, 2, 15 * time.Second, 26 * time.Second, true},
		{"after two minutes where it asks to slow down", directory.ErrThrottled, 1, 2 * time.Minute, 131 * time.Second, false},
		{"at once where it is set up wrongly", directory.ErrMisconfigured, 2, 0, 0, false},
		{"at once where it may not be written", account.ErrReadOnly, 2, 0, 0, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &site{directoryFake: newFake()}
				calls := 0
				s.fault = func(string, int) (bool, error) {
					if calls++; calls >= row.from {
						return false, row.failure
					}
					return true, nil
				}
				began := time.Now()
				summary, err := roll.Import(t.Context(), s.config(roll.CSV, many(3, false)))
				if took := time.Since(began); !errors.Is(err, row.failure) || summary.Rows > 0 || summary.InDoubt > 0 != row.doubt || took < row.least || took > row.most {
					t.Errorf("after %v: %+v, %v", took, summary, err)
				}
			})
		})
	}
}

func TestWhatIsWrongWithOneAccountIsItsOwnAffair(t *testing.T) {
	s := &site{directoryFake: newFake()}
	s.fault = func(operation string, n int) (bool, error) {
		if operation == "Create" && n == 2 {
			return false, errors.New("the account is larger than an item may be")
		}
		return true, nil
	}
	summary := s.run(t, roll.CSV, many(3, false))
	if want := []string{"line 3: adding an account: the account is larger than an item may be"}; counts(summary) != "2 added, 1 bad" || !slices.Equal(s.problems, want) {
		t.Errorf("%s, %q", counts(summary), s.problems)
	}
}

func TestWhatOthersDoMeanwhile(t *testing.T) {
	other := func(login, alias, name string) *account.Account {
		return &account.Account{Login: login, Alias: alias, ID: "other", Email: "m@example.com", Name: name}
	}
	for _, row := range []struct {
		name, cells string
		existing    roll.Existing
		meanwhile   func(f *directoryFake)
		counts      string
		problem     string
		want        string
	}{
		{"the same account is made", "new,,m@example.com,N", roll.Update, func(f *directoryFake) { f.store(other("new", "", "N")) }, "1 unchanged", "", `new "" other m@example.com "N" "" ""`},
		{"another account is made under the login", "new,,m@example.com,N", roll.Fail, func(f *directoryFake) { f.store(other("new", "", "X")) }, "1 conflicts", "line 2: the account is there already, and differs in name", `new "" other m@example.com "X" "" ""`},
		{"and is updated if that is wanted", "new,,m@example.com,N", roll.Update, func(f *directoryFake) { f.store(other("new", "", "X")) }, "1 updated", "", `new "" other m@example.com "N" "" ""`},
		{"the alias is taken", "new,alias,m@example.com,N", roll.Update, func(f *directoryFake) { f.store(other("x", "alias", "X")) }, "1 conflicts", "line 2: alias: is another account's", `x "alias" other m@example.com "X" "" ""`},
		{"the login becomes an alias", "new,,m@example.com,N", roll.Update, func(f *directoryFake) { f.store(other("x", "new", "X")) }, "1 conflicts", "line 2: login: is another account's alias", `x "new" other m@example.com "X" "" ""`},
		{"the account is changed elsewhere, and both are kept", "mara,,m@example.com,Mara S", roll.Update, func(f *directoryFake) {
			f.accounts["mara"].Version++
			f.accounts["mara"].Groups = nil
		}, "1 updated", "", `mara "" id-1 m@example.com "Mara S" "" "" attributes=map["dept":"sales" "empty":""] verified hash=hash:old password of mara factor`},
		{"the account is deleted, and made anew", "mara,,m@example.com,Mara S", roll.Update, func(f *directoryFake) {
			delete(f.accounts, "mara")
			delete(f.aliases, "mara@example.com")
		}, "1 added", "", `mara "" made-1 m@example.com "Mara S" "" ""`},
		{"the new alias of an account is taken", "mara,new,m@example.com,Mara", roll.Update, func(f *directoryFake) { f.store(other("new", "", "X")) }, "1 conflicts", "line 2: alias: is another account's", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := &site{directoryFake: newFake(), change: func(c *roll.Config) { c.Existing = row.existing }}
			if strings.HasPrefix(row.cells, "mara") {
				s.store(mara())
			}
			s.meanwhile = func() { row.meanwhile(s.directoryFake) }
			summary := s.run(t, roll.CSV, "login,alias,email,name\n"+row.cells+"\n")
			if counts(summary) != row.counts || strings.Join(s.problems, "") != row.problem {
				t.Errorf("%s, %q, want %s, %q", counts(summary), s.problems, row.counts, row.problem)
			}
			if got := s.shown(); row.want != "" && !slices.Equal(got, []string{row.want}) {
				t.Errorf("%q, want %q", got, row.want)
			}
		})
	}
	t.Run("the account is changed all the time", func(t *testing.T) {
		s := &site{directoryFake: newFake(mara()), change: func(c *roll.Config) { c.Existing = roll.Update }}
		s.fault = func(operation string, _ int) (bool, error) {
			if operation == "Replace" {
				return false, account.ErrConflict
			}
			return true, nil
		}
		summary := s.run(t, roll.CSV, "login,name\nmara,Mara S\n")
		if want := []string{"line 2: the account was changed by somebody else, again and again"}; counts(summary) != "1 conflicts" || !slices.Equal(s.problems, want) || s.calls["Replace"] != 2 {
			t.Errorf("%s, %q, %d attempts", counts(summary), s.problems, s.calls["Replace"])
		}
	})
}

func TestNothingIsDoneThatCannotBeWrittenDown(t *testing.T) {
	s := &site{directoryFake: newFake(), change: func(c *roll.Config) {
		c.Act = func(context.Context, []roll.Act, func() []error) error { return errors.New("the log is full") }
	}}
	summary, err := roll.Import(t.Context(), s.config(roll.CSV, many(3, false)))
	if err == nil || !strings.Contains(err.Error(), "the log is full") || summary.Rows > 0 || len(s.accounts) > 0 {
		t.Errorf("%+v, %v, %d accounts", summary, err, len(s.accounts))
	}
}

func TestSessionsThatCannotBeEnded(t *testing.T) {
	for _, row := range []struct {
		name           string
		from           int
		email, problem string
	}{
		{"leave the account as it was", 1, "m@example.com", "line 2: it was not changed, since its sessions could not be ended: the table is gone"},
		{"are told of where the account was changed already", 2, "new@example.com", "line 2: it was changed, but its sessions go on: the table is gone"},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				s := &site{directoryFake: newFake(mara()), change: func(c *roll.Config) {
					c.Existing = roll.Update
					c.EndSessions = func(context.Context, string) error {
						if calls++; calls >= row.from {
							return errors.New("the table is gone")
						}
						return nil
					}
				}}
				summary := s.run(t, roll.CSV, "login,email\nmara,new@example.com\n")
				if counts(summary) != "1 bad" || s.accounts["mara"].Email != row.email || !slices.Equal(s.problems, []string{row.problem}) {
					t.Errorf("%s, %q, %s", counts(summary), s.problems, show(s.accounts["mara"]))
				}
			})
		})
	}
}

// busy is a directory that takes ten milliseconds for a write, and refuses more
// at once than it has room for: four, and after a thousand writes twenty.
type busy struct {
	*directoryFake
	mu           sync.Mutex
	now, refused int
	most         []int
}

func (b *busy) Create(ctx context.Context, made *account.Account) error {
	b.mu.Lock()
	room := 4
	if len(b.most) > 1000 {
		room = 20
	}
	b.now++
	b.most = append(b.most, b.now)
	tooMany := b.now > room
	if tooMany {
		b.refused++
	}
	b.mu.Unlock()
	time.Sleep(10 * time.Millisecond)
	b.mu.Lock()
	b.now--
	b.mu.Unlock()
	if tooMany {
		return directory.ErrThrottled
	}
	return b.directoryFake.Create(ctx, made)
}

func TestWhatIsDoneAtOnceAdapts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &busy{directoryFake: newFake()}
		s := &site{directoryFake: b.directoryFake, change: func(c *roll.Config) { c.Accounts, c.Concurrency = b, 32 }}
		summary := s.run(t, roll.CSV, many(3000, false))
		s.whole(t, 3000)
		if counts(summary) != "3000 added" || summary.Throttled != b.refused || b.refused > 300 {
			t.Errorf("%s, slowed down %d times of %d", counts(summary), summary.Throttled, b.refused)
		}
		for _, row := range []struct {
			name        string
			during      []int
			least, most int
		}{
			{"at first", b.most[:100], 32, 32},
			{"soon", b.most[130:200], 5, 31}, // not one alone, for all that were refused together
			{"while there is little room", b.most[500:1000], 4, 6},
			{"when there is more", b.most[len(b.most)-500:], 16, 21},
		} {
			if most := slices.Max(row.during); most < row.least || most > row.most {
				t.Errorf("%s %d at once, want %d to %d", row.name, most, row.least, row.most)
			}
		}
	})
}
