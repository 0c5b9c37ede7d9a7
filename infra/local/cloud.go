package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"

	"deskpro-login/pkg/awsenv"
	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/config"
	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/rotation"
)

// The practice AWS's tables, by the names that loginctl is given.
const (
	accountsTable = "accounts"
	stateTable    = "state"
)

// cloud is a practice AWS with the doors' secrets, a table of state and one of
// accounts, which is for -directory dynamodb. It answers loginctl at the sign-in
// pages' own address, and this process without a connection.
type cloud struct {
	*awstest.Server
	// data is what it remembers from run to run.
	data *data
	// kept are the doors' secrets as data has them; mu guards them, there too.
	mu   sync.Mutex
	kept map[string]string
}

// newCloud starts one, with what was kept in the folder of -data. fresh: there
// was nothing yet.
func newCloud(o options) (c *cloud, fresh bool, err error) {
	c = &cloud{Server: awstest.New(), kept: map[string]string{}}
	c.CreateTable(stateTable, "key")
	if o.directory == "dynamodb" {
		c.CreateTable(accountsTable, "login")
	}
	fresh = true
	if o.data != "" {
		if c.data, err = openData(o.data); err != nil {
			return nil, false, err
		}
		if fresh, err = c.data.load(c.Server, accountsTable, stateTable); err != nil {
			return nil, false, err
		}
	}
	for _, door := range []string{config.Users, config.Agents} {
		secret, err := c.data.secret(door) // named as its door
		if err != nil {
			return nil, false, err
		}
		c.kept[door] = secret.Reveal()
		c.PutSecret(door, secret.Reveal())
	}
	return c, fresh, nil
}

func (c *cloud) close() { c.data.close() }

// ServeHTTP answers a call, and keeps what became of the doors' secrets: their
// current versions alone.
func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.Server.ServeHTTP(w, r)
	if c.data == nil || !strings.HasPrefix(r.Header.Get("X-Amz-Target"), "secretsmanager.") {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for door, was := range c.kept {
		if text := c.SecretText(door, c.SecretStages(door)[rotation.Current]); text != was {
			c.kept[door] = text
			c.data.keep(door, redact.New(text))
		}
	}
}

// config leads the SDK's clients to c.
func (c *cloud) config() (aws.Config, error) {
	variables := map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "practice", "AWS_SECRET_ACCESS_KEY": "practice", "AWS_SESSION_TOKEN": "practice",
		"AWS_ENDPOINT_URL": "http://practice.invalid",
	}
	cfg, err := awsenv.Config(func(name string) string { return variables[name] })
	if err != nil {
		return aws.Config{}, fmt.Errorf("configuring the practice AWS: %w", err)
	}
	cfg.HTTPClient = within{c}
	return cfg, nil
}

// isCall tells a call of the SDK's from a browser's request.
func isCall(r *http.Request) bool { return r.Header.Get("X-Amz-Target") != "" && r.URL.Path == "/" }

// within is an HTTP client whose every request goes to handler.
type within struct{ handler http.Handler }

func (w within) Do(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	answer := httptest.NewRecorder()
	w.handler.ServeHTTP(answer, r)
	return answer.Result(), r.Context().Err()
}
