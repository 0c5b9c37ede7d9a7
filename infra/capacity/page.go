package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// rates are the sign-ins a second that the page is about.
var rates = [...]float64{10, 120, 1_000, 10_000}

// block is a generated part of README.md.
type block struct{ name, text string }

// blocks are the page's tables, in its order.
func (f facts) blocks() []block {
	return []block{
		{"costs", f.costTable()},
		{"guesses", guessTable(f.guesses)},
		{"monthly", f.monthTable()},
		{"assumptions", assumptionTable()},
		{"prices", priceTable()},
		{"sizes", f.sizeTable() + "\nMeasured on " + f.measured.Date + ": " + f.measured.Machine + ".\n"},
		{"first", f.firstTable()},
		{"environments", f.environmentTable()},
		{"utilisation", f.utilisationTable()},
		{"raise", raiseTable()},
		{"load", f.loadTable()},
	}
}

// table is a Markdown table.
type table struct{ strings.Builder }

func newTable(columns ...string) *table {
	t := new(table)
	t.row(columns...)
	t.row(strings.Split(strings.Repeat("---,", len(columns)-1)+"---", ",")...)
	return t
}

func (t *table) row(cells ...string) { fmt.Fprintf(t, "| %s |\n", strings.Join(cells, " | ")) }

func dollars(usd float64) string {
	if usd == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", usd)
}

func (f facts) costTable() string {
	columns := []string{"a million times, in $"}
	var bills [][]line
	for _, j := range journeys() {
		columns = append(columns, strings.TrimSuffix(j.name+", "+j.directory, ", "))
		bills = append(bills, f.perMillion(j))
	}
	t := newTable(columns...)
	add := func(name string, cell func(i int) string) {
		cells := []string{name}
		for i := range bills {
			cells = append(cells, cell(i))
		}
		t.row(cells...)
	}
	for n, l := range bills[0] {
		add(l.name, func(i int) string { return dollars(bills[i][n].usd) })
	}
	add("**together**", func(i int) string { return "**" + dollars(total(bills[i])) + "**" })
	add(lite.name+", instead of Essentials", func(i int) string { return dollars(lite.of(journeys()[i].people())) })
	add("CloudFront and WAF, where they are, in addition", func(i int) string { return dollars(journeys()[i].atTheEdge()) })
	return t.String()
}

func (f facts) monthTable() string {
	t := newTable("a month, in $", dynamodb, cognito)
	a, b := f.perMonth(dynamodb), f.perMonth(cognito)
	for i := range a {
		t.row(a[i].name, dollars(a[i].usd), dollars(b[i].usd))
	}
	t.row("**together**", "**"+dollars(total(a))+"**", "**"+dollars(total(b))+"**")
	return t.String()
}

func assumptionTable() string {
	t := newTable("assumed", "")
	for _, a := range assumptions() {
		t.row(a.what, strings.TrimSpace(fmt.Sprint(a.value, " ", a.unit)))
	}
	return t.String()
}

func priceTable() string {
	t := newTable("what", "$", "for", "AWS's page", "figure seen")
	for _, p := range prices() {
		t.row(p.name, strconv.FormatFloat(p.usd, 'f', -1, 64), p.unit, "<"+pricePages+p.page+">", p.seen)
	}
	return t.String()
}

func thousands(n float64) string {
	text := fmt.Sprintf("%.0f", n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

func (f facts) sizeTable() string {
	t := newTable("request", "MB", "alone: median, 95 %", "without pause", "CPU", "GB-seconds alone", "GB-seconds without pause", "$ for a million of these")
	for _, s := range f.measured.Sizes {
		name := strings.TrimSuffix(s.Kind+", "+s.Directory, ", ")
		waits := f.request(s.Kind, s.Directory).waits()
		alone, busy := gbSeconds(s.Memory, s.Median+waits), gbSeconds(s.Memory, s.Busy+waits)
		if function := f.request(s.Kind, s.Directory).Function; s.Memory == memorySize(function, s.Directory) {
			name = "**" + name + "**"
		}
		t.row(name, fmt.Sprint(s.Memory), fmt.Sprintf("%.1f, %.1f ms", s.Median, s.P95), fmt.Sprintf("%.1f ms", s.Busy), fmt.Sprintf("%.1f ms", s.CPU),
			fmt.Sprintf("%.4f", alone), fmt.Sprintf("%.4f", busy), dollars(lambdaSeconds.of(busy*million)))
	}
	return t.String()
}

func percent(share float64) string {
	switch {
	case share > 0.999:
		return fmt.Sprintf("**%s %%**", thousands(share*100))
	case share > 0.01:
		return fmt.Sprintf("%.0f %%", share*100)
	}
	return fmt.Sprintf("%.1g %%", share*100)
}

// rounded cuts a rate to two digits, downwards: it is an estimate.
func rounded(rate float64) string {
	digits := math.Pow(10, math.Floor(math.Log10(rate))-1)
	return thousands(math.Floor(rate/digits) * digits)
}
