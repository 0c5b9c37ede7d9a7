package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/aws/aws-sdk-go-v2/aws"

	"deskpro-login/pkg/awsenv"
	"deskpro-login/pkg/awsenv/awstest"
)

// The practice AWS's tables, by the names that loginctl is given.
const (
	accountsTable = "accounts"
	stateTable    = "state"
)

// cloud is a practice AWS with a table of accounts and one of state. It answers
// loginctl at the sign-in pages' own address, and this process without a
// connection.
type cloud struct {
	*awstest.Server
	// data is what it remembers from run to run; nil: nothing.
	data *data
}

// newCloud starts one with what was kept in dir, if that is named. fresh: there
// was nothing yet.
func newCloud(dir string) (c *cloud, fresh bool, err error) {
	c = &cloud{Server: awstest.New()}
	c.CreateTable(accountsTable, "login")
	c.CreateTable(stateTable, "key")
	if dir == "" {
		return c, true, nil
	}
	if c.data, err = openData(dir); err != nil {
		return nil, false, err
	}
	fresh, err = c.data.load(c.Server, accountsTable, stateTable)
	return c, fresh, err
}

func (c *cloud) close() {
	if c.data != nil {
		c.data.close()
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
