package preflight_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/preflight"
	"deskpro-login/pkg/state/memory"
	"deskpro-login/pkg/state/statetest"
	"deskpro-login/pkg/web"
)

func TestAGoodDeploymentSucceeds(t *testing.T) {
	d := newDeployment(t)
	status, log := d.run(t, t.Context())
	if status != preflight.Succeeded || len(log) != 1 || log[0].Msg != "reported" || log[0].Status != "Succeeded" || log[0].Deployment != "d-ABCDEF123" {
		t.Errorf("%s, log:\n%s", status, &d.log)
	}
	if want := map[string]int{loginVersion: 4, authenticateVersion: 2, logoutVersion: 2}; fmt.Sprint(d.asked) != fmt.Sprint(want) {
		t.Errorf("asked %v, want %v", d.asked, want)
	}
}

// People are sent straight to an identity provider: the form is there all the same.
func TestADeploymentWithAnIdentityProviderSucceeds(t *testing.T) {
	d := newDeployment(t)
	d.site.Offers = web.Offers{Federation: "Acme ID", Direct: true, Reset: true, Confirm: true, Passwordless: true}
	d.site.Recovery, d.site.Federation = struct{ directory.Recovery }{}, struct{ directory.Federation }{} // never asked
	if status, _ := d.run(t, t.Context()); status != preflight.Succeeded {
		t.Errorf("%s, log:\n%s", status, &d.log)
	}
}

const (
	withSession, withoutSession = "login with a session", "login without a session"
	unknownLogin, loggingOut    = "authenticate with an unknown login", "logout"
)

// Each deployment is broken in one way, which must be found and named.
func TestABrokenDeploymentFails(t *testing.T) {
	location := func(change func(string) string) func(*deployment) {
		return func(d *deployment) {
			d.edits[loginVersion] = func(r *events.APIGatewayV2HTTPResponse) {
				if r.StatusCode == http.StatusFound {
					r.Headers["Location"] = change(r.Headers["Location"])
				}
			}
		}
	}
	// header changes those of answers that have the status.
	header := func(version string, status int, name, value string) func(*deployment) {
		return func(d *deployment) {
			d.edits[version] = func(r *events.APIGatewayV2HTTPResponse) {
				if r.StatusCode == status {
					r.Headers[name] = value
				}
			}
		}
	}
	body := func(version string, status int, old, replacement string) func(*deployment) {
		return func(d *deployment) {
			d.edits[version] = func(r *events.APIGatewayV2HTTPResponse) {
				if r.StatusCode != status {
					return
				}
				if !strings.Contains(r.Body, old) {
					t.Errorf("there is no %q to replace in\n%s", old, r.Body)
				}
				r.Body = strings.ReplaceAll(r.Body, old, replacement)
			}
		}
	}
	cookies := func(version string, cookies ...string) func(*deployment) {
		return func(d *deployment) {
			d.edits[version] = func(r *events.APIGatewayV2HTTPResponse) { r.Cookies = cookies }
		}
	}
	becomes := func(version, payload string, err error) func(*deployment) {
		return func(d *deployment) {
			d.functions[version] = func(context.Context, []byte) ([]byte, error) { return []byte(payload), err }
		}
	}
	// doors changes the versions' own.
	doors := func(change func(door *web.Door)) func(*deployment) {
		return func(d *deployment) {
			for i := range d.site.Doors {
				change(&d.site.Doors[i])
			}
		}
	}
	apps := func(change func(*deskpro.Config)) func(*deployment) {
		return doors(func(door *web.Door) {
			cfg := appConfig(door.Name)
			change(&cfg)
			door.App = app(t, cfg)
		})
	}
	people := func(f directoryFunc) func(*deployment) {
		return func(d *deployment) { d.site.Directory = f }
	}
	for _, row := range []struct {
		name           string
		breaks         func(*deployment)
		check, version string
		says           string
		status         int
		code           string
	}{
		{"it signs with another key", doors(func(door *web.Door) { door.Keys = &keys{key: key(t, otherKey)} }),
			withSession, loginVersion, "signature is invalid", 302, ""},
		{"its key cannot sign", doors(func(door *web.Door) { door.Keys = &keys{err: keyring.ErrUnusable} }),
			withSession, loginVersion, "status 503 with DPL-3005", 503, "DPL-3005"},
		{"it signs with another algorithm", apps(func(cfg *deskpro.Config) { cfg.Algorithm = "HS384" }),
			withSession, loginVersion, "HS384", 302, ""},
		{"its tokens are of another issuer", apps(func(cfg *deskpro.Config) { cfg.Issuer = "x" }),
			withSession, loginVersion, "claim iss", 302, ""},
		{"its tokens are valid for longer", apps(func(cfg *deskpro.Config) { cfg.Lifetime = 10 * time.Minute }),
			withSession, loginVersion, "claim exp", 302, ""},
		{"its tokens lack an attribute", apps(func(cfg *deskpro.Config) { cfg.Attributes = nil }),
			withSession, loginVersion, "claim department", 302, ""},
		{"its tokens say more than they should", func(d *deployment) {
			d.edits[loginVersion] = func(r *events.APIGatewayV2HTTPResponse) { resign(t, r, map[string]any{"needle": 1}) }
		}, withSession, loginVersion, "a claim too many", 302, ""},
		{"it takes sessions of nobody's for somebody's", func(d *deployment) {
			d.edits[loginVersion] = func(r *events.APIGatewayV2HTTPResponse) {
				resign(t, r, map[string]any{"id": "needle", "email": "needle@example.com", "name": "Needle", "groups": []string{"needle"}})
			}
		}, withSession, loginVersion, "its claim email is another; its claim groups is another; its claim id is another; its claim name is another", 302, ""},
		{"it ignores sessions", func(d *deployment) { d.site.Sessions = sessions(t, &memory.Store{}, time.Hour) },
			withSession, loginVersion, "status 200", 200, ""},
		{"it asks for another group", doors(func(door *web.Door) { door.Group = "elsewhere" }),
			withSession, loginVersion, "status 403 with DPL-2002", 403, "DPL-2002"},
		{"it sends the token twice", location(func(l string) string { return l + l[strings.Index(l, "&jwt="):] }),
			withSession, loginVersion, "it carries 2 tokens", 302, ""},
		{"it sends no token", location(func(l string) string { return l[:strings.Index(l, "&jwt=")] }),
			withSession, loginVersion, "it carries 0 tokens", 302, ""},
		{"it sends the token to another origin", location(func(l string) string { return strings.Replace(l, "acme.deskpro.com", "evil.example", 1) }),
			withSession, loginVersion, "it leads to another origin", 302, ""},
		{"it sends the token over plain http", location(func(l string) string { return strings.Replace(l, "https:", "http:", 1) }),
			withSession, loginVersion, "it leads to another origin", 302, ""},
		{"it sends the token to another page", apps(func(cfg *deskpro.Config) { cfg.DefaultReturn = "/elsewhere" }),
			withSession, loginVersion, "it leads to another page", 302, ""},
		{"it redirects to what is no URL", location(func(string) string { return "https://%zz/" }),
			withSession, loginVersion, "Location is no URL", 302, ""},
		{"its redirect may be stored", header(loginVersion, 302, "Cache-Control", "private"),
			withSession, loginVersion, "no-store", 302, ""},
		{"its redirect is referred to", header(loginVersion, 302, "Referrer-Policy", "same-origin"),
			withSession, loginVersion, "Referrer-Policy", 302, ""},

		{"its page may be stored", header(loginVersion, 200, "Cache-Control", "no-cache, max-age=0"),
			withoutSession, loginVersion, "no-store", 200, ""},
		{"its page has no policy", header(loginVersion, 200, "Content-Security-Policy", ""),
			withoutSession, loginVersion, "form-action of Content-Security-Policy lacks 'self'; form-action of Content-Security-Policy lacks https://acme.deskpro.com", 200, ""},
		{"its page lets forms go nowhere else", apps(func(cfg *deskpro.Config) { cfg.ReturnOrigins = nil }),
			withoutSession, loginVersion, "form-action of Content-Security-Policy lacks https://help.acme.example", 200, ""},
		{"its page is no HTML", header(loginVersion, 200, "Content-Type", "text/plain"),
			withoutSession, loginVersion, "not HTML", 200, ""},
		{"its page has no form", body(loginVersion, 200, "<form ", "<p "),
			withoutSession, loginVersion, "no form", 200, ""},
		{"its page shows a token", body(loginVersion, 200, "<form ", "eyJhbGciOiJIUzI1NiJ9.eyJpZCI6IngifQ.c2lnbmF0dXJl<form "),
			withoutSession, loginVersion, "shows a token", 200, ""},
		{"its page redirects all the same", header(loginVersion, 200, "Location", "https://evil.example/"),
			withoutSession, loginVersion, "the page redirects", 200, ""},
		{"its page comes with a session", cookies(loginVersion, "__Host-session=x; Path=/; Secure"),
			withoutSession, loginVersion, "sets a cookie", 200, ""},
		{"everybody is signed in", func(d *deployment) {
			d.edits[loginVersion] = func(r *events.APIGatewayV2HTTPResponse) { r.StatusCode = 302 }
		}, withoutSession, loginVersion, "status 302", 302, ""},

		{"any password is right", people(func(c directory.Credentials) (directory.Outcome, error) {
			return directory.Outcome{User: &directory.User{ID: "u-1", Email: c.Login, Name: "Anyone", Groups: []string{"deskpro-agents"}}}, nil
		}), unknownLogin, authenticateVersion, "status 302", 302, ""},
		{"the directory is down", people(func(directory.Credentials) (directory.Outcome, error) {
			return directory.Outcome{}, directory.ErrUnavailable
		}),
			unknownLogin, authenticateVersion, "status 503 with DPL-3001", 503, "DPL-3001"},
		{"it refuses its own form", func(d *deployment) {
			d.edits[authenticateVersion] = func(r *events.APIGatewayV2HTTPResponse) {
				r.StatusCode, r.Body = 403, strings.ReplaceAll(r.Body, "DPL-2001", "DPL-1006")
			}
		}, unknownLogin, authenticateVersion, "status 403 with DPL-1006", 403, "DPL-1006"},
		{"its refusal has another code", body(authenticateVersion, 401, "DPL-2001", "DPL-2009"),
			unknownLogin, authenticateVersion, "does not say DPL-2001", 401, "DPL-2009"},
		{"its refusal opens a session", cookies(authenticateVersion, "__Host-session=x; Path=/; Secure"),
			unknownLogin, authenticateVersion, "sets a cookie", 401, "DPL-2001"},

		{"logging out leaves the session", func(d *deployment) {
			d.functions[logoutVersion] = func(context.Context, []byte) ([]byte, error) {
				return []byte(`{"statusCode":200,"headers":{"Content-Type":"text/html","Cache-Control":"no-store","Content-Security-Policy":"form-action 'self' https://acme.deskpro.com https://help.acme.example"},"cookies":["__Host-session=; Path=/; Max-Age=0"]}`), nil
			}
		}, loggingOut, logoutVersion, "the session is still there", 200, ""},
		{"logging out leaves the cookie", cookies(logoutVersion), loggingOut, logoutVersion, "the cookie is not cleared", 200, ""},
		{"logging out empties the cookie but keeps it", cookies(logoutVersion, "__Host-session=; Path=/"),
			loggingOut, logoutVersion, "the cookie is not cleared", 200, ""},
		{"logging out sets the cookie", cookies(logoutVersion, "__Host-session=x; Path=/; Max-Age=0"),
			loggingOut, logoutVersion, "the cookie is not cleared", 200, ""},
		{"logging out clears another cookie", cookies(logoutVersion, "session=; Path=/; Max-Age=0"),
			loggingOut, logoutVersion, "the cookie is not cleared", 200, ""},
		{"sessions cannot be ended", func(d *deployment) { d.store.Set(statetest.Fail, statetest.Consume) },
			loggingOut, logoutVersion, "status 503 with DPL-3002", 503, "DPL-3002"},
		{"logging out may be stored", header(logoutVersion, 200, "Cache-Control", ""), loggingOut, logoutVersion, "no-store", 200, ""},

		{"it cannot be invoked", becomes(loginVersion, "", errors.New("AccessDeniedException: not authorized to perform lambda:InvokeFunction")),
			withoutSession, loginVersion, "no answer: AccessDeniedException", 0, ""},
		{"it crashes", becomes(logoutVersion, "", preflight.FunctionError("Unhandled", []byte(`{"errorType":"Runtime.ExitError","errorMessage":"needle"}`))),
			loggingOut, logoutVersion, "no answer: function error Runtime.ExitError", 0, ""},
		{"it answers with what is no JSON", becomes(authenticateVersion, "needle", nil), unknownLogin, authenticateVersion, "payload format 2.0", 0, ""},
		{"it answers without a status", becomes(authenticateVersion, `{"headers":{}}`, nil), unknownLogin, authenticateVersion, "payload format 2.0", 0, ""},
		{"it answers with a broken body", becomes(authenticateVersion, `{"statusCode":200,"isBase64Encoded":true,"body":"needle"}`, nil),
			unknownLogin, authenticateVersion, "payload format 2.0", 0, ""},
		{"it answers with a broken cookie", becomes(authenticateVersion, `{"statusCode":200,"cookies":["needle"]}`, nil),
			unknownLogin, authenticateVersion, "payload format 2.0", 0, ""},

		{"sessions cannot be opened", func(d *deployment) { d.store.Set(statetest.Fail, statetest.Put) },
			"session", "", "opening a session", 0, ""},
		{"the key to verify with cannot be had", func(d *deployment) {
			for _, k := range d.keys {
				k.err = keyring.ErrAbsent
			}
		}, withSession, loginVersion, "nothing to verify the token with: no such key", 302, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDeployment(t)
				row.breaks(d)
				ctx, cancel := context.WithTimeout(t.Context(), once)
				defer cancel()
				status, log := d.run(t, ctx)
				if status != preflight.Failed {
					t.Errorf("reported %s, want Failed", status)
				}
				var doors []string
				for _, l := range log[:len(log)-1] {
					if l.Check != row.check {
						continue // what is broken may show elsewhere, too
					}
					doors = append(doors, l.Door)
					if l.Msg != "check failed" || l.Level != "ERROR" || l.Deployment != "d-ABCDEF123" || l.Want == "" || l.Version != row.version ||
						!strings.Contains(l.Reason, row.says) || l.Status != float64(row.status) || l.Code != row.code ||
						strings.HasPrefix(l.RequestID, "preflight-") != (row.version != "") {
						t.Errorf("got %+v\nwant version %s, status %d, code %q and %q", l, row.version, row.status, row.code, row.says)
					}
				}
				if slices.Sort(doors); !slices.Equal(doors, []string{"agents", "users"}) && row.check != "session" {
					t.Errorf("%s failed at doors %v, want at both:\n%s", row.check, doors, &d.log)
				}
				if last := log[len(log)-1]; last.Msg != "reported" || last.Status != "Failed" || last.Failures != len(log)-1 {
					t.Errorf("last line %+v, want the report of %d failures", last, len(log)-1)
				}
				for _, secret := range []string{"jwt=", "eyJ", "__Host-", "needle", "evil.example", "practice-key", "another-key", "<form", "callback"} {
					if strings.Contains(d.log.String(), secret) {
						t.Errorf("the log shows %q:\n%s", secret, &d.log)
					}
				}
			})
		})
	}
}

// A user's token would open the agent interface: Deskpro tells the doors apart
// by their secrets alone.
func TestDoorsThatShareAKeyFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDeployment(t)
		for i := range d.site.Doors {
			d.site.Doors[i].Keys = &keys{key: key(t, goodKey+"users")}
		}
		d.keys["agents"].key = key(t, goodKey+"users")
		ctx, cancel := context.WithTimeout(t.Context(), once)
		defer cancel()
		status, _ := d.run(t, ctx)
		if status != preflight.Failed || !strings.Contains(d.log.String(), `"reason":"it is also that of users"`) || !strings.Contains(d.log.String(), `"reason":"it is also that of agents"`) {
			t.Errorf("%s, want Failed and both doors named:\n%s", status, &d.log)
		}
		if strings.Contains(d.log.String(), goodKey) {
			t.Errorf("the log shows the key:\n%s", &d.log)
		}
	})
}

func TestAFailureIsASentenceWithAVersionAndWithout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDeployment(t)
		d.keys["agents"].key = key(t, goodKey+"users")
		ctx, cancel := context.WithTimeout(t.Context(), once)
		defer cancel()
		var got []string
		for _, err := range d.trial(t).Run(ctx) {
			got = append(got, err.Error())
		}
		want := []string{
			"users, secret: want one of its own: it is also that of agents",
			"agents, secret: want one of its own: it is also that of users",
			"agents, login with a session of " + loginVersion + ": want 302 to the door's default return with a token: ",
		}
		if len(got) != 3 || !slices.Equal(got[:2], want[:2]) || !strings.HasPrefix(got[2], want[2]) {
			t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}
