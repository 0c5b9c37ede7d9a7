package main

import (
	"fmt"
	"math"
)

func (f facts) firstTable() string {
	t := newTable("sign-ins/s", "directory", "hit first, as deployed", "hit first, once that is raised", "what who comes too much sees then")
	for _, rate := range rates {
		for _, directory := range []string{dynamodb, cognito} {
			as, then, seen := "nothing", "nothing", ""
			if q, hit := first(f, directory, rate, true); hit {
				as = q.name + ", from " + rounded(q.reached(f, directory)) + "/s"
			}
			if q, hit := first(f, directory, rate, false); hit {
				then, seen = q.name+", from "+rounded(q.reached(f, directory))+"/s", q.seen
			}
			t.row(thousands(rate), directory, as, then, seen)
		}
	}
	return t.String()
}

func (f facts) environmentTable() string {
	t := newTable("environments, busy on average (so that one request in 1,000 finds none)", "10/s", "120/s", "1,000/s", "10,000/s", "a request takes")
	for _, row := range []struct{ name, kind, directory string }{
		{"login", "page", dynamodb},
		{"authenticate, dynamodb", "sign-in", dynamodb},
		{"authenticate, cognito", "sign-in", cognito},
	} {
		took := f.took(row.kind, row.directory)
		cells := []string{row.name}
		for _, rate := range rates {
			busy := concurrency(rate, took)
			cells = append(cells, fmt.Sprintf("%s (%s)", thousands(math.Ceil(busy)), thousands(float64(enough(busy)))))
		}
		t.row(append(cells, fmt.Sprintf("%.1f ms", float64(took)/1e6))...)
	}
	return t.String()
}

func (f facts) utilisationTable() string {
	t := newTable("quota", "of", "directory", "reached at sign-ins/s", "used at 10/s", "120/s", "1,000/s", "10,000/s")
	for _, q := range quotas() {
		directories := []string{dynamodb, cognito}
		if q.only != "" {
			directories = []string{q.only}
		} else if q.load(f, dynamodb) == q.load(f, cognito) {
			directories = []string{""}
		}
		for _, directory := range directories {
			label := directory
			if label == "" {
				label, directory = "both", dynamodb
			}
			cells := []string{q.name, amountOf(q), label, rounded(q.reached(f, directory))}
			for _, rate := range rates {
				cells = append(cells, percent(q.utilisation(f, directory, rate)))
			}
			t.row(cells...)
		}
	}
	return t.String()
}

func amountOf(q quota) string { return thousands(q.limit) + " " + q.unit }

func raiseTable() string {
	t := newTable("beyond", "people see", "raise or shard", "source")
	for _, q := range quotas() {
		t.row(q.name, q.seen, q.raise, "<"+q.source+">")
	}
	return t.String()
}

func (f facts) loadTable() string {
	t := newTable("limit", "offered a second", "model", "got through", "refused by our page", "by the API's throttle", "for want of an environment", "wait of who got through")
	for _, l := range f.measured.Load {
		t.row(fmt.Sprintf("%s: %.1f/s", l.Scenario, l.Limit), fmt.Sprintf("%.1f", l.Offered), fmt.Sprintf("%.1f", l.Model), fmt.Sprintf("%.1f", float64(l.Answered)/l.Seconds),
			fmt.Sprint(l.Page), fmt.Sprint(l.Throttle), fmt.Sprint(l.Busy), fmt.Sprintf("%.0f ms", l.Median))
	}
	return t.String()
}
