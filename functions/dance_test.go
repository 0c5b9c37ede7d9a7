package functions_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"deskpro-login/pkg/bounce"
	"deskpro-login/pkg/rotation"
)

// crowd are the people who sign in, and what became of them.
type crowd struct {
	*dancefloor
	mu     sync.Mutex
	idle   []*dancer // the longest rested first
	made   int
	phases []*phase
	total  int
}

// phase is a part of the dance. A login needs so many tokens.
type phase struct {
	name string
	// single are logins in one tab, tabs those in several at once.
	single, tabs [7]int
	// tabPages are how often a person with several tabs saw the page that says that
	// Deskpro did not accept a sign-in, and caught the logins that were under way
	// when Deskpro's secret was changed, and needed more than others for it.
	tabPages, caught int
	redirects        int
	// reloads are how often one of several tabs had to be loaded again, since the
	// answers to the others kept undoing what its browser knew of its tokens.
	reloads int
}

// rested returns somebody who has not signed in for so long that Deskpro cannot
// have refused them, if there is anybody, or else somebody new.
func (c *crowd) rested() (b *dancer, session bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.idle) > 0 && time.Since(c.idle[0].rests) > bounce.Window+time.Second && rand.IntN(16) > 0 {
		b := c.idle[0]
		c.idle = c.idle[1:]
		return b, true
	}
	c.made++
	return c.dancer(fmt.Sprint("dancer-", c.made)), false
}

func (c *crowd) rest(b *dancer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b.rests = time.Now()
	c.idle = append(c.idle, b)
}

func (c *crowd) reload(p *phase) {
	c.mu.Lock()
	p.reloads++
	c.mu.Unlock()
	time.Sleep(5 * time.Second)
}

func (c *crowd) count(p *phase, door string, tabs bool, f figure) {
	caught := c.caught(door, f)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total++
	tally := &p.single
	if tabs {
		tally = &p.tabs
		p.tabPages += f.pages
	}
	tally[min(f.tokens, len(tally)-1)]++
	p.redirects = max(p.redirects, f.redirects)
	switch {
	case f.failure != "":
		c.t.Errorf("%s: a login fails: %s", p.name, f.failure)
	case tabs || f.tokens <= 3 && f.pages == 0:
	case caught:
		p.caught++
	default:
		c.t.Errorf("%s: with one tab, %d tokens and %d times the page that says that Deskpro did not accept a sign-in", p.name, f.tokens, f.pages)
	}
}

// beat is from one burst of logins to the next.
const beat = 6 * time.Second

// dance has so many logins within the time, in bursts, while the acts happen one
// after another, each in the middle of a burst.
func (c *crowd) dance(name string, logins int, within time.Duration, acts ...func()) {
	p := &phase{name: name}
	c.phases = append(c.phases, p)
	var all sync.WaitGroup
	all.Go(func() {
		for _, act := range acts {
			time.Sleep((within / time.Duration(len(acts)+1)).Truncate(beat))
			network()
			network()
			act()
		}
	})
	for each := logins*int(beat)/int(within) + 1; logins > 0; time.Sleep(beat) {
		for n := min(each, logins); n > 0; {
			begun := c.begin(&all, p, n)
			n, logins = n-begun, logins-begun
		}
	}
	all.Wait()
}

// begin has somebody sign in, and returns how many logins that is, at most so many.
func (c *crowd) begin(all *sync.WaitGroup, p *phase, most int) int {
	b, session := c.rested()
	b.leave()
	door := []string{"users", "users", "agents"}[rand.IntN(3)]
	start := danceHomes[door]
	switch n := rand.IntN(20); {
	case n == 0 && session && most >= 4: // several tabs of one browser: nobody types into two
		tabs := 2 + rand.IntN(3)
		all.Go(func() {
			var these sync.WaitGroup
			for tab := range tabs {
				page := start
				if tab > 0 && rand.IntN(2) == 0 {
					page += "new-ticket/"
				}
				these.Go(func() {
					f := b.login(page)
					if f.failure == errRedirects {
						c.reload(p)
						f = b.login(page)
					}
					c.count(p, door, true, f)
				})
			}
			these.Wait()
			c.rest(b)
		})
		return tabs
	case n == 1 && most >= 2: // twice within a minute
		all.Go(func() {
			c.count(p, door, false, b.login(start))
			b.leave()
			time.Sleep(10 * time.Second)
			c.count(p, door, false, b.login(start))
			c.rest(b)
		})
		return 2
	default:
		all.Go(func() {
			c.count(p, door, false, b.login(start))
			c.rest(b)
		})
		return 1
	}
}

// TestTheDance: whatever is done to the doors' secrets, and whenever, nobody is
// locked out.
func TestTheDance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &crowd{dancefloor: newDancefloor(t, 24*time.Hour)}
		const users, agents = "users", "agents"
		plain := func(key string) string { return key }
		object := func(key string) string { return `{"key":"` + key + `"}` }
		minutes := func(n int) time.Duration { return time.Duration(n) * time.Minute }

		c.dance("at rest", 500, minutes(3))
		c.dance("a version waits", 500, minutes(3), func() { c.stage(users) })
		c.dance("and Deskpro has it early", 1000, minutes(5), func() { c.paste(users, "AWSPENDING") }, func() { c.restart(0) })
		c.dance("and it becomes current", 1000, minutes(5), func() { c.confirm(users) }, func() { c.promote(users, rotation.How{}) })
		c.dance("at rest again", 300, minutes(2))

		c.stage(agents)
		c.dance("one becomes current before Deskpro has it", 700, minutes(4), func() { c.promote(agents, rotation.How{Unconfirmed: true}) })
		c.dance("and Deskpro has it late", 700, minutes(4), func() { c.restart(1) }, func() { c.paste(agents, "AWSCURRENT") })

		c.stage(users)
		c.dance("one becomes current that Deskpro never has", 500, minutes(3), func() { c.promote(users, rotation.How{Unconfirmed: true}) })
		c.dance("and it is rolled back", 500, minutes(3), func() { c.rollBack(users) })

		c.dance("the secret is edited in the console", 700, minutes(4), func() { c.edit(users, plain) }, func() { c.paste(users, "AWSCURRENT") })
		c.dance("and is edited to a JSON object", 500, minutes(4), func() { c.edit(users, object) }, func() { c.paste(users, "AWSCURRENT") })

		c.stage(agents)
		c.dance("it is edited while another version waits", 600, minutes(4), func() { c.edit(agents, plain) })
		c.dance("which is what Deskpro gets", 400, minutes(3), func() { c.paste(agents, "AWSPENDING") })
		c.dance("and the edited one after it", 400, minutes(3), func() { c.paste(agents, "AWSCURRENT") })
		c.dance("and the other is discarded", 300, minutes(2), func() { c.discard(agents) })

		c.stage(users)
		c.dance("the current one has leaked", 700, minutes(4), func() { c.paste(users, "AWSPENDING") }, func() { c.confirm(users) }, func() { c.promote(users, rotation.How{Leaked: true}) })

		both := func(act func(door string)) func() { return func() { act(users); act(agents) } }
		c.dance("both doors at once", 700, minutes(6), both(c.stage), both(func(door string) { c.paste(door, "AWSPENDING") }), both(c.confirm),
			both(func(door string) { c.promote(door, rotation.How{}) }), func() { c.restart(2) })
		time.Sleep(25 * time.Hour)
		c.dance("a day later", 200, minutes(2))

		caught := 0
		for _, p := range c.phases {
			t.Logf("%-45s %v", p.name+":", p)
			caught += p.caught
		}
		t.Logf("%d logins of %d people, %d of them caught in the middle; at the latest a version signed %v after it had lost its label",
			c.total, c.made, caught, c.latest.Round(time.Second))
		if caught > 10 {
			t.Errorf("%d logins needed more than three tokens because Deskpro's secret was changed meanwhile, want a few at most", caught)
		}
		if c.total < 10_000 {
			t.Errorf("%d logins, want 10,000", c.total)
		}
	})
}

func (p *phase) String() string {
	return fmt.Sprintf("%d with one token, %d with two, %d with three; in several tabs %d, %d, %d, and %d with more, %d pages, %d loaded again; at most %d redirects",
		p.single[0]+p.single[1], p.single[2], p.single[3], p.tabs[0]+p.tabs[1], p.tabs[2], p.tabs[3], p.tabs[4]+p.tabs[5]+p.tabs[6], p.tabPages, p.reloads, p.redirects)
}

// tokensOfALoop is how many tokens there are at most before the page, eleven as a rule, with
// rounds as slow as these.
const tokensOfALoop = 13

// wantSigned fails the test unless tokens were signed, so many at most, all with
// the version of the label.
func (d *dancefloor) wantSigned(door, label string, f figure, tokens int) {
	d.t.Helper()
	if f.tokens < tokens/3 || f.tokens > tokens {
		d.t.Errorf("%d tokens, want %d to %d", f.tokens, tokens/3, tokens)
	}
	for _, v := range f.signers {
		if v == nil || v.door != door || v.id != d.at(door, label) {
			d.t.Errorf("a token is signed with %v, want the version that is %s", v, label)
		}
	}
}

func TestAWrongSecretInDeskproEndsOnThePage(t *testing.T) {
	for door, home := range danceHomes {
		for _, session := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, with a session: %t", door, session), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					d := newDancefloor(t, 24*time.Hour)
					b := d.dancer("ugo")
					if session {
						b.login(home)
						b.leave()
						time.Sleep(time.Hour)
					}
					d.acted(d.practice.SetSecret(door, rotation.Generate()))
					f := b.login(home)
					if f.pages != tooManyPages || f.failure == "" || f.redirects > tooManyRedirects-1 {
						t.Errorf("%d pages, %d redirects in a row, %q; want %d pages", f.pages, f.redirects, f.failure, tooManyPages)
					}
					d.wantSigned(door, "AWSCURRENT", f, tokensOfALoop*(tooManyPages+1))
				})
			})
		}
	}
}

func TestThePagesButtonWorksOnceTheSecretIsRight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDancefloor(t, 24*time.Hour)
		d.acted(d.practice.SetSecret("users", rotation.Generate()))
		b := d.dancer("ugo")
		refused := 0
		b.reads = func(f figure) { refused = f.tokens; d.paste("users", "AWSCURRENT") }
		if f := b.login("/"); f.failure != "" || f.pages != 1 || f.tokens != refused+1 {
			t.Errorf("%d pages, %d tokens after %d, %q; want one page, and signed in with one token more", f.pages, f.tokens, refused, f.failure)
		}
	})
}

func TestWithoutAWindowNoOtherVersionSigns(t *testing.T) {
	for _, row := range []struct {
		name string
		acts func(*dancefloor)
	}{
		{"that waits", func(d *dancefloor) { d.stage("users"); d.paste("users", "AWSPENDING") }},
		{"that was before", func(d *dancefloor) { d.stage("users"); d.promote("users", rotation.How{Unconfirmed: true}) }},
	} {
		for _, window := range []time.Duration{0, 24 * time.Hour} {
			t.Run(fmt.Sprintf("%s, with a window of %v", row.name, window), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					d := newDancefloor(t, window)
					row.acts(d)
					time.Sleep(2 * time.Minute)
					f := d.dancer("ugo").login("/")
					if window == 0 {
						d.wantSigned("users", "AWSCURRENT", f, tokensOfALoop*(tooManyPages+1))
					} else if f.failure != "" || f.tokens != 2 || f.pages != 0 {
						t.Errorf("%d tokens, %d pages, %q; want two, none, and signed in", f.tokens, f.pages, f.failure)
					}
				})
			})
		}
	}
}

// As when a browser opens all of yesterday's tabs: Deskpro sends each of them to
// us before it has seen a token.
func TestTwelveTabsAtOnceAllSignIn(t *testing.T) {
	for _, row := range []struct {
		name string
		pair time.Duration // from one pair of tabs to the next
		// early: Deskpro has the version that waits, and refuses each tab's first token.
		early bool
		// pages are how often a tab may see the page: where each is refused, a few in
		// a thousand do, since nothing tells which of them is back.
		pages int
	}{
		{"all at once", 0, false, 0},
		{"in pairs, each on its way before the one before has its answer", 50 * time.Millisecond, false, 0},
		{"all at once, while Deskpro has the version that waits", 0, true, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDancefloor(t, 24*time.Hour)
				b := d.dancer("ugo")
				b.login("/")
				b.leave()
				if row.early {
					d.stage("users")
					d.paste("users", "AWSPENDING")
				}
				time.Sleep(time.Hour)
				returnTo := d.callback("/")
				var all sync.WaitGroup
				for tab := range 12 {
					all.Go(func() {
						time.Sleep(time.Duration(tab/2) * row.pair)
						if f := b.visit("users", returnTo); f.failure != "" || f.pages > row.pages || f.tokens != 1 && !row.early {
							t.Errorf("tab %d: %d tokens, %d pages, %q; want one at rest, %d pages at most, and signed in", tab, f.tokens, f.pages, f.failure, row.pages)
						}
					})
				}
				all.Wait()
			})
		})
	}
}
