package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"deskpro-login/pkg/awsenv"
	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/cognito/cognitotest"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/lambdahttp/runtimetest"
	passwords "deskpro-login/pkg/password"
	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/session"
	"deskpro-login/pkg/state/dynamo"
)

// house is the stack on loopback: AWS, and the functions as real processes.
type house struct {
	binaries string
	aws      *awstest.Server
	pool     *cognitotest.Server
	cloud    *httptest.Server
	sessions *session.Sessions
	app      *deskpro.App
	key      keyring.Key
	env      []string
	strain   atomic.Pointer[strain]
}

// strain is what a call to the pool meets first: a wait and, unless nil, a
// quota.
type strain struct {
	wait  func()
	quota *bucket
}

// newHouse builds the functions into a folder and plays AWS to them.
func newHouse(ctx context.Context, folder string) (*house, error) {
	h := &house{binaries: folder, aws: awstest.New()}
	functions := []string{"deskpro-login/functions/login", "deskpro-login/functions/authenticate", "deskpro-login/functions/logout"}
	if err := runtimetest.Build(ctx, runtimetest.BuildConfig{Into: folder, Packages: functions}); err != nil {
		return nil, err
	}
	h.strain.Store(&strain{wait: func() {}})
	// The lock-out is a matter of guessing, not of how many people come.
	pool, err := cognitotest.New(cognitotest.Config{HideUnknown: true, NoLockout: true})
	if err != nil {
		return nil, err
	}
	h.pool, h.cloud = pool, httptest.NewServer(h)
	if err := errors.Join(h.furnish(ctx), h.configure(ctx)); err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

func (h *house) close() {
	h.cloud.Close()
	h.pool.Close()
}

// furnish makes tables, secrets and accounts.
func (h *house) furnish(ctx context.Context) error {
	hasher, err := passwords.New(passwords.Config{})
	if err != nil {
		return err
	}
	hash, err := hasher.Hash(ctx, redact.New(password))
	if err != nil {
		return err
	}
	h.aws.CreateTable("state", "key")
	h.aws.CreateTable("accounts", "login")
	for i := range accounts {
		login := person(i)
		h.aws.PutItem("accounts", fmt.Sprintf(`{"login":{"S":%[1]q},"id":{"S":"id-of-%[1]s"},"email":{"S":%[1]q},"email_verified":{"BOOL":true},"name":{"S":"A Person"},"password_hash":{"S":%[2]q}}`, login, hash))
		h.pool.Add(cognitotest.User{Password: password, Email: login, EmailVerified: true, Name: "A Person"})
	}
	secret := strings.Repeat("capacity", 8)
	h.aws.PutSecret("users-jwt", secret)
	h.aws.PutSecret("factors", secret)
	if h.key, err = keyring.ParseKey(redact.New(secret), ""); err != nil {
		return err
	}
	h.app, err = deskpro.New(deskpro.Config{URL: helpdesk, Issuer: "capacity"})
	return err
}

// configure makes the functions' variables and a way to open sessions.
func (h *house) configure(ctx context.Context) error {
	credentials, err := h.pool.AWS().Credentials.Retrieve(ctx)
	if err != nil {
		return err
	}
	h.env = []string{
		"GOMAXPROCS=1", "AWS_ENDPOINT_URL=" + h.cloud.URL, "METRICS_NAMESPACE=DeskproLogin/capacity",
		"AWS_ACCESS_KEY_ID=" + credentials.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + credentials.SecretAccessKey,
		"ISSUER=capacity", "USERS_DESKPRO_URL=" + helpdesk, "USERS_SECRET=users-jwt", "STATE_TABLE=state",
		"SESSION_IDLE=12h", "SESSION_ABSOLUTE=12h",
		"REFUSAL_TIME=0s", // the model is of what is done, not of what is waited for
	}
	env := map[string]string{"AWS_REGION": "eu-central-1", "AWS_SESSION_TOKEN": "example"}
	for _, variable := range h.env {
		name, value, _ := strings.Cut(variable, "=")
		env[name] = value
	}
	cfg, err := awsenv.Config(func(name string) string { return env[name] })
	if err != nil {
		return err
	}
	store, err := dynamo.New(dynamo.Config{Client: sdk.NewFromConfig(cfg), Table: "state"})
	if err != nil {
		return err
	}
	h.sessions, err = session.New(session.Config{Store: store, Idle: 12 * time.Hour, Absolute: 12 * time.Hour})
	return err
}

// ServeHTTP is AWS.
func (h *house) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.Header.Get("X-Amz-Target"), "AWSCognitoIdentityProviderService.") {
		h.aws.ServeHTTP(w, r)
		return
	}
	strain := h.strain.Load()
	strain.wait()
	if strain.quota != nil && !strain.quota.take() {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"__type":"TooManyRequestsException","message":"Rate exceeded"}`)
		return
	}
	h.pool.ServeHTTP(w, r)
}

// start starts one environment of a function.
func (h *house) start(function, directory string) (*runtimetest.Process, error) {
	env := append(h.env[:len(h.env):len(h.env)], "DIRECTORY="+directory)
	if directory == cognito {
		env = append(env, "COGNITO_USER_POOL_ID="+h.pool.PoolID(), "COGNITO_CLIENT_ID="+h.pool.ClientID())
	} else {
		env = append(env, "ACCOUNTS_TABLE=accounts", "FACTORS=on", "FACTOR_SECRET=factors")
	}
	return runtimetest.Start(runtimetest.Config{Binary: filepath.Join(h.binaries, function), Env: env, Timeout: 10 * time.Second})
}

// signedIn opens a session and returns its cookie.
func (h *house) signedIn(ctx context.Context, login string) (string, error) {
	profile, err := json.Marshal(directory.User{ID: "id-of-" + login, Email: login, Name: "A Person"})
	if err != nil {
		return "", err
	}
	id, err := h.sessions.Open(ctx, "id-of-"+login, profile, time.Now(), "Firefox, Windows")
	return "__Host-session=" + id.Reveal(), err
}
