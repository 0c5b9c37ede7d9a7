package stacks_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"deskpro-login/pkg/lambdahttp"
)

var inFront = map[string]string{
	"ApiHost": "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com", "DomainName": "login.acme.com", "HostedZoneId": "Z0123456789ABC",
}

// openEdge is edge.yaml where it belongs.
func openEdge(t *testing.T, changes map[string]string) *stack {
	t.Helper()
	s := openStack(t, "edge.yaml", with(inFront, changes))
	s.values["AWS::Region"], s.values["AWS::StackName"] = "us-east-1", "deskpro-login-edge"
	return s
}

// properties are a resource's, resolved.
func (s *stack) properties(resource string) object {
	s.t.Helper()
	return s.resolve(s.resource(resource)["Properties"]).(object)
}

func (s *stack) distribution() object {
	s.t.Helper()
	return s.properties("Distribution")["DistributionConfig"].(object)
}

func TestTheEdgeRefuses(t *testing.T) {
	own := map[string]string{"HostedZoneId": "", "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"}
	for name, test := range map[string]struct {
		region  string
		changes map[string]string
		refusal string
	}{
		"a certificate made":               {"us-east-1", nil, ""},
		"a certificate brought":            {"us-east-1", own, ""},
		"no certificate":                   {"us-east-1", map[string]string{"HostedZoneId": ""}, "needs a certificate"},
		"another Region":                   {"eu-west-1", nil, "--region us-east-1"},
		"another Region of another planet": {"us-gov-west-1", nil, "--region us-east-1"},
	} {
		s := openEdge(t, test.changes)
		s.values["AWS::Region"] = test.region
		refused := strings.Join(s.refused(), " ")
		if (refused == "") != (test.refusal == "") || !strings.Contains(refused, test.refusal) {
			t.Errorf("%s: the Rules say %q, want %q", name, refused, test.refusal)
		}
	}
	s := openEdge(t, nil)
	for parameter, values := range map[string][]string{
		"ApiHost":            {"", "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com", "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/", "login.acme.com", "a1b2c3d4e5"},
		"DomainName":         {"", "login", "Login.acme.com", "*.acme.com", "https://login.acme.com"},
		"HostedZoneId":       {"acme.com", "/hostedzone/Z0123456789ABC"},
		"CertificateArn":     {"arn:aws:acm:eu-west-1:123456789012:certificate/12345678-1234-1234-1234-123456789012", "arn:aws:acm:us-east-1:123456789012:certificate/*"},
		"FormsPerAddress":    {"", "9", "0"},
		"RequestsPerAddress": {"", "9", "0"},
		"KeyVersionId":       {"AWSCURRENT", "a::AWSPENDING:", "}}"},
		"LogRetentionDays":   {"", "0", "2"},
		"KmsKeyArn":          {"alias/mine", "arn:aws:kms:eu-west-1:123456789012:key/12345678-1234-1234-1234-123456789012"},
	} {
		for _, value := range values {
			if s.accepts(parameter, value) {
				t.Errorf("%s accepts %q", parameter, value)
			}
		}
	}
}

// What the edge tells the sign-in page's stack, that one takes.
func TestTheRootTakesWhatTheEdgeGives(t *testing.T) {
	s := openEdge(t, nil)
	root := newStack(t, with(behindEdge, map[string]string{"EdgeDomain": s.resolve(s.section("Outputs")["EdgeDomain"].(object)["Value"]).(string)}))
	if refused := root.refused(); len(refused) > 0 {
		t.Errorf("the Rules refuse it: %v", refused)
	}
	if root.section("Outputs")["ApiHost"] == nil {
		t.Error("template.yaml has no output ApiHost, which is the edge's parameter")
	}
}

// A new key would be refused by every function until its hash is there.
func TestTheEdgesKeyIsFrozen(t *testing.T) {
	s := openEdge(t, nil)
	secrets := s.resources("AWS::SecretsManager::Secret")
	if len(secrets) != 1 || secrets["OriginKey"] == nil {
		t.Fatalf("the secrets are %v, want OriginKey alone", slices.Collect(maps.Keys(secrets)))
	}
	retained(t, "OriginKey", secrets["OriginKey"])
	properties := s.properties("OriginKey")
	if got, want := properties["GenerateSecretString"], (object{"PasswordLength": 64, "ExcludePunctuation": true}); !reflect.DeepEqual(got, want) {
		t.Errorf("GenerateSecretString is %v, was %v: changing it makes another secret", got, want)
	}
	if properties["Name"] != nil || properties["SecretString"] != nil {
		t.Errorf("the secret is %v, want no name and no value", properties)
	}
	if got := openEdge(t, map[string]string{"KmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012"}).properties("OriginKey")["KmsKeyId"]; got == nil {
		t.Error("KmsKeyArn does not encrypt the secret")
	}
}

// The value goes from the secret to CloudFront and nowhere else.
func TestTheEdgesKeyIsInOneHeader(t *testing.T) {
	const version = "0c1d2e3f-4a5b-6c7d-8e9f-0a1b2c3d4e5f"
	for id, want := range map[string]string{
		"":      "{{resolve:secretsmanager:OriginKey:SecretString}}",
		version: "{{resolve:secretsmanager:OriginKey:SecretString:::" + version + "}}",
	} {
		s := openEdge(t, map[string]string{"KeyVersionId": id})
		origins := s.distribution()["Origins"].([]any)
		if len(origins) != 1 {
			t.Fatalf("%d origins, want one", len(origins))
		}
		headers := origins[0].(object)["OriginCustomHeaders"]
		if want := []any{object{"HeaderName": lambdahttp.HeaderOriginVerify, "HeaderValue": want}}; !reflect.DeepEqual(headers, want) {
			t.Errorf("CloudFront adds %v, want %v", headers, want)
		}
		if all := fmt.Sprint(s.resolve(s.section("Resources")), s.resolve(s.section("Outputs"))); strings.Count(all, "{{resolve:") != 1 {
			t.Errorf("the secret is read more than once")
		}
	}
}

// forwarded are the headers of people's requests that the functions get.
func (s *stack) forwarded() []string {
	s.t.Helper()
	config := s.properties("Forwarded")["OriginRequestPolicyConfig"].(object)
	headers := config["HeadersConfig"].(object)
	if headers["HeaderBehavior"] != "whitelist" {
		s.t.Fatalf("the headers are %v: only a list can have one of CloudFront's and lack Host", headers)
	}
	var names []string
	for _, name := range headers["Headers"].([]any) {
		names = append(names, http.CanonicalHeaderKey(name.(string)))
	}
	if !reflect.DeepEqual(config["CookiesConfig"], object{"CookieBehavior": "all"}) || !reflect.DeepEqual(config["QueryStringsConfig"], object{"QueryStringBehavior": "all"}) {
		s.t.Errorf("cookies and queries are forwarded as %v", config)
	}
	return names
}

func TestCloudFrontForwardsWhatTheFunctionsRead(t *testing.T) {
	s := openEdge(t, nil)
	names := s.forwarded()
	if got := s.distribution()["DefaultCacheBehavior"].(object)["OriginRequestPolicyId"]; got != "Forwarded" {
		t.Errorf("the distribution forwards as %v", got)
	}
	// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
	if len(names) > 10 {
		t.Errorf("%d headers, CloudFront takes 10", len(names))
	}
	// API Gateway refuses a Host that is not its own. The key is CloudFront's to
	// add, and a client's X-Forwarded-For is a client's word.
	for _, never := range []string{"Host", lambdahttp.HeaderOriginVerify, "X-Forwarded-For", "Authorization"} {
		if slices.Contains(names, http.CanonicalHeaderKey(never)) {
			t.Errorf("%s is forwarded", never)
		}
	}
	read := map[string]string{http.CanonicalHeaderKey(lambdahttp.HeaderViewerAddress): "pkg/lambdahttp"}
	files, err := filepath.Glob("../../pkg/web/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("pkg/web has no files (%v)", err)
	}
	list, quoted := regexp.MustCompile(`\bclientHeaders = \[\.\.\.\]string\{([^}]*)\}`), regexp.MustCompile(`"([^"]+)"`)
	reads := regexp.MustCompile(`\br\.(?:Header\.(?:Get|Values)\("([^"]+)"\)|(UserAgent|Referer)\(\))`)
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, match := range reads.FindAllStringSubmatch(string(source), -1) {
			name := match[1] + strings.Replace(match[2], "UserAgent", "User-Agent", 1)
			read[http.CanonicalHeaderKey(name)] = file
		}
		for _, match := range list.FindAllStringSubmatch(string(source), -1) {
			for _, name := range quoted.FindAllStringSubmatch(match[1], -1) {
				read[http.CanonicalHeaderKey(name[1])] = file
			}
		}
	}
	if read["Content-Type"] == "" || read["Sec-Ch-Ua"] == "" {
		t.Error("this test no longer finds what pkg/web reads")
	}
	for name, where := range read {
		if !slices.Contains(names, name) {
			t.Errorf("%s reads %s, which CloudFront does not forward", where, name)
		}
	}
}

// The protection of forms works with the headers that get through.
func TestFormsOfOtherSitesAreToldApartBehindTheEdge(t *testing.T) {
	names := openEdge(t, nil).forwarded()
	var protection http.CrossOriginProtection
	for name, test := range map[string]struct {
		headers map[string]string
		refused bool
	}{
		"our own page":                     {map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": "https://login.acme.com"}, false},
		"our own page, in an old browser":  {map[string]string{"Origin": "https://login.acme.com"}, false},
		"our own page, without its origin": {map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": "null"}, false},
		"our own host over plain http":     {map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "http://login.acme.com"}, true},
		"another site":                     {map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, true},
		"another site, in an old browser":  {map[string]string{"Origin": "https://evil.example"}, true},
		"a sister site":                    {map[string]string{"Sec-Fetch-Site": "same-site", "Origin": "https://acme.com"}, true},
	} {
		r := httptest.NewRequest("POST", "https://login.acme.com/users/login", nil)
		for header, value := range test.headers {
			if slices.Contains(names, header) {
				r.Header.Set(header, value)
			}
		}
		if err := protection.Check(r); (err != nil) != test.refused {
			t.Errorf("%s: error = %v, want one: %t", name, err, test.refused)
		}
	}
}

func TestCloudFrontIsSafe(t *testing.T) {
	s := openEdge(t, nil)
	config := s.distribution()
	behaviour, origin := config["DefaultCacheBehavior"].(object), config["Origins"].([]any)[0].(object)
	for name, test := range map[string]struct{ got, want any }{
		"the firewall": {config["WebACLId"], "Firewall.Arn"},
		"the names":    {config["Aliases"], []any{"login.acme.com"}},
		"the certificate and TLS": {config["ViewerCertificate"], object{
			"AcmCertificateArn": "Certificate", "SslSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1.2_2021",
		}},
		"the way to the API": {origin["CustomOriginConfig"], object{"OriginProtocolPolicy": "https-only", "OriginSSLProtocols": []any{"TLSv1.2"}}},
		"the API":            {origin["DomainName"], inFront["ApiHost"]},
		"plain http":         {behaviour["ViewerProtocolPolicy"], "redirect-to-https"},
		"HTTP":               {config["HttpVersion"], "http2and3"},
		"IPv6":               {config["IPV6Enabled"], false}, // WAF would count each of 2^64 addresses by itself
		"other behaviours":   {config["CacheBehaviors"], nil},
		"CloudFront's log":   {config["Logging"], nil}, // it would have queries and cookies
		"edge functions":     {behaviour["FunctionAssociations"], nil},
		"compression":        {behaviour["Compress"], false}, // BREACH
		"an index page":      {config["DefaultRootObject"], nil},
		"switched on":        {config["Enabled"], true},
	} {
		if !reflect.DeepEqual(test.got, test.want) {
			t.Errorf("%s: got %v, want %v", name, test.got, test.want)
		}
	}
	if !slices.Contains(behaviour["AllowedMethods"].([]any), any("POST")) {
		t.Error("no form gets through")
	}
	for name := range s.section("Resources") {
		if kind := s.resource(name)["Type"]; kind == "AWS::Logs::Delivery" || kind == "AWS::CloudFront::RealtimeLogConfig" {
			t.Errorf("%s logs what people send", name)
		}
	}
}

// A page is for one person. CloudFront would keep errors by their path alone,
// though the policy says not to cache.
func TestCloudFrontKeepsNothing(t *testing.T) {
	config := openEdge(t, nil).distribution()
	// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
	if got := config["DefaultCacheBehavior"].(object)["CachePolicyId"]; got != "4135ea2d-6df8-44a3-9df3-4b5a84be39ad" {
		t.Errorf("the cache policy is %v, want CachingDisabled", got)
	}
	// https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CustomErrorResponse.html
	kept := []int{400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504}
	for _, entry := range config["CustomErrorResponses"].([]any) {
		entry := entry.(object)
		i := slices.Index(kept, entry["ErrorCode"].(int))
		if i < 0 {
			t.Fatalf("%v is none of the codes, or there twice", entry)
		}
		if kept = slices.Delete(kept, i, i+1); !reflect.DeepEqual(entry, object{"ErrorCode": entry["ErrorCode"], "ErrorCachingMinTTL": 0}) {
			t.Errorf("%v: want a time of 0 and the functions' own page", entry)
		}
	}
	if len(kept) > 0 {
		t.Errorf("CloudFront keeps %v", kept)
	}
}

func TestTheEdgeMakesNothingElse(t *testing.T) {
	for zone, want := range map[string][]string{
		"Z0123456789ABC": {"AddressRecord", "Certificate", "Distribution", "Firewall", "FirewallLog", "FirewallLogs", "Forwarded", "OriginKey"},
		"":               {"Distribution", "Firewall", "FirewallLog", "FirewallLogs", "Forwarded", "OriginKey"},
	} {
		own := map[string]string{"HostedZoneId": zone}
		if zone == "" {
			own["CertificateArn"] = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
		}
		s := openEdge(t, own)
		var made []string
		for name := range s.section("Resources") {
			if s.made(name) {
				made = append(made, name)
				s.properties(name) // refers to nothing that is not made
			}
		}
		slices.Sort(made)
		if !slices.Equal(made, want) {
			t.Errorf("with the zone %q it makes %v, want %v", zone, made, want)
		}
		for name, kind := range map[string]string{"AddressRecord": "A"} {
			if !s.made(name) {
				continue
			}
			// https://docs.aws.amazon.com/general/latest/gr/cf_region.html
			want := object{"HostedZoneId": zone, "Name": "login.acme.com", "Type": kind, "AliasTarget": object{"DNSName": "Distribution.DomainName", "HostedZoneId": "Z2FDTNDATAQYW2"}}
			if got := s.properties(name); !reflect.DeepEqual(got, want) {
				t.Errorf("%s is %v, want %v", name, got, want)
			}
		}
	}
}
