package functions_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"deskpro-login/pkg/directory/cognito/cognitotest"
)

// userOf is a person in a user pool.
func userOf(login string) cognitotest.User {
	return cognitotest.User{Password: "practice-helpdesk", Email: login, EmailVerified: true, Name: "Ugo"}
}

// longest bounds a line of the log, in bytes: CloudWatch Logs cuts events of over
// 1 MiB, and bills each byte.
const longest = 2000

func TestNothingThatAClientSendsBreaksALineOfTheLog(t *testing.T) {
	hostile := map[string]string{
		"a line end":            "\r\n{\"level\":\"INFO\",\"message\":\"audit\",\"event\":\"signed_in\"}\r\nset-cookie: injected=1\r\n",
		"a tab and a NUL":       "\t\x00\x01injected",
		"JSON":                  `","event":"signed_in","injected":{"x":["`,
		"a terminal's commands": "\x1b[2J\x1b]0;injected\x07",
		"odd line ends":         "\u2028\u2029\u0085\vinjected\f",
		"no UTF-8":              "\xff\xfe\xc3\x28injected\xed\xa0\x80",
		"100 kB":                strings.Repeat("injected ", 11_400),
	}
	for _, function := range []string{"login", "authenticate", "logout"} {
		t.Run(function, func(t *testing.T) {
			t.Parallel()
			_, endpoint := cloud(t)
			var log bytes.Buffer
			process := start(t, function, attacked(endpoint), &log)
			requests := 0
			for what, text := range hostile {
				for place, edit := range placesOf(text) {
					for _, route := range []string{
						"GET /{door}/login", "POST /{door}/login", "POST /{door}/login/challenge", "GET /{door}/login/callback", "GET /{door}/logout", "$default",
					} {
						payload := changed(t, "authenticate/wrong-password", func(e *events.APIGatewayV2HTTPRequest) {
							e.RouteKey, e.RequestContext.RouteKey = route, route
							e.RequestContext.HTTP.Method, _, _ = strings.Cut(strings.Replace(route, "$default", "PUT", 1), " ")
							edit(e)
						})
						requests++
						wantWhole(t, what+" as "+place+" at "+route, invoke(t, process, payload))
					}
				}
			}
			process.Stop()
			if lines := strings.Count(log.String(), "\n"); lines < requests/8 || lines > 3*requests {
				t.Errorf("%d requests have %d lines", requests, lines)
			}
			for line := range strings.Lines(log.String()) {
				var fields map[string]any
				if err := json.Unmarshal([]byte(line), &fields); err != nil {
					t.Errorf("%v in the line %.500q", err, line)
				}
				if len(line) > longest || strings.Contains(line, "injected") || strings.Count(line, `"message":`) != 1 {
					t.Errorf("a line of %d bytes: %.500q", len(line), line)
				}
			}
		})
	}
}

// placesOf are all places of an event that a client has a say in.
func placesOf(text string) map[string]func(*events.APIGatewayV2HTTPRequest) {
	query := url.QueryEscape(text)
	form := func(e *events.APIGatewayV2HTTPRequest, fields url.Values) {
		e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString([]byte(fields.Encode())), true
	}
	return map[string]func(*events.APIGatewayV2HTTPRequest){
		"the user agent": func(e *events.APIGatewayV2HTTPRequest) {
			e.Headers["user-agent"], e.RequestContext.HTTP.UserAgent = text, text
		},
		"each header that is a word of its own": func(e *events.APIGatewayV2HTTPRequest) {
			for _, name := range []string{"accept-language", "referer", "x-forwarded-for", "forwarded", "x-amzn-trace-id", "host", "authorization", "sec-ch-ua", "x-request-id"} {
				e.Headers[name] = text
			}
		},
		"the name of a header":       func(e *events.APIGatewayV2HTTPRequest) { e.Headers[text] = text },
		"where the form is from":     func(e *events.APIGatewayV2HTTPRequest) { e.Headers["origin"], e.Headers["sec-fetch-site"] = text, text },
		"what the form is":           func(e *events.APIGatewayV2HTTPRequest) { e.Headers["content-type"] = text },
		"a form that is none":        func(e *events.APIGatewayV2HTTPRequest) { e.Body, e.IsBase64Encoded = text, false },
		"a form that is none either": func(e *events.APIGatewayV2HTTPRequest) { e.Body = text },
		"the path": func(e *events.APIGatewayV2HTTPRequest) {
			e.RawPath, e.RequestContext.HTTP.Path, e.PathParameters = "/"+text, "/"+text, map[string]string{"door": text, text: text}
		},
		"the query":      func(e *events.APIGatewayV2HTTPRequest) { e.RawQueryString = text },
		"the return URL": func(e *events.APIGatewayV2HTTPRequest) { e.RawQueryString = "return=" + query },
		"its host":       func(e *events.APIGatewayV2HTTPRequest) { e.RawQueryString = "return=https://" + query + ".example/" },
		"a host that is as long as may be": func(e *events.APIGatewayV2HTTPRequest) {
			e.RawQueryString = "return=https://" + strings.Repeat("long", 1000) + ".example/"
		},
		"all of the query": func(e *events.APIGatewayV2HTTPRequest) {
			e.RawQueryString = "state=" + query + "&code=" + query + "&error=" + query + "&want=" + query + "&over=" + query + "&" + query + "=x"
		},
		"a parameter twice": func(e *events.APIGatewayV2HTTPRequest) {
			e.RawQueryString = "attribute." + query + "=a&attribute." + query + "=b"
		},
		"the cookies": func(e *events.APIGatewayV2HTTPRequest) {
			e.Cookies = []string{"__Host-session=" + text, "__Host-known=" + text, "__Host-trail=" + text, "__Host-after-logout-users=" + text, text + "=x"}
		},
		"the login": func(e *events.APIGatewayV2HTTPRequest) {
			form(e, url.Values{"username": {text}, "password": {"x"}})
		},
		"all of the form": func(e *events.APIGatewayV2HTTPRequest) {
			form(e, url.Values{"username": {text}, "password": {text}, "step": {text}, "code": {text}, "choice": {text}, "answer": {text}, "new_password": {text},
				"attribute.x": {text}, "encoded_data": {text}, "want": {text}, "way": {text}, "ask": {text}, text: {text}})
		},
		"the form's return URL": func(e *events.APIGatewayV2HTTPRequest) { form(e, url.Values{"return": {text}, "username": {"x"}}) },
	}
}

// wantWhole holds an answer to what one header is, and to ours.
func wantWhole(t *testing.T, what string, got events.APIGatewayV2HTTPResponse) {
	t.Helper()
	for name, value := range got.Headers {
		if strings.ContainsFunc(name+value, func(r rune) bool { return r < ' ' || r > '~' }) || len(value) > 6000 {
			t.Errorf("%s: the header %q is %.500q", what, name, value)
		}
		switch name {
		case "Cache-Control", "Content-Language", "Content-Security-Policy", "Content-Type", "Location", "Referrer-Policy", "Retry-After", "Strict-Transport-Security", "X-Content-Type-Options",
			"X-Frame-Options", "X-Robots-Tag":
		default:
			t.Errorf("%s: there is the header %q", what, name)
		}
	}
	for _, cookie := range got.Cookies {
		if !strings.HasPrefix(cookie, "__Host-") || strings.ContainsFunc(cookie, func(r rune) bool { return r < ' ' || r > '~' }) || len(cookie) > 4096 || strings.Contains(cookie, "injected") {
			t.Errorf("%s: there is the cookie %.500q", what, cookie)
		}
	}
	if got.StatusCode >= 500 || got.Headers["Cache-Control"] != "no-store" || strings.Contains(got.Headers["Location"], "jwt=") {
		t.Errorf("%s: status %d, headers %v", what, got.StatusCode, got.Headers)
	}
}
