package main

// Prices are of us-east-1, in US dollars, without free tiers and without the
// discounts of large amounts, read in November 2026. eu-west-1 differs by up to
// a tenth or so.
//
// AWS's pages draw their tables by scripts, so most figures come from who has
// quoted those pages; price.seen says from whom.
type price struct {
	name string
	usd  float64
	per  float64 // the amount that usd buys
	unit string  // that amount in words
	page string
	seen string
}

const (
	million = 1e6
	month   = 30 * 24 * 60 // minutes

	pricePages = "https://aws.amazon.com/"
	worked     = "AWS's page, in its worked examples (quoted September 2026)"
	quoted     = "third parties that quote AWS's page in 2025 and 2026"
)

var (
	apiRequests    = price{"HTTP API requests", 1.00, million, "million requests", "api-gateway/pricing/", worked}
	lambdaRequests = price{"Lambda requests", 0.20, million, "million requests", "lambda/pricing/", "AWS's price list (quoted October 2025)"}
	lambdaSeconds  = price{"Lambda GB-seconds, arm64", 0.0000133334, 1, "GB-second", "lambda/pricing/", quoted}
	reads          = price{"DynamoDB reads, on demand", 0.125, million, "million read request units", "dynamodb/pricing/on-demand/", quoted}
	writes         = price{"DynamoDB writes, on demand", 0.625, million, "million write request units", "dynamodb/pricing/on-demand/", quoted}
	essentials     = price{"Cognito, Essentials", 0.015, 1, "person active in a month", "cognito/pricing/", worked}
	lite           = price{"Cognito, Lite", 0.0055, 1, "person active in a month", "cognito/pricing/", worked}
	cognitoQuota   = price{"Cognito quota beyond the default", 20, 1, "call a second, for a month", "about-aws/whats-new/2024/01/provisioned-capacity-api-limits-amazon-cognito/", "AWS's announcement of January 2024"}
	secretCalls    = price{"Secrets Manager calls", 0.05, 10_000, "10,000 calls", "secrets-manager/pricing/", worked}
	secret         = price{"Secrets Manager secrets", 0.40, 1, "secret and month", "secrets-manager/pricing/", worked}
	logBytes       = price{"CloudWatch Logs, taken in", 0.50, 1e9, "GB", "cloudwatch/pricing/", quoted}
	metric         = price{"CloudWatch custom metrics", 0.30, 1, "metric and month", "cloudwatch/pricing/", quoted}
	alarm          = price{"CloudWatch alarms", 0.10, 1, "metric watched and month", "cloudwatch/pricing/", quoted}
	dashboard      = price{"CloudWatch dashboards", 3.00, 1, "dashboard and month", "cloudwatch/pricing/", quoted}
	traces         = price{"X-Ray traces", 5.00, million, "million traces recorded", "xray/pricing/", quoted}
	dataOut        = price{"Data to the internet", 0.09, 1e9, "GB", "api-gateway/pricing/", quoted}
	edgeRequests   = price{"CloudFront requests, HTTPS", 0.01, 10_000, "10,000 requests", "cloudfront/pricing/", quoted}
	wafRequests    = price{"WAF requests", 0.60, million, "million requests", "waf/pricing/", quoted}
	webACL         = price{"WAF web ACL", 5.00, 1, "month", "waf/pricing/", quoted}
	wafRule        = price{"WAF rule", 1.00, 1, "rule and month", "waf/pricing/", quoted}
)

// prices are all of them, in the order of the page.
func prices() []price {
	return []price{
		apiRequests, lambdaRequests, lambdaSeconds, reads, writes, essentials, lite, cognitoQuota, secretCalls, secret,
		logBytes, metric, alarm, dashboard, traces, dataOut, edgeRequests, wafRequests, webACL, wafRule,
	}
}

// of returns what an amount costs.
func (p price) of(amount float64) float64 { return p.usd * amount / p.per }
