package session_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"deskpro-login/pkg/session"
	"deskpro-login/pkg/state"
	"deskpro-login/pkg/state/memory"
	"deskpro-login/pkg/state/statetest"
)

func of(t *testing.T, s *session.Sessions, l state.Lister, subject string) []session.Listed {
	t.Helper()
	found, err := s.Of(t.Context(), l, subject)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestASubjectsLiveSessionsAreListedOldestFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memory.Store{}
		s := open(t, store)
		begin(t, s, "u-1") // ends by itself
		time.Sleep(idle)
		start := time.Now()
		phone := begin(t, s, "u-1")
		time.Sleep(time.Minute)
		begin(t, s, "u-1")
		begin(t, s, "u-2")
		ended := begin(t, s, "u-1")
		if _, err := s.End(t.Context(), ended); err != nil {
			t.Fatal(err)
		}
		time.Sleep(idle / 2)
		live(t, s, phone)
		used := time.Now()

		// Whoever lists is configured for the longest times that there can be.
		got := of(t, openFor(t, store, session.MaxAbsolute, session.MaxAbsolute), store, "u-1")
		if len(got) != 2 {
			t.Fatalf("%d sessions are listed, want 2: %+v", len(got), got)
		}
		if l := got[0]; !l.Opened.Equal(start) || !l.Used.Equal(used) || !l.Ends.Equal(used.Add(idle)) {
			t.Errorf("the phone's is listed as %+v, want it opened %v, used %v", l, start, used)
		}
		if l := got[1]; !l.Opened.Equal(start.Add(time.Minute)) || !l.Used.Equal(l.Opened) || l.Handle == got[0].Handle || len(l.Handle) != 16 {
			t.Errorf("the desk's is listed as %+v", l)
		}
	})
}

func TestOneListedSessionIsEndedAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memory.Store{}
		s := open(t, store)
		phone := begin(t, s, "u-1")
		time.Sleep(time.Second)
		desk := begin(t, s, "u-1")
		listed := of(t, s, store, "u-1")
		if err := s.EndListed(t.Context(), listed[0]); err != nil {
			t.Fatal(err)
		}
		if live(t, s, phone) || !live(t, s, desk) {
			t.Error("the wrong one was ended")
		}
		if err := s.EndListed(t.Context(), listed[0]); !errors.Is(err, session.ErrNone) {
			t.Errorf("ending it again: %v, want ErrNone", err)
		}
	})
}

func TestWhatEndAllEndedIsNotListed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memory.Store{}
		s := open(t, store)
		begin(t, s, "u-1")
		time.Sleep(time.Second)
		if err := s.EndAll(t.Context(), "u-1"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		begin(t, s, "u-1")
		if got := of(t, s, store, "u-1"); len(got) != 1 {
			t.Errorf("%d sessions are listed, want the one opened since", len(got))
		}
	})
}

func TestARecordThatIsNoSessionIsNotListed(t *testing.T) {
	store := &memory.Store{}
	s := open(t, store)
	for key, value := range map[string]string{"session#x": `{"subject":7}`, "session#": `{"subject":"u-1","checked":"2999-01-01T00:00:00Z"}`} {
		if err := store.Put(t.Context(), key, state.Item{Value: []byte(value), Expires: time.Now().Add(idle)}); err != nil {
			t.Fatal(err)
		}
	}
	if got := of(t, s, store, "u-1"); len(got) != 0 {
		t.Errorf("listed are %+v, want none", got)
	}
}

func TestWhatIsListedHoldsNoCredential(t *testing.T) {
	store := &memory.Store{}
	s := open(t, store)
	id := begin(t, s, "u-1").Reveal()
	if got := fmt.Sprintf("%+v", of(t, s, store, "u-1")); strings.Contains(got, id) || strings.Contains(got, "Zoë") {
		t.Errorf("listed is %s", got)
	}
}

func TestAListThatBreaksOffIsNoList(t *testing.T) {
	store := &statetest.Faulty{Store: &memory.Store{}}
	s := open(t, store)
	begin(t, s, "u-1")
	if got, err := s.Of(t.Context(), broken{}, "u-1"); !errors.Is(err, state.ErrUnavailable) || got != nil {
		t.Errorf("Of a list that breaks off = %+v, %v, want ErrUnavailable alone", got, err)
	}
	store.Set(statetest.Fail)
	if _, err := s.Of(t.Context(), &memory.Store{}, "u-1"); !errors.Is(err, state.ErrUnavailable) {
		t.Errorf("Of with a store that is down: %v", err)
	}
	if err := s.EndListed(t.Context(), session.Listed{}); !errors.Is(err, state.ErrUnavailable) {
		t.Errorf("EndListed with a store that is down: %v", err)
	}
}

type broken struct{}

func (broken) List(context.Context, string) iter.Seq2[state.Entry, error] {
	return func(yield func(state.Entry, error) bool) {
		value := `{"subject":"u-1","checked":"2999-01-01T00:00:00Z","opened":"2999-01-01T00:00:00Z","used":"2999-01-01T00:00:00Z"}`
		if yield(state.Entry{Key: "session#1", Item: state.Item{Value: []byte(value)}}, nil) {
			yield(state.Entry{}, state.ErrUnavailable)
		}
	}
}
