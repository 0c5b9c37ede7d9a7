package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"deskpro-login/pkg/audit"
	"deskpro-login/pkg/bounce"
	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/session"
)

var (
	// errGroup: the person may not pass this door.
	errGroup = errors.New("not in the door's group")
	// errFactor: the person may not pass this door with a password alone.
	errFactor = errors.New("no second factor")
)

// login sends who has a live session on to Deskpro and shows everyone else the
// sign-in page.
func (s *Server) login(w http.ResponseWriter, r *http.Request, door *Door) error {
	params, returnTo, err := queryReturn(r, door)
	if err != nil {
		return err
	}
	want := s.cfg.Offers.wanted(params.Get(paramWant))
	if want != "" && want != wantAccount || params.Get(paramPrompt) == "login" {
		return s.view(r).signInAnew(w, door, returnTo.String(), want)
	}
	user, err := s.sessionUser(r)
	switch {
	case err == nil && want == wantAccount:
		s.toAccount(w, door, returnTo, "")
		return nil
	case err == nil && errors.Is(allowed(door, user), errFactor):
		return s.view(r).signInNext(w, door, returnTo.String(), signIn{}, s.view(r).say("signin.more"))
	case err == nil:
		return s.sendOn(w, r, door, user, returnTo)
	case !errors.Is(err, session.ErrNone):
		return &failure{err: err, returnTo: returnTo.String()}
	case params.Has(paramOver):
		return s.startOver(door, returnTo, signIn{}, fmt.Errorf("%w: answered before", directory.ErrOver))
	case s.cfg.Offers.Direct && s.cfg.Offers.Federation != "":
		redirect(w, federateURL(door, returnTo.String(), want, false))
		return nil
	case want != "":
		return s.view(r).signInAnew(w, door, returnTo.String(), want)
	}
	return s.view(r).signIn(w, door, returnTo.String())
}

// parseReturn reads the return parameter; a missing one is the door's default.
func parseReturn(door *Door, raw string) (deskpro.ReturnURL, error) {
	if raw == "" {
		return door.App.DefaultReturn(), nil
	}
	return door.App.ParseReturn(raw)
}

// queryReturn reads a GET's parameters, the return URL among them.
func queryReturn(r *http.Request, door *Door) (url.Values, deskpro.ReturnURL, error) {
	params, err := query(r)
	if err != nil {
		return nil, deskpro.ReturnURL{}, err
	}
	returnTo, err := parseReturn(door, params.Get(paramReturn))
	return params, returnTo, err
}

// sessionUser returns the person whose live session the request carries, or
// session.ErrNone.
func (s *Server) sessionUser(r *http.Request) (directory.User, error) {
	_, p, err := s.sessionProfile(r)
	return p.User, err
}

// allowed returns errGroup or errFactor for a person who may not pass the door.
func allowed(door *Door, user directory.User) error {
	if door.Group != "" && !slices.Contains(user.Groups, door.Group) {
		return errGroup
	}
	if door.Factor && !user.Factor {
		return errFactor
	}
	return nil
}

// send redirects to Deskpro with a token for user, if the door lets them pass.
func (s *Server) send(w http.ResponseWriter, r *http.Request, door *Door, user directory.User, returnTo deskpro.ReturnURL) error {
	return s.sendToken(w, r, door, user, returnTo, trailOf(r).Without(door.Name, returnTo.String(), s.cfg.Now()), door.Keys.Current)
}

// sendToken does so with the key that choose returns, after trail.
func (s *Server) sendToken(w http.ResponseWriter, r *http.Request, door *Door, user directory.User, returnTo deskpro.ReturnURL,
	trail bounce.Trail, choose func(context.Context) (keyring.Key, error)) error {
	token, key, err := s.mint(r.Context(), door, user, choose)
	if err != nil {
		return &failure{err: err, returnTo: returnTo.String(), subject: user.ID}
	}
	s.record(r, door, audit.Event{
		Name: audit.TokenIssued, Subject: user.ID, KeyVersion: key.Version(), KeyMade: key.Made(), KeyStage: string(key.Stage()),
	})
	setTrail(w, trail.With(door.Name, returnTo.String(), s.cfg.Now(), key))
	redirect(w, returnTo.With(token))
	return nil
}

func (s *Server) mint(ctx context.Context, door *Door, user directory.User, choose func(context.Context) (keyring.Key, error)) (token deskpro.Token, key keyring.Key, err error) {
	if err := allowed(door, user); err != nil {
		return token, key, err
	}
	email, err := deskpro.ParseEmail(user.Email)
	if err != nil {
		return token, key, err
	}
	if key, err = choose(ctx); err != nil {
		return token, key, err
	}
	token, err = door.App.Mint(key, deskpro.Claims{
		ID: user.ID, Email: email, Name: user.Name, FirstName: user.FirstName, LastName: user.LastName,
		Groups: user.Groups, Attributes: user.Attributes,
	}, s.cfg.Now())
	return token, key, err
}

// redirect answers with a page to go to whose URL may hold a token.
func redirect(w http.ResponseWriter, location string) {
	h := w.Header()
	h.Del("Content-Security-Policy")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Location", location)
	w.WriteHeader(http.StatusFound)
}
