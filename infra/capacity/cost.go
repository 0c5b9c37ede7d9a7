package main

// journey is what a person comes for.
type journey struct {
	name, directory string
	kinds           []string // of requests, each made once
	// person is whether Cognito counts who makes it as active.
	person bool
}

func journeys() []journey {
	var all []journey
	for _, directory := range []string{dynamodb, cognito} {
		all = append(all,
			journey{"signing in", directory, []string{"page", "sign-in"}, true},
			journey{"a wrong password", directory, []string{"wrong password"}, false})
		if directory == dynamodb {
			all = append(all, journey{"signing in with an app", directory, []string{"page", "password before a code", "code"}, false})
		}
	}
	// With a session the directory is not asked; the next visit is mostly later
	// than the six minutes in which a use is noted once.
	return append(all,
		journey{"coming back", "", []string{"redirect after a pause"}, false},
		journey{"logging out", "", []string{"log-out"}, false})
}

// line is one line of a bill.
type line struct {
	name string
	usd  float64
}

// perMillion is the bill for a million journeys, without what is to be paid
// anyway.
func (f facts) perMillion(j journey) []line {
	amounts := map[price]float64{}
	order := []price{apiRequests, lambdaRequests, lambdaSeconds, reads, writes, secretCalls, logBytes, traces, dataOut}
	for _, kind := range j.kinds {
		r := f.request(kind, j.directory)
		memory := memorySize(r.Function, j.directory)
		amounts[apiRequests]++
		amounts[lambdaRequests]++
		amounts[lambdaSeconds] += gbSeconds(memory, float64(f.took(kind, j.directory))/1e6) +
			coldShare.value*gbSeconds(memory, coldStart.value)
		amounts[reads] += r.Reads
		amounts[writes] += r.Writes
		amounts[secretCalls] += coldShare.value * float64(r.Secrets)
		amounts[logBytes] += float64(r.LogBytes) + accessLine.value + platformLog.value + eventExtra.value*float64(r.LogLines+3)
		amounts[traces] += traced.value
		amounts[dataOut] += float64(r.AnswerBytes) + wireExtra.value
	}
	var bill []line
	for _, p := range order {
		bill = append(bill, line{p.name, p.of(amounts[p] * million)})
	}
	return append(bill, line{essentials.name, essentials.of(j.people())})
}

// people are those whom Cognito counts as active, in a million journeys.
func (j journey) people() float64 {
	if !j.person || j.directory != cognito {
		return 0
	}
	return million / signInsEach.value
}

// atTheEdge is what CloudFront and WAF add to a million journeys.
func (j journey) atTheEdge() float64 {
	return (edgeRequests.of(1) + wafRequests.of(1)) * float64(len(j.kinds)) * million
}

// perMonth is the bill of a month in which nobody comes, and at most what the
// keys' refreshing and the metrics cost.
func (f facts) perMonth(directory string) []line {
	secrets, calls := doors, 0
	for _, kind := range []string{"page", "sign-in"} {
		calls += f.request(kind, directory).Secrets
		secrets = max(secrets, f.request(kind, directory).Secrets)
	}
	return []line{
		{secret.name, secret.of(float64(secrets))},
		{secretCalls.name + ", a refresh a minute, at most", secretCalls.of(float64(calls) * month * busyMonth.value)},
		{metric.name + ", at most", metric.of(float64(customMetrics(directory)))},
		{alarm.name, alarm.of(float64(alarmMetrics(directory)))},
		{dashboard.name, dashboard.of(1)},
	}
}

func total(bill []line) float64 {
	sum := 0.0
	for _, l := range bill {
		sum += l.usd
	}
	return sum
}
