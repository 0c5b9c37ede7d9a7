package web

import (
	"context"
	"net/http"
	"time"

	"deskpro-login/pkg/regulation"
)

// knownCookie carries a regulation.Token.
const knownCookie = "__Host-known"

// browserOf returns the browser's token, and the browser itself if it is known
// for login and the account's sessions were not all ended since.
func (s *Server) browserOf(r *http.Request, login string) (regulation.Token, regulation.Browser, error) {
	cookie, err := r.Cookie(knownCookie)
	if err != nil {
		return regulation.Token{}, regulation.Browser{}, nil
	}
	token, ok := regulation.ParseToken(cookie.Value)
	if !ok {
		return regulation.Token{}, regulation.Browser{}, nil
	}
	browser, err := s.cfg.Regulation.Recall(r.Context(), token, login)
	if err != nil || browser.Subject == "" {
		return token, regulation.Browser{}, err
	}
	ended, err := s.cfg.Sessions.EndedSince(r.Context(), browser.Subject, browser.Since)
	if err != nil || ended {
		return token, regulation.Browser{}, err
	}
	return token, browser, nil
}

// remember makes the browser known that was just signed in with. Without that,
// it only has to wait like any other.
func (s *Server) remember(ctx context.Context, w http.ResponseWriter, r *http.Request, in signIn, subject string) {
	if in.Login == "" || in.Federated || s.cfg.Regulation.Remembers() == 0 {
		return
	}
	token, browser, err := s.browserOf(r, in.Login)
	if err == nil {
		var fresh regulation.Token
		if fresh, err = s.cfg.Regulation.Remember(ctx, token, browser, in.Login, subject); err == nil && fresh != token {
			http.SetCookie(w, hostCookie(knownCookie, fresh.Reveal(), int(s.cfg.Regulation.Remembers()/time.Second)))
		}
	}
	if err != nil {
		s.cfg.Log.WarnContext(ctx, "the browser is not remembered", "error", err)
	}
}
