package main

// quota is a limit on the way of a sign-in: of this stack, or AWS's default for
// an account and Region.
type quota struct {
	name  string
	limit float64
	unit  string
	// only is the one directory that meets it, if one.
	only string
	// load is what one sign-in a second (a page and a form) puts on it.
	load func(f facts, directory string) float64
	// apps: it is what it meets where everyone has an authenticator app.
	apps bool
	// silent quotas are of what nobody waits for.
	silent bool
	// seen is what people see beyond it, raise what to do.
	seen, raise string
	source      string
}

const docs = "https://docs.aws.amazon.com/"

// newTableWrites are the write units a second that a table carries from its first
// day on.
const newTableWrites = 4_000

const (
	tooMany       = `429 of API Gateway: ` + "`" + `{"message":"Too Many Requests"}` + "`" + `, not a page`
	unavailable   = `a 5xx of API Gateway, reported to be 503 ` + "`" + `{"message":"Service Unavailable"}` + "`" + `, not a page`
	directoryBusy = "our page `DPL-2007`, 429: \"Too many people at once\""
)

func perRequest(facts, string) float64 { return 2 }
func perSignIn(facts, string) float64  { return 1 }

// withApp are the forms of a sign-in with an authenticator app.
var withApp = []string{"password before a code", "code"}

// sum adds up what requests of these kinds need.
func (f facts) sum(directory string, kinds []string, need func(request) float64) float64 {
	total := 0.0
	for _, kind := range kinds {
		total += need(f.request(kind, directory))
	}
	return total
}

func accountReads(kinds ...string) func(facts, string) float64 {
	return func(f facts, directory string) float64 {
		return f.sum(directory, kinds, func(r request) float64 { return r.AccountReads })
	}
}

func stateWrites(kinds ...string) func(facts, string) float64 {
	return func(f facts, directory string) float64 {
		return f.sum(directory, kinds, func(r request) float64 { return r.Writes - r.AccountWrites })
	}
}

// occupied is how many environments one sign-in a second needs.
func (f facts) occupied(directory string) (login, authenticate float64) {
	return concurrency(1, f.took("page", directory)), concurrency(1, f.took("sign-in", directory))
}

func quotas() []quota {
	return []quota{
		{name: "this stack's throttle, `ThrottleRate`", limit: throttleRate, unit: "requests/s", load: perRequest,
			seen: tooMany, raise: "set `ThrottleRate` and `ThrottleBurst` to what the rest below carries",
			source: docs + "apigateway/latest/developerguide/http-api-throttling.html"},
		{name: "API Gateway, all APIs of the account", limit: 10_000, unit: "requests/s", load: perRequest,
			seen: tooMany, raise: "Service Quotas (2,500 in some newer Regions); then a second account or Region, its share by Route 53 weights: sessions and secrets are each Region's own",
			source: docs + "apigateway/latest/developerguide/limits.html"},
		{name: "Lambda, environments at once", limit: 1_000, unit: "environments",
			load: func(f facts, directory string) float64 { a, b := f.occupied(directory); return a + b },
			seen: unavailable, raise: "Service Quotas (new accounts have less: look first); `MaxConcurrency` divides it and must not be lower than what the table of environments asks for",
			source: docs + "lambda/latest/dg/gettingstarted-limits.html"},
		{name: "Lambda, requests", limit: 10_000, unit: "requests/s", load: perRequest,
			seen: unavailable, raise: "it is ten times the environments' quota and rises with it",
			source: docs + "lambda/latest/dg/lambda-concurrency.html"},
		{name: "Lambda, new environments of one function in 10 s", limit: 1_000, unit: "environments",
			load: func(f facts, directory string) float64 { a, b := f.occupied(directory); return max(a, b) },
			seen: unavailable + ", until enough have started", raise: "not adjustable; spread the start, or provisioned concurrency on the alias `live` before a known hour",
			source: docs + "lambda/latest/dg/scaling-behavior.html"},
		{name: "Cognito, UserAuthentication", limit: 120, unit: "calls/s", only: cognito, load: perSignIn,
			seen: directoryBusy, raise: "Service Quotas, for money (the price list has it); it is the account's and Region's, so a second pool does not help, a second account or Region does; or the DynamoDB directory",
			source: docs + "cognito/latest/developerguide/quotas.html"},
		{name: "accounts table, a new one's reads", limit: 12_000, unit: "read units/s", only: dynamodb,
			load: accountReads("sign-in"),
			seen: directoryBusy, raise: "it grows by itself with twice the last peak in 30 minutes; `WarmThroughput` before a known hour",
			source: docs + "amazondynamodb/latest/developerguide/warm-throughput.html"},
		{name: "accounts table, a new one's reads, all with an app", limit: 12_000, unit: "read units/s", only: dynamodb, apps: true,
			load: accountReads(withApp...),
			seen: directoryBusy, raise: "as without", source: docs + "amazondynamodb/latest/developerguide/warm-throughput.html"},
		{name: "accounts table, a new one's writes, all with an app", limit: newTableWrites, unit: "write units/s", only: dynamodb, apps: true,
			load: func(f facts, directory string) float64 {
				return f.sum(directory, withApp, func(r request) float64 { return r.AccountWrites })
			},
			seen: directoryBusy, raise: "as its reads", source: docs + "amazondynamodb/latest/developerguide/warm-throughput.html"},
		{name: "state table, a new one's writes", limit: newTableWrites, unit: "write units/s",
			load: stateWrites("sign-in"),
			seen: "our page `DPL-3002`, 503", raise: "as the accounts table",
			source: docs + "amazondynamodb/latest/developerguide/warm-throughput.html"},
		{name: "state table, a new one's writes, all with an app", limit: newTableWrites, unit: "write units/s", only: dynamodb, apps: true,
			load: stateWrites(withApp...),
			seen: "our page `DPL-3002`, 503", raise: "as the accounts table",
			source: docs + "amazondynamodb/latest/developerguide/warm-throughput.html"},
		{name: "one table, writes", limit: 40_000, unit: "write units/s",
			load: stateWrites("sign-in"),
			seen: "our page `DPL-3002`, 503", raise: "Service Quotas",
			source: docs + "amazondynamodb/latest/developerguide/ServiceQuotas.html"},
		{name: "Secrets Manager, GetSecretValue, all environments starting within 10 s", limit: 10_000, unit: "calls/s",
			load: func(f facts, directory string) float64 {
				a, b := f.occupied(directory)
				return (a*float64(f.request("page", directory).Secrets) + b*float64(f.request("sign-in", directory).Secrets)) / 10
			},
			seen: "our page `DPL-3003`, 503, at an environment without a key yet; others go on with the key they have", raise: "not adjustable; nothing comes near it",
			source: docs + "secretsmanager/latest/userguide/reference_limits.html"},
		{name: "CloudWatch Logs, PutLogEvents, were each request's lines sent alone", limit: 5_000, unit: "calls/s", load: perRequest, silent: true,
			seen: "nothing; lines, and the metrics in them, may be late or lost", raise: "Service Quotas",
			source: docs + "AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html"},
		{name: "CloudFront and its WAF, one distribution (with the edge)", limit: 250_000, unit: "requests/s", load: perRequest,
			seen: "an error of CloudFront", raise: "Service Quotas",
			source: docs + "AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html"},
	}
}

// of returns those that a directory's sign-ins meet.
func quotasOf(directory string) []quota {
	var all []quota
	for _, q := range quotas() {
		if q.only == "" || q.only == directory {
			all = append(all, q)
		}
	}
	return all
}

// reached is the rate of sign-ins a second at which the quota is used up.
func (q quota) reached(f facts, directory string) float64 { return q.limit / q.load(f, directory) }

// utilisation is the share of the quota in use at a rate.
func (q quota) utilisation(f facts, directory string, rate float64) float64 {
	return rate / q.reached(f, directory)
}

// first is the quota that a rising rate meets first, up to rate; own counts this
// stack's throttle, too.
func first(f facts, directory string, rate float64, own bool) (hit quota, met bool) {
	lowest := rate
	for i, q := range quotasOf(directory) {
		if i == 0 && !own || q.silent || q.apps {
			continue
		}
		if at := q.reached(f, directory); at <= lowest {
			hit, lowest, met = q, at, true
		}
	}
	return hit, met
}
