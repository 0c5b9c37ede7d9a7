package challenge_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"deskpro-login/pkg/challenge"
	"deskpro-login/pkg/state"
	"deskpro-login/pkg/state/memory"
	"deskpro-login/pkg/state/statetest"
)

const (
	claimLife    = 10 * time.Second
	repeatWindow = 30 * time.Second
)

// answer answers as one person does who types one code.
func answer(t testing.TB, s *challenge.Steps, id challenge.ID) (challenge.Attempt, error) {
	t.Helper()
	return s.Answer(t.Context(), id, []byte("123456"), "192.0.2.1")
}

func win(t testing.TB, s *challenge.Steps, id challenge.ID) challenge.Attempt {
	t.Helper()
	attempt, err := answer(t, s, id)
	if err != nil || !attempt.Won {
		t.Fatalf("won %t, %v", attempt.Won, err)
	}
	return attempt
}

func settle(t testing.TB, s *challenge.Steps, attempt challenge.Attempt, result string) {
	t.Helper()
	if err := s.Settle(t.Context(), attempt, []byte(result)); err != nil {
		t.Fatal(err)
	}
}

// wantSettled checks that the step's answer led to result.
func wantSettled(t *testing.T, s *challenge.Steps, id challenge.ID, result string) {
	t.Helper()
	attempt, err := answer(t, s, id)
	if err != nil || attempt.Won || string(attempt.Result) != result {
		t.Errorf("Answer: won %t, result %q, %v, want %q", attempt.Won, attempt.Result, err, result)
	}
}

// wantWithin runs call and checks that it took from least to most.
func wantWithin(t *testing.T, least, most time.Duration, call func()) {
	t.Helper()
	start := time.Now()
	call()
	if took := time.Since(start); took < least || took > most {
		t.Errorf("took %v, want from %v to %v", took, least, most)
	}
}

func TestTheFirstAnswerWinsAndItsRepeatsLearnTheResult(t *testing.T) {
	s := newSteps(t, &memory.Store{})
	id := open(t, s)
	first := win(t, s, id)
	if string(first.Content) != content || first.Result != nil || first.Same {
		t.Errorf("the winner has content %q, result %q, same %t", first.Content, first.Result, first.Same)
	}
	settle(t, s, first, "next page")
	for range 3 {
		repeat, err := answer(t, s, id)
		if err != nil {
			t.Fatal(err)
		}
		if repeat.Won || !repeat.Same || string(repeat.Result) != "next page" || string(repeat.Content) != content {
			t.Errorf("a repeat has won %t, same %t, result %q, content %q", repeat.Won, repeat.Same, repeat.Result, repeat.Content)
		}
	}
}

func TestARepeatIsTheSameAnswerFromTheSameSourceSoonAfter(t *testing.T) {
	for _, row := range []struct {
		name           string
		answer, source string
		after          time.Duration
		same           bool
	}{
		{"at once", "123456", "192.0.2.1", 0, true},
		{"at the end of the window", "123456", "192.0.2.1", repeatWindow, true},
		{"after the window", "123456", "192.0.2.1", repeatWindow + 1, false},
		{"long after", "123456", "192.0.2.1", life - time.Second, false},
		{"another answer", "123457", "192.0.2.1", 0, false},
		{"no answer", "", "192.0.2.1", 0, false},
		{"from another source", "123456", "192.0.2.2", 0, false},
		{"from nowhere", "123456", "", 0, false},
		{"a part of the answer in the source", "23456", "192.0.2.11", 0, false},
		{"a part of the source in the answer", "1123456", "192.0.2.", 0, false},
		{"the answer and the source swapped", "192.0.2.1", "123456", 0, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSteps(t, &memory.Store{})
				id := open(t, s)
				first := win(t, s, id)
				settle(t, s, first, "next page")
				time.Sleep(row.after)
				got, err := s.Answer(t.Context(), id, []byte(row.answer), row.source)
				if err != nil {
					t.Fatal(err)
				}
				if got.Won || got.Same != row.same || string(got.Result) != "next page" {
					t.Errorf("won %t, same %t, result %q, want same %t", got.Won, got.Same, got.Result, row.same)
				}
			})
		})
	}
}

func TestTheWindowBeginsWithTheClaim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSteps(t, &memory.Store{})
		id := open(t, s)
		first := win(t, s, id)
		time.Sleep(9 * time.Second)
		settle(t, s, first, "next page")
		time.Sleep(repeatWindow - 8*time.Second)
		if got, err := answer(t, s, id); err != nil || got.Same {
			t.Errorf("31 s after the claim: same %t, %v", got.Same, err)
		}
	})
}

func TestOfConcurrentAnswersOneWins(t *testing.T) {
	const callers = 40
	for _, row := range []struct {
		name string
		mode statetest.Mode
	}{
		{"over a store that works", statetest.Work},
		{"while every answer of the store to a write is lost", statetest.FailAfter},
	} {
		t.Run(row.name, func(t *testing.T) {
			for range 5 {
				store := &statetest.Faulty{Store: &memory.Store{}}
				s := newSteps(t, store)
				id := open(t, s)
				store.Set(row.mode, statetest.Put)
				var wins atomic.Int32
				concurrently(callers, func(i int) {
					got, err := s.Answer(t.Context(), id, fmt.Append(nil, "answer ", i%2), "192.0.2.1")
					switch {
					case err != nil:
						t.Error(err)
					case got.Won:
						wins.Add(1)
						// Its outcome is unknown where the answer is lost.
						if err := s.Settle(t.Context(), got, fmt.Append(nil, "from answer ", i%2)); err != nil && row.mode == statetest.Work {
							t.Error(err)
						}
					default:
						if string(got.Content) != content || got.Same != (string(got.Result) == fmt.Sprint("from answer ", i%2)) {
							t.Errorf("caller %d: content %q, same %t, result %q", i, got.Content, got.Same, got.Result)
						}
					}
				})
				if got := wins.Load(); got != 1 {
					t.Errorf("%d callers won, want 1", got)
				}
			}
		})
	}
}

func TestTheOthersWaitForTheWinnersResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const work = 3 * time.Second
		s := newSteps(t, &memory.Store{})
		id := open(t, s)
		var wins atomic.Int32
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				start := time.Now()
				got, err := answer(t, s, id)
				if err != nil {
					t.Error(err)
					return
				}
				if got.Won {
					wins.Add(1)
					time.Sleep(work)
					settle(t, s, got, "the one result")
					return
				}
				if string(got.Result) != "the one result" || !got.Same {
					t.Errorf("result %q, same %t", got.Result, got.Same)
				}
				if took := time.Since(start); took < work || took > work+400*time.Millisecond {
					t.Errorf("the result was known after %v, want soon after %v", took, work)
				}
			})
		}
		all.Wait()
		if got := wins.Load(); got != 1 {
			t.Errorf("%d callers won, want 1", got)
		}
	})
}

func TestAQuickResultIsKnownQuicklyAndASlowOneCostsFewReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &spy{}
		s := newSteps(t, store)
		id := open(t, s)
		first := win(t, s, id)
		time.AfterFunc(50*time.Millisecond, func() { settle(t, s, first, "done") })
		wantWithin(t, 50*time.Millisecond, 100*time.Millisecond, func() { wantSettled(t, s, id, "done") })

		id = open(t, s)
		first = win(t, s, id)
		store.gets = 0
		time.AfterFunc(claimLife-time.Second, func() { settle(t, s, first, "done") })
		wantSettled(t, s, id, "done")
		if store.gets > 25 {
			t.Errorf("waiting for 9 s cost %d reads", store.gets)
		}
	})
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	for _, row := range []struct {
		name string
		mode statetest.Mode // of the store's reads, once it waits
	}{
		{"between two reads", statetest.Work},
		{"in the midst of a read", statetest.Hang},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := &statetest.Faulty{Store: &memory.Store{}}
				s := newSteps(t, store)
				id := open(t, s)
				first := win(t, s, id)
				ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
				defer cancel()
				time.AfterFunc(time.Millisecond, func() { store.Set(row.mode, statetest.Get) })
				wantWithin(t, 4*time.Second, 4*time.Second, func() {
					_, err := s.Answer(ctx, id, []byte("123456"), "192.0.2.1")
					wantOnly(t, "Answer", err, challenge.ErrBusy)
				})
				store.Set(statetest.Work)
				settle(t, s, first, "all the same")
				wantSettled(t, s, id, "all the same")
			})
		})
	}
}

func TestAContextThatEndsBeforeAnyClaimIsSeenIsNotBusy(t *testing.T) {
	s := newSteps(t, &memory.Store{})
	id := open(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Answer(ctx, id, nil, "")
	wantOnly(t, "Answer", err, state.ErrUnavailable)
}

func TestAStoreThatFailsWhileWaitingIsUnavailable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &statetest.Faulty{Store: &memory.Store{}}
		s := newSteps(t, store)
		id := open(t, s)
		win(t, s, id)
		time.AfterFunc(time.Second, func() { store.Set(statetest.Fail, statetest.Get) })
		_, err := answer(t, s, id)
		wantOnly(t, "Answer", err, state.ErrUnavailable)
	})
}

func TestAStepThatEndsWhileWaitingIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSteps(t, &memory.Store{})
		id := open(t, s)
		time.Sleep(life - 2*time.Second)
		win(t, s, id)
		_, err := answer(t, s, id)
		wantOnly(t, "Answer", err, challenge.ErrNone)
	})
}

func TestAClaimThatWasNotSettledLapses(t *testing.T) {
	for _, row := range []struct {
		name  string
		after time.Duration
		wait  time.Duration // at least until it is claimed anew
	}{
		{"who answers afterwards claims anew at once", claimLife, 0},
		{"who answers before waits for it", claimLife - time.Second, time.Second},
		{"who answers a moment before waits a moment", claimLife - 1, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSteps(t, &memory.Store{})
				id := open(t, s)
				win(t, s, id)
				time.Sleep(row.after)
				most := row.wait
				if most > 0 {
					most += 400 * time.Millisecond
				}
				wantWithin(t, row.wait, most, func() {
					got, err := s.Answer(t.Context(), id, []byte("of anyone"), "from anywhere")
					if err != nil || !got.Won || string(got.Content) != content {
						t.Fatalf("won %t, content %q, %v", got.Won, got.Content, err)
					}
					settle(t, s, got, "second")
				})
				// The claim is the second one's, in what it answered and when.
				got, err := s.Answer(t.Context(), id, []byte("of anyone"), "from anywhere")
				if err != nil || !got.Same || string(got.Result) != "second" {
					t.Errorf("same %t, result %q, %v", got.Same, got.Result, err)
				}
				if got, err := answer(t, s, id); err != nil || got.Same {
					t.Errorf("the lapsed answer: same %t, %v", got.Same, err)
				}
			})
		})
	}
}

func TestOfManyThatWaitForAClaimThatLapsesOneWins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSteps(t, &memory.Store{})
		id := open(t, s)
		win(t, s, id)
		var wins atomic.Int32
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				got, err := answer(t, s, id)
				if err != nil {
					t.Error(err)
				}
				if got.Won {
					wins.Add(1)
					settle(t, s, got, "second")
				} else if string(got.Result) != "second" {
					t.Errorf("result %q", got.Result)
				}
			})
		}
		all.Wait()
		if got := wins.Load(); got != 1 {
			t.Errorf("%d callers won, want 1", got)
		}
	})
}

func TestALapsedWinnerDoesNotOverwriteItsSuccessor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSteps(t, &memory.Store{})
		id := open(t, s)
		slow := win(t, s, id)
		time.Sleep(claimLife)
		second := win(t, s, id)
		wantOnly(t, "Settle while the second is at it", s.Settle(t.Context(), slow, []byte("late")), challenge.ErrNone)
		settle(t, s, second, "second")
		wantOnly(t, "Settle after the second has", s.Settle(t.Context(), slow, []byte("late")), challenge.ErrNone)
		wantSettled(t, s, id, "second")
	})
}

func TestALapsedWinnerWhomNobodySucceededSettles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSteps(t, &memory.Store{})
		id := open(t, s)
		slow := win(t, s, id)
		time.Sleep(2 * claimLife)
		settle(t, s, slow, "late")
		wantSettled(t, s, id, "late")
	})
}

func TestAWinnerWhoseStepIsOverLearnsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSteps(t, &memory.Store{})
		id := open(t, s)
		attempt := win(t, s, id)
		time.Sleep(life)
		wantOnly(t, "Settle", s.Settle(t.Context(), attempt, []byte("late")), challenge.ErrNone)
		wantNone(t, s, id)
	})
}

func TestOnlyTheWinnerSettles(t *testing.T) {
	s := newSteps(t, &memory.Store{})
	id := open(t, s)
	settle(t, s, win(t, s, id), "first")
	loser, err := answer(t, s, id)
	if err != nil {
		t.Fatal(err)
	}
	for _, attempt := range []challenge.Attempt{loser, {}, {Won: true}} {
		err := s.Settle(t.Context(), attempt, []byte("another"))
		if err == nil {
			t.Error("an attempt that did not win settled")
		}
		wantOnly(t, "Settle", err, nil)
	}
	wantSettled(t, s, id, "first")
}

func TestSettlingAgainChangesNothing(t *testing.T) {
	s := newSteps(t, &memory.Store{})
	id := open(t, s)
	attempt := win(t, s, id)
	settle(t, s, attempt, "first")
	settle(t, s, attempt, "again")
	wantSettled(t, s, id, "first")
}

func TestAnUnknownEndOfSettlingIsSettledByAnotherCall(t *testing.T) {
	for _, mode := range []statetest.Mode{statetest.Fail, statetest.FailAfter} {
		store := &statetest.Faulty{Store: &memory.Store{}}
		s := newSteps(t, store)
		id := open(t, s)
		attempt := win(t, s, id)
		store.Set(mode, statetest.Put)
		wantOnly(t, "Settle", s.Settle(t.Context(), attempt, []byte("done")), state.ErrUnavailable)
		store.Set(statetest.Work)
		settle(t, s, attempt, "done")
		wantSettled(t, s, id, "done")
	}
}

func TestSettlingAgainWhileTheStoreCannotBeReadIsUnavailable(t *testing.T) {
	store := &statetest.Faulty{Store: &memory.Store{}}
	s := newSteps(t, store)
	attempt := win(t, s, open(t, s))
	settle(t, s, attempt, "done")
	store.Set(statetest.Fail, statetest.Get)
	wantOnly(t, "Settle", s.Settle(t.Context(), attempt, []byte("done")), state.ErrUnavailable)
}

func TestAResultThatIsNotStoredIsNotSettled(t *testing.T) {
	store := &spy{}
	s := newSteps(t, store)
	attempt := win(t, s, open(t, s))
	store.edit(t, func(*state.Item) {}) // the version is another, the claim is not
	wantOnly(t, "Settle", s.Settle(t.Context(), attempt, []byte("done")), challenge.ErrNone)
}

func TestAClaimThatFailedAfterItPersistedIsKnownAgain(t *testing.T) {
	for name, store := range map[string]state.Store{
		"the store's client retries and meets its own write": &retried{},
		"the answer is lost": &statetest.Faulty{Store: &memory.Store{}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSteps(t, store)
			id := open(t, s)
			faulty, isFaulty := store.(*statetest.Faulty)
			if isFaulty {
				faulty.Set(statetest.FailAfter, statetest.Put)
			}
			attempt := win(t, s, id)
			if isFaulty {
				faulty.Set(statetest.Work)
			}
			settle(t, s, attempt, "done")
			wantSettled(t, s, id, "done")
		})
	}
}

func TestAClaimThatFailedLeavesTheStepToTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &statetest.Faulty{Store: &memory.Store{}}
		s := newSteps(t, store)
		id := open(t, s)
		store.Set(statetest.Fail, statetest.Put)
		got, err := answer(t, s, id)
		wantOnly(t, "Answer", err, state.ErrUnavailable)
		if got.Won {
			t.Error("won without a claim")
		}
		store.Set(statetest.Work)
		wantWithin(t, 0, 0, func() { win(t, s, id) })
	})
}

func TestAClaimOfUnknownEndKeepsTheStepUntilItLapses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &interposed{}
		s := newSteps(t, store)
		id := open(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		store.beforePut = cancel
		store.persists = true
		_, err := s.Answer(ctx, id, []byte("123456"), "192.0.2.1")
		wantOnly(t, "Answer", err, state.ErrUnavailable)
		store.beforePut, store.persists = nil, false
		wantWithin(t, claimLife, claimLife+400*time.Millisecond, func() { win(t, s, id) })
	})
}

func TestAnotherMayClaimBetweenReadAndWrite(t *testing.T) {
	for _, row := range []struct {
		name           string
		fails, settles bool
	}{
		{"the write conflicts", false, true},
		{"the write fails besides", true, true},
		{"the write conflicts, and the other's claim lapses", false, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := &interposed{fails: row.fails}
				s, other := newSteps(t, store), newSteps(t, &store.Store)
				id := open(t, other)
				store.beforePut = func() {
					store.beforePut = nil
					attempt := win(t, other, id)
					if row.settles {
						time.AfterFunc(time.Second, func() { settle(t, other, attempt, "of the other") })
					}
				}
				if row.settles {
					wantSettled(t, s, id, "of the other")
				} else {
					wantWithin(t, claimLife, claimLife+400*time.Millisecond, func() { win(t, s, id) })
				}
			})
		})
	}
}

// interposed is a store with which something happens just before a write.
type interposed struct {
	memory.Store
	beforePut func()
	// fails: the write does not happen; persists: it does, although ctx has
	// ended. Both return ErrUnavailable.
	fails, persists bool
}

func (s *interposed) Put(ctx context.Context, key string, item state.Item) error {
	if s.beforePut != nil {
		s.beforePut()
	}
	if s.fails {
		return state.ErrUnavailable
	}
	if s.persists {
		return errors.Join(state.ErrUnavailable, s.Store.Put(context.WithoutCancel(ctx), key, item))
	}
	return s.Store.Put(ctx, key, item)
}

func BenchmarkAnswerAndSettle(b *testing.B) {
	s := newSteps(b, &memory.Store{})
	b.ReportAllocs()
	for b.Loop() {
		settle(b, s, win(b, s, open(b, s)), "done")
	}
}
