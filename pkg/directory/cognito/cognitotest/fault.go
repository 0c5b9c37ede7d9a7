package cognitotest

import (
	"io"
	"net/http"
)

// Fault is how calls go wrong. The zero value is no fault.
type Fault struct {
	// Operation is the only one that it meets: one of the API, or of managed
	// login "authorize", "token" or "keys". Empty means each of the API, and
	// "token".
	Operation string
	// Times is how many calls it meets; 0 means all until the next Inject.
	Times int
	// Exception is answered instead, with Message and Status (0 means 400). At
	// managed login's endpoints it is the error of OAuth.
	Exception string
	Message   string
	Status    int
	// Body is answered instead, as it is, with Status (0 means 200).
	Body string
	// Hang keeps the caller waiting until it gives up.
	Hang bool
	// Claims edits the claims of the ID token before it is signed.
	Claims func(map[string]any)
	// IDToken replaces the signed ID token.
	IDToken func(string) string
}

// Inject makes the next calls meet f. An earlier fault ends.
func (s *Server) Inject(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

func (s *Server) takeFault(operation string) Fault {
	f := s.fault
	switch f.Operation {
	case operation:
	case "":
		if operation == atAuthorize || operation == atKeys {
			return Fault{}
		}
	default:
		return Fault{}
	}
	if f.Times > 0 {
		if s.fault.Times--; s.fault.Times == 0 {
			s.fault = Fault{}
		}
	}
	return f
}

// answer reports whether f has answered in the pool's place.
func (f Fault) answer(w http.ResponseWriter, r *http.Request) bool {
	switch {
	case f.Hang:
		<-r.Context().Done()
	case f.Exception != "":
		writeException(w, orElse(f.Status, http.StatusBadRequest), f.Exception, f.Message)
	case f.Body != "":
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(orElse(f.Status, http.StatusOK))
		_, _ = io.WriteString(w, f.Body)
	default:
		return false
	}
	return true
}

func orElse(status, otherwise int) int {
	if status == 0 {
		return otherwise
	}
	return status
}
