package web

import (
	"net/http"
	"strings"
)

// setHeaders sets what every answer carries.
func (s *Server) setHeaders(h http.Header, door *Door) {
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", s.pages.policy(door))
	// A stricter policy than this on the form's page would make the browser
	// send "Origin: null" with the form, which is then refused.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Robots-Tag", "noindex")
	h.Set("Strict-Transport-Security", "max-age=31536000")
	if s.cfg.FrameAncestors == "" {
		h.Set("X-Frame-Options", "DENY")
	}
}

// contentPolicy is the Content-Security-Policy of a door's pages.
//
// What the page has of its own in it, a style sheet and a script, is allowed by
// its hash; pictures are the operator's, exactly.
//
// form-action names the helpdesk's origins because browsers hold the redirect
// that answers a form to it, too: with 'self' alone nobody would arrive.
func contentPolicy(f *face, scriptHash, frameAncestors string, door *Door) string {
	formAction := "'self'"
	if door != nil {
		formAction += " " + strings.Join(door.App.Origins(), " ")
	}
	if frameAncestors == "" {
		frameAncestors = "'none'"
	}
	return "default-src 'none'; script-src " + scriptHash + "; style-src " + f.hash + "; img-src " + f.pictures + "; base-uri 'none'; form-action " +
		formAction + "; frame-ancestors " + frameAncestors
}
