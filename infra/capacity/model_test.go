package main

import (
	"math"
	"strings"
	"testing"
	"time"
)

// made is a stack whose numbers are easy to reckon with.
func made() facts {
	sizes := func(kind, directory string, memory int, busy float64) size {
		return size{Kind: kind, Directory: directory, Memory: memory, Busy: busy, Median: busy, P95: busy, CPU: busy}
	}
	return facts{
		requests: []request{
			{Kind: "page", Function: "login", Secrets: 2, AnswerBytes: 2_800},
			{Kind: "sign-in", Directory: dynamodb, Function: "authenticate", Secrets: 2, Calls: map[string]int{"GetItem": 1, "PutItem": 1}, Reads: 1, Writes: 1, AccountReads: 1, LogLines: 2, LogBytes: 1_000, AnswerBytes: 800},
			{Kind: "sign-in", Directory: cognito, Function: "authenticate", Secrets: 3, Calls: map[string]int{"AdminInitiateAuth": 1, "PutItem": 1}, Writes: 1, LogLines: 2, LogBytes: 1_000, AnswerBytes: 800},
			{Kind: "wrong password", Directory: dynamodb, Function: "authenticate", Secrets: 2, Calls: map[string]int{"GetItem": 1}, Reads: 1, AccountReads: 1},
			{Kind: "wrong password", Directory: cognito, Function: "authenticate", Status: 401, Calls: map[string]int{"AdminInitiateAuth": 1}},
			{Kind: "password before a code", Directory: dynamodb, Function: "authenticate", Reads: 3, Writes: 1, AccountReads: 2},
			{Kind: "code", Directory: dynamodb, Function: "authenticate", Reads: 4, Writes: 8, AccountReads: 4, AccountWrites: 2},
		},
		measured: measured{Sizes: []size{sizes("page", "", 512, 2), sizes("sign-in", dynamodb, 1024, 40), sizes("sign-in", cognito, 512, 5)}},
	}
}

func TestARequestTakesWhatWasMeasuredAndItsCalls(t *testing.T) {
	f := made()
	for _, row := range []struct {
		kind, directory string
		want            time.Duration
	}{
		{"page", dynamodb, 2 * time.Millisecond},
		{"sign-in", dynamodb, 50 * time.Millisecond},
		{"sign-in", cognito, 160 * time.Millisecond},
		{"wrong password", dynamodb, 45 * time.Millisecond},
		{"wrong password", cognito, 500 * time.Millisecond}, // as every refusal, told by its status
	} {
		if got := f.took(row.kind, row.directory); got != row.want {
			t.Errorf("%s with %s takes %v, want %v", row.kind, row.directory, got, row.want)
		}
	}
}

func TestWhatIsMeasuredIsWhatIsCounted(t *testing.T) {
	f, err := known()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range sized {
		if r := f.request(k.kind, k.directory); r.Function != k.function || r.Status != k.status {
			t.Errorf("%s %s is measured as %d of %s, counted as %d of %s", k.kind, k.directory, k.status, k.function, r.Status, r.Function)
		}
	}
}

func TestTheBillOfAMillionSignIns(t *testing.T) {
	f := made()
	for _, j := range journeys()[:1] {
		got := map[string]float64{}
		for _, l := range f.perMillion(j) {
			got[l.name] = l.usd
		}
		for p, want := range map[price]float64{
			apiRequests:    2,
			lambdaRequests: 0.4,
			// 2 ms of 512 MB and 50 ms of 1,024; one in a hundred 200 ms more.
			lambdaSeconds: (0.001 + 0.05 + 0.01*(0.1+0.2)) * 13.3334,
			reads:         0.125,
			writes:        0.625,
			secretCalls:   0.01 * 4 * 5,
			// The function's, two lines of the access log, four of Lambda's.
			logBytes:   (1_000 + 2*520 + 2*720 + 26*(2+2*3)) * 0.0005,
			traces:     10,
			dataOut:    (3_600 + 2*200) * 0.00009,
			essentials: 0,
		} {
			if math.Abs(got[p.name]-want) > 1e-9 {
				t.Errorf("%s: %s costs %v, want %v", j.name, p.name, got[p.name], want)
			}
		}
	}
	for _, j := range journeys() {
		if j.person && j.directory == cognito {
			if bill := f.perMillion(j); bill[len(bill)-1].usd != 750 {
				t.Errorf("the last line is %v, want $750 for 50,000 people", bill[len(bill)-1])
			}
		}
	}
}

func TestWhatIsHitFirst(t *testing.T) {
	f := made()
	for _, row := range []struct {
		rate      float64
		directory string
		own       bool
		want      string
	}{
		{49, dynamodb, true, ""},
		{50, dynamodb, true, "ThrottleRate"},
		{119, cognito, false, ""},
		{120, cognito, false, "Cognito"},
		{3_999, dynamodb, false, ""},
		{10_000, dynamodb, false, "state table, a new one's writes"},
		{10_000, cognito, false, "Cognito"},
		{10_000, cognito, true, "ThrottleRate"},
	} {
		q, met := first(f, row.directory, row.rate, row.own)
		if met != (row.want != "") || !strings.Contains(q.name, row.want) {
			t.Errorf("at %v/s with %s: %q, want %q", row.rate, row.directory, q.name, row.want)
		}
	}
}

// A code is a form of its own, which reads and writes both tables.
func TestSignInsWithAnAppNeedMoreOfTheTables(t *testing.T) {
	f := made()
	want := map[string]float64{
		"accounts table, a new one's reads":                   12_000,
		"accounts table, a new one's reads, all with an app":  12_000.0 / 6,
		"accounts table, a new one's writes, all with an app": 4_000.0 / 2,
		"state table, a new one's writes":                     4_000,
		"state table, a new one's writes, all with an app":    4_000.0 / 7,
	}
	for _, q := range quotasOf(dynamodb) {
		if at, ok := want[q.name]; ok {
			if got := q.reached(f, dynamodb); math.Abs(got-at) > 1e-9 {
				t.Errorf("%s is reached at %v, want %v", q.name, got, at)
			}
			delete(want, q.name)
		}
	}
	if len(want) > 0 {
		t.Errorf("there are no quotas %v", want)
	}
	for _, q := range quotasOf(cognito) {
		if q.apps {
			t.Errorf("%s is met with Cognito, whose codes are its own", q.name)
		}
	}
}

// The values are those of published tables of Erlang's loss formula.
func TestErlang(t *testing.T) {
	for _, row := range []struct {
		busy         float64
		environments int
		want         float64
	}{
		{1, 1, 0.5}, {4, 4, 0.3107}, {10, 10, 0.2146}, {4.4612, 10, 0.01}, {0, 1, 0},
	} {
		if got := refused(row.busy, row.environments); math.Abs(got-row.want) > 0.0001 {
			t.Errorf("%v busy of %d: %.4f are refused, want %.4f", row.busy, row.environments, got, row.want)
		}
	}
	for _, busy := range []float64{0.01, 1, 50, 1_500} {
		n := enough(busy)
		if refused(busy, n) >= 0.001 || n > 1 && refused(busy, n-1) < 0.001 {
			t.Errorf("%d environments are enough for %v busy, but %v are refused, and %v with one less", n, busy, refused(busy, n), refused(busy, n-1))
		}
	}
}

func TestABucketLetsItsRateThroughAndNoMore(t *testing.T) {
	now := time.Unix(0, 0)
	b := newBucket(10, 3, func() time.Time { return now })
	took := func(attempts int) (n int) {
		for range attempts {
			if b.take() {
				n++
			}
		}
		return n
	}
	if got := took(10); got != 3 {
		t.Errorf("%d at once, want 3", got)
	}
	now = now.Add(150 * time.Millisecond)
	if got := took(10); got != 1 {
		t.Errorf("%d after 150 ms, want 1", got)
	}
	now = now.Add(50 * time.Millisecond) // the half that was left counts
	if got := took(10); got != 1 {
		t.Errorf("%d after 50 ms more, want 1", got)
	}
	now = now.Add(time.Hour)
	if got := took(10); got != 3 {
		t.Errorf("%d after an hour, want 3", got)
	}
}
