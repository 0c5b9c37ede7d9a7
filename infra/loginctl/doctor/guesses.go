package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"deskpro-login/pkg/config"
	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/regulation"
	dynamostate "deskpro-login/pkg/state/dynamo"
)

// Beyond these guessing is not slowed down as it should be, or people are shut out
// too easily.
const (
	manyFree     = 10
	shortFirst   = 10 * time.Second
	shortLongest = 15 * time.Minute
	// fewMost are reached within about a day, with the waits that are recommended.
	fewMost = 50
	// manyOfSource try a common password at as many accounts each hour.
	manyOfSource = 1000
	// shortRefusal is less than many hashes take to check.
	shortRefusal = 250 * time.Millisecond
	// manyBytes of the table of sessions are not looked through.
	manyBytes = 32 << 20
)

// checkGuesses compares the limits of guesses with what is recommended.
func (d *doctor) checkGuesses(_ context.Context, r *report) {
	f := d.function(config.Authenticate)
	if f == nil {
		return // told by config/*/variables, or authenticate is not among the functions
	}
	g := f.loaded.Guesses
	if row := r.at("guesses/free"); g.Free > manyFree {
		row.warn(d.set("GUESSES_FREE", "5"), "%d wrong guesses in a row ask for no wait", g.Free)
	} else {
		row.ok("after %s in a row the next guess has to wait", times(g.Free, "a wrong one", "wrong ones"))
	}
	if row := r.at("guesses/first-wait"); g.FirstWait < shortFirst {
		row.warn(d.set("GUESSES_FIRST_WAIT", "30s"), "the first wait is %s", brief(g.FirstWait))
	} else {
		row.ok("the first wait is %s", brief(g.FirstWait))
	}
	if row := r.at("guesses/longest-wait"); g.LongestWait < shortLongest {
		row.warn(d.set("GUESSES_LONGEST_WAIT", "1h"), "the longest wait is %s", brief(g.LongestWait))
	} else {
		row.ok("the longest wait is %s", brief(g.LongestWait))
	}
	if row := r.at("guesses/most"); g.Most < fewMost {
		row.warn(d.set("GUESSES_MOST", "100"), "%s in a row close an account's counter", times(g.Most, "a wrong guess", "wrong guesses"))
	} else {
		row.ok("an account's counter is closed after %d wrong guesses in a row", g.Most)
	}
	if row := r.at("guesses/source"); g.Source > manyOfSource {
		row.warn(d.set("GUESSES_OF_SOURCE", "100")+", or as many as people share your offices' busiest address", "one address has %d wrong guesses an hour", g.Source)
	} else {
		row.ok("one address has %s an hour", times(g.Source, "a wrong guess", "wrong guesses"))
	}
	if row := r.at("guesses/known"); f.loaded.KnownBrowserFor == 0 {
		row.warn(d.set("KNOWN_BROWSER_FOR", "4320h"), "no browser is known")
	} else {
		row.ok("a browser is known for %s after it was last signed in with", brief(f.loaded.KnownBrowserFor))
	}
	if row, least := r.at("guesses/refusal"), f.loaded.RefusalTime; least < shortRefusal {
		row.warn(d.set("REFUSAL_TIME", "500ms")+"; what the hashes of your accounts take cannot be seen from here: infra/stacks/ACCOUNTS.md has a table, under What a hash costs", "a refusal takes %v at least", least)
	} else {
		row.ok("a refusal takes %v at least; what hashes take is in infra/stacks/ACCOUNTS.md", least)
	}
}

func times(n int, once, more string) string {
	if n == 1 {
		return once
	}
	return fmt.Sprintf("%d %s", n, more)
}

// checkWaits looks for who is shut out now, in a table of that size.
func (d *doctor) checkWaits(ctx context.Context, r *report, name string, table *types.TableDescription) {
	f := d.function(config.Authenticate)
	if f == nil {
		return
	}
	row, list := r.at("guesses/waits"), d.loginctl("ban", "list")
	if size := aws.ToInt64(table.TableSizeBytes); size > manyBytes {
		row.untold(list+" reads it all", "the table %s has %d MiB, too much to be looked through here", name, size>>20)
		return
	}
	counted, err := d.counted(ctx, name, regulation.Limits(f.loaded.Guesses))
	switch {
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil:
		row.untold(list+" takes its time", "the table %s could not be looked through in time", name)
		return
	case err != nil:
		row.unchecked(err, "dynamodb:Scan")
		return
	}
	closed, from := map[string]bool{}, map[string]bool{}
	for _, c := range counted {
		switch {
		case c.Wait == nil:
		case c.Scope == regulation.Source:
			from[c.Source] = true
		case c.Wait.Closed:
			closed[c.Account] = true
		}
	}
	var parts []string
	if len(closed) > 0 {
		parts = append(parts, times(len(closed), "a login has a counter that is closed", "logins have counters that are closed"))
	}
	if len(from) > 0 {
		parts = append(parts, times(len(from), "an address has to wait", "addresses have to wait"))
	}
	if parts == nil {
		row.ok("no counter of guesses is closed, and no address has to wait")
		return
	}
	row.warn(list+" says which. Somebody tries passwords, or many people behind one address mistype: for them raise "+d.named("GUESSES_OF_SOURCE")+"; to let somebody in at once: "+d.loginctl("ban", "lift", "--login", "LOGIN", "--apply"), "%s now", strings.Join(parts, ", and "))
}

// counted are the counters of guesses that the table has.
func (d *doctor) counted(ctx context.Context, table string, limits regulation.Limits) ([]regulation.Counted, error) {
	at := dynamostate.Config{Client: d.tables, Table: table, Now: d.cfg.Now}
	store, err := dynamostate.New(at)
	if err != nil {
		return nil, err
	}
	lister, err := dynamostate.NewLister(at)
	if err != nil {
		return nil, err
	}
	guesses, err := regulation.New(regulation.Config{Store: store, Fold: account.NormalizeLogin, Limits: limits, Now: d.cfg.Now})
	if err != nil {
		return nil, err
	}
	return guesses.List(ctx, lister)
}
