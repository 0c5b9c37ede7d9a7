package functions_test

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/directory/cognito/cognitotest"
	"deskpro-login/pkg/factor"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/redact"
)

// callsFile is embedded by infra/capacity, which turns it into money.
const callsFile = "../infra/capacity/calls.json"

// counted is what one kind of request costs, other than time.
type counted struct {
	Kind string `json:"kind"`
	// Directory is empty where it makes no difference.
	Directory string `json:"directory,omitempty"`
	Function  string `json:"function"`
	Status    int    `json:"status"`
	// Secrets are fetched when an environment starts, before any request.
	Secrets int `json:"secrets_at_start"`
	// Calls are those of the request, by operation, and Reads and Writes the
	// request units that DynamoDB charges for them.
	Calls  map[string]int `json:"calls,omitempty"`
	Reads  float64        `json:"read_units"`
	Writes float64        `json:"write_units"`
	// AccountReads and AccountWrites are what of them is the accounts table's; the
	// rest is the state table's.
	AccountReads  float64 `json:"account_read_units"`
	AccountWrites float64 `json:"account_write_units"`
	// LogBytes are what the function writes, AnswerBytes what goes out of AWS
	// without the connection's own.
	LogLines    int `json:"log_lines"`
	LogBytes    int `json:"log_bytes"`
	AnswerBytes int `json:"answer_bytes"`
}

// The calls that each kind of request makes are what it costs and how long it
// takes; the keys are fetched before the first of them.
func TestTheCallsOfARequest(t *testing.T) {
	const justNow, aWhileAgo = 0, 30 * time.Minute // a use is noted once in six minutes
	var got []counted
	for _, row := range []struct {
		kind, directory, event string
		used                   time.Duration
	}{
		{"page", "", "login/page", justNow},
		{"redirect", "", "login/with-session", justNow},
		{"redirect after a pause", "", "login/with-session", aWhileAgo},
		{"sign-in", "dynamodb", "authenticate/right-password", justNow},
		{"sign-in", "cognito", "authenticate/right-password", justNow},
		{"wrong password", "dynamodb", "authenticate/wrong-password", justNow},
		{"wrong password", "cognito", "authenticate/wrong-password", justNow},
		{"unknown account", "dynamodb", "authenticate/unknown-account", justNow},
		{"unknown account", "cognito", "authenticate/unknown-account", justNow},
		{"password before a code", "dynamodb", "authenticate/right-password", justNow},
		{"code", "dynamodb", "authenticate/right-password", justNow},
		{"form from elsewhere", "", "authenticate/cross-origin", justNow},
		{"log-out", "", "logout/page", justNow},
	} {
		t.Run(row.kind+" "+row.directory, func(t *testing.T) {
			var aws *awstest.Server
			var env []string
			if row.directory == "cognito" {
				_, aws, env = cognitoEnvironment(t, cognitotest.User{Password: "practice-helpdesk", Email: "ugo@example.com", EmailVerified: true, Name: "Ugo Bianchi"})
			} else {
				var endpoint string
				aws, endpoint = cloud(t)
				env = environment(endpoint)
			}
			seedSession(t, aws, row.used, row.used)
			twoSteps := row.kind == "password before a code" || row.kind == "code"
			if twoSteps {
				aws.PutItem("accounts", account("u-1001", "ugo@example.com", "Ugo Bianchi", `,"factor":{"M":`+app(t, aws, "u-1001")+`}`))
			}
			meter, env := measured(t, aws, env)
			function, _, _ := strings.Cut(row.event, "/")
			var log bytes.Buffer
			process := start(t, function, append(env, "METRICS_NAMESPACE=DeskproLogin/acme-login"), &log)
			invoke(t, process, []byte(`{}`)) // once it answers, it has fetched its keys
			c := counted{Kind: row.kind, Directory: row.directory, Function: function, Secrets: meter.reset()["GetSecretValue"]}
			event := sample(t, row.event)
			if row.kind == "code" {
				page := invoke(t, process, event)
				want(t, page, 200, "the code that it shows")
				event = (&visitor{t: t}).event("POST /{door}/login/challenge", "", filled(page, url.Values{"code": {cognitotest.TOTP(appKey, time.Now())}}))
				meter.reset()
			}
			answer := invoke(t, process, event)
			c.Status, c.AnswerBytes = answer.StatusCode, len(answer.Body)
			for name, value := range answer.Headers {
				c.AnswerBytes += len(name) + len(value) + len(": \r\n")
			}
			for _, cookie := range answer.Cookies {
				c.AnswerBytes += len("Set-Cookie: \r\n") + len(cookie)
			}
			c.Reads, c.Writes = meter.reads["accounts"]+meter.reads["state"], meter.writes["accounts"]+meter.writes["state"]
			c.AccountReads, c.AccountWrites = meter.reads["accounts"], meter.writes["accounts"]
			if c.Calls = meter.reset(); c.Calls["GetSecretValue"] > 0 {
				t.Errorf("%d keys fetched during the request", c.Calls["GetSecretValue"])
			}
			process.Stop() // so that log holds all
			c.LogLines, c.LogBytes = logged(t, log.String(), event)
			got = append(got, c)
		})
	}
	if t.Failed() {
		return
	}
	var lines []string // one for each, to be read and compared
	for _, c := range got {
		line, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(line))
	}
	text := "[\n" + strings.Join(lines, ",\n") + "\n]\n"
	if *update {
		if err := os.WriteFile(callsFile, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(callsFile)
	if err != nil {
		t.Fatalf("%v (-update makes it)", err)
	}
	before := strings.Split(string(want), "\n")
	for i, line := range strings.Split(text, "\n") {
		if i >= len(before) || line != before[i] {
			t.Errorf("not as in %s; -update rewrites it, then go test ./infra/capacity -update the page\n got %s\nwant %s", callsFile, line, strings.Join(before[min(i, len(before)):min(i+1, len(before))], ""))
		}
	}
}

// appKey is the key of an authenticator app.
var appKey = []byte("a key of twenty byte")

// app is what is stored of it for an account, with all its recovery codes: those
// are the most of it.
func app(t *testing.T, aws *awstest.Server, id string) string {
	t.Helper()
	key, err := factor.ParseKey(base32.StdEncoding.EncodeToString(appKey))
	if err != nil {
		t.Fatal(err)
	}
	version := keyring.Version{ID: aws.PutSecret("factors", factorsKey), Text: redact.New(factorsKey)}
	vault, err := factor.NewVault(keyring.StaticVersion{Version: version})
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := vault.Seal(t.Context(), id, key)
	if err != nil {
		t.Fatal(err)
	}
	var hashes []string
	for _, code := range factor.NewCodes() {
		hash, _ := factor.HashCode(id, redact.New(code))
		hashes = append(hashes, `{"S":"`+hash+`"}`)
	}
	return fmt.Sprintf(`{"key":{"S":%q},"step":{"N":"0"},"recovery":{"L":[%s]}}`, sealed, strings.Join(hashes, ","))
}

var timestamp = regexp.MustCompile(`"timestamp":"[^"]*"`)

// logged counts the lines of one request, whose event is given, each as long
// as with a time of full length.
func logged(t *testing.T, log string, event []byte) (lines, size int) {
	t.Helper()
	var sent struct{ RequestContext struct{ RequestID string } }
	if err := json.Unmarshal(event, &sent); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(log) {
		var fields struct {
			ID string `json:"api_request_id"`
		}
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if fields.ID == sent.RequestContext.RequestID {
			lines++
			size += len(timestamp.ReplaceAllString(line, `"timestamp":"2006-01-02T15:04:05.000000000Z"`))
		}
	}
	return lines, size
}

// meter counts the calls that pass it, and what DynamoDB would charge:
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
type meter struct {
	aws  *awstest.Server
	next http.Handler

	mu            sync.Mutex
	calls         map[string]int
	reads, writes map[string]float64 // by table
}

// measured puts a meter before the AWS that env leads to.
func measured(t *testing.T, aws *awstest.Server, env []string) (*meter, []string) {
	t.Helper()
	var endpoint *url.URL
	for _, variable := range env {
		if value, ok := strings.CutPrefix(variable, "AWS_ENDPOINT_URL="); ok {
			var err error
			if endpoint, err = url.Parse(value); err != nil {
				t.Fatal(err)
			}
		}
	}
	m := &meter{aws: aws, calls: map[string]int{}, reads: map[string]float64{}, writes: map[string]float64{}, next: &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(endpoint)
		r.Out.Host = r.In.Host // it is signed
	}}}
	front := httptest.NewServer(m)
	t.Cleanup(front.Close)
	return m, append(env, "AWS_ENDPOINT_URL="+front.URL)
}

// reset returns the calls by operation and counts from zero.
func (m *meter) reset() map[string]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	calls := m.calls
	m.calls, m.reads, m.writes = map[string]int{}, map[string]float64{}, map[string]float64{}
	return calls
}

func (m *meter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	m.calls[operation]++
	var in struct {
		TableName      string
		Key, Item      map[string]map[string]any
		ConsistentRead bool
	}
	if err := json.Unmarshal(body, &in); err != nil || in.TableName == "" {
		m.next.ServeHTTP(w, r)
		return
	}
	key := ""
	for _, name := range []string{"login", "key"} {
		for _, item := range []map[string]map[string]any{in.Key, in.Item} {
			if text, ok := item[name]["S"].(string); ok {
				key = text
			}
		}
	}
	size := itemSize(m.aws.Items(in.TableName)[key])
	m.next.ServeHTTP(w, r)
	if operation == "GetItem" {
		units := max(1, math.Ceil(size/4096))
		if !in.ConsistentRead {
			units /= 2
		}
		m.reads[in.TableName] += units
		return
	}
	size = max(size, itemSize(m.aws.Items(in.TableName)[key]))
	m.writes[in.TableName] += max(1, math.Ceil(size/1024))
}

// itemSize is an item's size as DynamoDB counts it, in bytes:
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
func itemSize(item string) float64 {
	var attributes map[string]any
	_ = json.Unmarshal([]byte(item), &attributes) // none is of no size
	size := 0
	for name, value := range attributes {
		size += len(name) + valueSize(value.(map[string]any))
	}
	return float64(size)
}

func valueSize(value map[string]any) (size int) {
	for kind, held := range value {
		switch held := held.(type) {
		case string:
			switch kind {
			case "N":
				size += len(held)/2 + 2
			case "B":
				size += base64.StdEncoding.DecodedLen(len(held))
			default:
				size += len(held)
			}
		case []any:
			if kind == "L" {
				size += 3
			}
			for _, element := range held {
				if text, ok := element.(string); ok { // a set's
					size += len(text)
				} else {
					size += 1 + valueSize(element.(map[string]any))
				}
			}
		case map[string]any:
			size += 3
			for name, element := range held {
				size += 1 + len(name) + valueSize(element.(map[string]any))
			}
		default:
			size++
		}
	}
	return size
}
