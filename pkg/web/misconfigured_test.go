package web_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/web"
)

func TestAFunctionThatCannotBeConfiguredAnswersWithAPageAndSaysWhyInTheLog(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))

	handler := web.Misconfigured(errors.New("STATE_TABLE is not set\nno door is on"), audit.Log{Namespace: "test"}, func(context.Context) string { return "request-1" })
	for _, request := range []string{"GET /users/login?return=secret-needle", "POST /users/login", "GET /users/logout", "GET /nowhere"} {
		method, target, _ := strings.Cut(request, " ")
		log.Reset()
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(method, target, nil))
		body := w.Body.String()
		if w.Code != http.StatusServiceUnavailable || !strings.Contains(body, "DPL-3006") || !strings.Contains(body, "request-1") || !strings.Contains(body, `<a href="">Try again</a>`) {
			t.Errorf("%s: status %d, want 503 with DPL-3006, the request and a way on:\n%s", request, w.Code, body)
		}
		if strings.Contains(body, "STATE_TABLE") {
			t.Errorf("%s: the page tells everyone what is wrong:\n%s", request, body)
		}
		if w.Header().Get("Cache-Control") != "no-store" || !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: headers are %v", request, w.Header())
		}
		for _, want := range []string{"STATE_TABLE is not set", "no door is on", `"code":"DPL-3006"`, `"Failures":1`, `"api_request_id":"request-1"`} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("%s: log lacks %q:\n%s", request, want, log.String())
			}
		}
		if strings.Contains(log.String(), "secret-needle") {
			t.Errorf("%s: the log shows the query:\n%s", request, log.String())
		}
	}
}

func TestWhoGoesRoundTheEdgeGetsAPageOnly(t *testing.T) {
	bypassed := ""
	s := newSite(t, func(c *web.Config) {
		c.Bypassed = func(context.Context) string { return bypassed }
		c.Audit.Namespace = "test"
	})
	b := s.browser(t)
	b.signIn()
	cookie := b.cookie

	bypassed = "wrong_key"
	for name, page := range map[string]answer{
		"a session": b.get("/users/login"), "a password": s.browser(t).signIn(), "a log-out": b.get("/users/logout"), "no such page": b.get("/nowhere"),
	} {
		page.wantPage(t, http.StatusForbidden, "DPL-1010", "Go to the helpdesk", "Go to the agent interface")
		if page.Header.Get("Location") != "" || strings.Contains(page.body, "Try again") {
			t.Errorf("%s: leads to %q", name, page.Header.Get("Location"))
		}
	}
	// Not the one of no page, which is at no door.
	if got := strings.Count(s.log.String(), `"event":"bypassed","door":"users","reason":"wrong_key","code":"DPL-1010"`); got != 3 {
		t.Errorf("%d of 3 are told of:\n%s", got, s.log)
	}

	bypassed = ""
	if b.cookie != cookie {
		t.Error("the session's cookie was dropped")
	}
	b.get("/users/login").wantToken(t, s, "users", helpdesk+"/") // and the session is still there
}
