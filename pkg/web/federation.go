package web

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"deskpro-login/pkg/challenge"
	"deskpro-login/pkg/deskpro"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/redact"
)

var (
	// errFederationRefused: the identity provider said no, or the person did
	// there.
	errFederationRefused = errors.New("identity provider refused")
	// errNoTrip: this browser is not on its way there. That is nobody's refusal:
	// anyone may call the address.
	errNoTrip = errors.New("no such sign-in under way in this browser")
)

// trip is a federated sign-in under way. It is kept sealed, under an id that
// only the browser that began has, in a cookie of its own for each trip: a
// callback that another browser is lured to finds nothing.
type trip struct {
	signIn
	Return, State string
	Trip          directory.FederationTrip
}

func federateURL(door *Door, returnTo string, want directory.Want, prompt bool) string {
	values := returnValues(returnTo)
	if want != "" {
		values.Set(paramWant, string(want))
	}
	if prompt {
		values.Set(paramPrompt, "login")
	}
	return pageURL(door, "/federate", values)
}

// federate sends people to the identity provider.
func (s *Server) federate(w http.ResponseWriter, r *http.Request, door *Door) error {
	params, returnTo, err := queryReturn(r, door)
	if err != nil {
		return err
	}
	state := newState(returnTo)
	address, kept := s.cfg.Federation.Begin(directory.FederationStart{
		Callback: origin(r) + pageURL(door, "/callback", nil), State: state, Prompt: params.Get(paramPrompt) == "login",
	})
	in := s.begin("")
	in.Federated = true
	if params.Get(paramWant) == string(wantAccount) {
		in.Want = wantAccount
	}
	content, err := json.Marshal(trip{signIn: in, Return: returnTo.String(), State: state, Trip: kept})
	if err != nil {
		return fmt.Errorf("encoding a federated sign-in: %w", err)
	}
	id, err := s.trips.For(door.Name).Open(r.Context(), content)
	if err != nil {
		return &failure{err: err, returnTo: returnTo.String()}
	}
	endOldTrips(w, r)
	http.SetCookie(w, tripCookie(state, id.Reveal(), int(stepLife/time.Second)))
	redirect(w, address)
	return nil
}

// callback finishes the trip of the browser that comes back.
func (s *Server) callback(w http.ResponseWriter, r *http.Request, door *Door) error {
	params, err := query(r)
	if err != nil {
		return err
	}
	state := params.Get(paramState)
	returnTo := stateReturn(door, state)
	began, err := s.takeTrip(w, r, door, state)
	fail := func(err error) error {
		return &failure{err: err, returnTo: returnTo.String(), signIn: began.ID, reason: errorWord(params.Get(paramError))}
	}
	switch {
	case errors.Is(err, challenge.ErrNone):
		if user, err := s.sessionUser(r); err == nil {
			return s.send(w, r, door, user, returnTo) // by the back button, most likely
		}
		return fail(errNoTrip)
	case err != nil:
		return fail(err)
	}
	if returnTo, err = parseReturn(door, began.Return); err != nil {
		return err // the door's origins have changed
	}
	if params.Get(paramError) != "" || params.Get(paramCode) == "" {
		return fail(errFederationRefused)
	}
	user, err := s.cfg.Federation.Finish(r.Context(), redact.New(params.Get(paramCode)), began.Trip)
	if err != nil {
		return fail(err)
	}
	// It lasts as the provider's own session may, whatever becomes of ours.
	http.SetCookie(w, hostCookie(federatedCookie, "1", 0))
	_, err = s.finish(w, r, door, returnTo, began.signIn, *user)
	return err
}

// federatedCookie says that this browser signed in at the identity provider's,
// which therefore may have a session of the person.
const federatedCookie = "__Host-federated"

// errorWord returns the provider's word for an error, such as access_denied
// (RFC 6749 section 4.1.2.1): the browser brings it, so it may be anything.
func errorWord(text string) string {
	if len(text) > 40 || strings.Trim(text, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return "unreadable"
	}
	return text
}

// takeTrip returns the trip that this browser began with state, once.
func (s *Server) takeTrip(w http.ResponseWriter, r *http.Request, door *Door, state string) (began trip, err error) {
	cookie, err := r.Cookie(tripCookieName(state))
	if err != nil {
		return trip{}, challenge.ErrNone
	}
	id, err := challenge.ParseID(cookie.Value)
	if err != nil {
		return trip{}, err
	}
	content, err := s.trips.For(door.Name).Take(r.Context(), id)
	if err != nil && !errors.Is(err, challenge.ErrNone) {
		return trip{}, err // it may still be there for who tries again
	}
	http.SetCookie(w, tripCookie(state, "", -1))
	if err != nil {
		return trip{}, err
	}
	if err := json.Unmarshal(content, &began); err != nil ||
		subtle.ConstantTimeCompare([]byte(began.State), []byte(state)) != 1 {
		return trip{}, challenge.ErrNone
	}
	return began, nil
}

// newState returns a state that nobody can guess. It has the return URL in it,
// so that who comes back without a trip can still go on from there: a forged one
// is parsed as any return parameter is.
func newState(returnTo deskpro.ReturnURL) string {
	// A long one would be too much for addresses further on: Cognito wraps the
	// state once more on its way to another provider.
	kept := bounded(returnTo.String(), 512)
	return rand.Text() + "." + base64.RawURLEncoding.EncodeToString([]byte(kept))
}

// stateReturn is the return URL in a state, or the door's default.
func stateReturn(door *Door, state string) deskpro.ReturnURL {
	_, encoded, _ := strings.Cut(state, ".")
	raw, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return door.App.DefaultReturn()
	}
	returnTo, err := parseReturn(door, string(raw))
	if err != nil {
		return door.App.DefaultReturn()
	}
	return returnTo
}

// origin is that of our pages, which API Gateway or the edge vouches for.
func origin(r *http.Request) string {
	scheme := "https"
	host, _, err := net.SplitHostPort(r.Host)
	if address, parseErr := netip.ParseAddr(host); err == nil && parseErr == nil && address.IsLoopback() {
		scheme = "http" // on the developer's machine
	}
	return scheme + "://" + r.Host
}

// tripPrefix begins the names of the trips' cookies.
const tripPrefix = "__Host-trip-"

// maxTrips is how many a browser may be on: a page that sends it on ever more
// would fill its requests with cookies until API Gateway takes none of them.
const maxTrips = 8

// endOldTrips ends those that the browser is on, if they are too many.
func endOldTrips(w http.ResponseWriter, r *http.Request) {
	var trips []string
	for _, cookie := range r.Cookies() {
		if strings.HasPrefix(cookie.Name, tripPrefix) {
			trips = append(trips, cookie.Name)
		}
	}
	if len(trips) < maxTrips {
		return
	}
	for _, name := range trips {
		http.SetCookie(w, hostCookie(name, "", -1))
	}
}

func tripCookieName(state string) string {
	sum := sha256.Sum256([]byte(state))
	return tripPrefix + hex.EncodeToString(sum[:8])
}

func tripCookie(state, value string, maxAge int) *http.Cookie {
	return hostCookie(tripCookieName(state), value, maxAge)
}

// endFederation sends a browser by way of the identity provider, which ends its
// own session of the person, back to the page that says so or to returnTo.
func (s *Server) endFederation(w http.ResponseWriter, r *http.Request, door *Door, returnTo string) {
	// A browser keeps cookies of 4096 bytes at the most.
	if returnTo = bounded(returnTo, 2048); returnTo != "" {
		encoded := base64.RawURLEncoding.EncodeToString([]byte(returnTo))
		http.SetCookie(w, hostCookie(returnCookie+door.Name, encoded, int(stepLife/time.Second)))
	}
	http.SetCookie(w, hostCookie(federatedCookie, "", -1))
	back := url.QueryEscape(origin(r) + "/" + door.Name + "/logout")
	redirect(w, s.cfg.FederationLogout+"&logout_uri="+back)
}

// returnCookie, with a door's name, has where to go after the identity
// provider's log-out, which comes back to one address only.
const returnCookie = "__Host-after-logout-"

// takeReturnCookie returns, and forgets, where a log-out was to lead; empty if
// nowhere.
func takeReturnCookie(w http.ResponseWriter, r *http.Request, door *Door) string {
	cookie, err := r.Cookie(returnCookie + door.Name)
	if err != nil {
		return ""
	}
	http.SetCookie(w, hostCookie(returnCookie+door.Name, "", -1))
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cookie.Value)
	if err != nil {
		return ""
	}
	return string(raw)
}
