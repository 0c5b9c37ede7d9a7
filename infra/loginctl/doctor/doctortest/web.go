package doctortest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

// Web plays hosts, over TLS with certificates of an authority of its own and, where
// they answer, without. Change it before it is visited.
type Web struct {
	// Hosts by name, with the port where that is not the scheme's own.
	Hosts map[string]*Host
	// Roots believe the authority.
	Roots *x509.CertPool

	now     func() time.Time
	issuer  *x509.Certificate
	key     *ecdsa.PrivateKey
	secure  *httptest.Server
	plain   *httptest.Server
	mu      sync.Mutex
	visited []string
}

// Host is one.
type Host struct {
	// Handler answers over TLS, Plain without; nil: nothing does.
	Handler, Plain http.Handler
	// Ends is when its certificate does, Named whom it is for instead of the host.
	Ends  time.Time
	Named string
	// Self: its certificate is its own work.
	Self bool
	// MaxTLS is the newest version that it speaks; zero means 1.3.
	MaxTLS uint16
	// Hang: it lets the connection in and says nothing.
	Hang bool
	// Ahead is how far its clock is, Timeless that it does not tell; Age is that of
	// the cache that answers.
	Ahead    time.Duration
	Timeless bool
	Age      int
}

// StartWeb serves until the test ends.
func StartWeb(t testing.TB, now func() time.Time) *Web {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	w := &Web{Hosts: map[string]*Host{}, Roots: x509.NewCertPool(), now: now, key: key}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "doctortest"}, NotBefore: now().Add(-time.Hour), NotAfter: now().Add(10000 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	if w.issuer, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	w.Roots.AddCert(w.issuer)
	handler := http.HandlerFunc(w.serve)
	w.secure, w.plain = httptest.NewUnstartedServer(handler), httptest.NewServer(handler)
	w.secure.TLS = &tls.Config{GetConfigForClient: w.configure}
	w.secure.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes that the test wants to fail
	w.secure.StartTLS()
	t.Cleanup(func() {
		w.secure.CloseClientConnections()
		w.secure.Close()
		w.plain.Close()
	})
	return w
}

// Dial connects to a host by its name. One that is not there has no address.
func (w *Web) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	name, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	secure := port == "443"
	host := w.Hosts[name]
	if host == nil {
		host, secure = w.Hosts[address], true
	}
	w.mu.Lock()
	w.visited = append(w.visited, address)
	w.mu.Unlock()
	to := w.secure.Listener.Addr().String()
	switch {
	case host == nil:
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	case host.Hang:
		<-ctx.Done()
		return nil, &net.OpError{Op: "dial", Net: network, Err: ctx.Err()}
	case !secure || host.Handler == nil:
		if host.Plain == nil {
			return nil, &net.OpError{Op: "dial", Net: network, Err: errors.New("connection refused")}
		}
		to = w.plain.Listener.Addr().String()
	}
	return (&net.Dialer{}).DialContext(ctx, network, to)
}

// Visited are the addresses that were connected to, each once, sorted.
func (w *Web) Visited() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Compact(slices.Sorted(slices.Values(w.visited)))
}

func (w *Web) serve(out http.ResponseWriter, r *http.Request) {
	host := w.Hosts[r.Host]
	handler := host.Plain
	if r.TLS != nil {
		handler = host.Handler
	}
	out.Header()["Date"] = nil
	if !host.Timeless {
		out.Header().Set("Date", w.now().Add(host.Ahead).UTC().Format(http.TimeFormat))
	}
	if host.Age > 0 {
		out.Header().Set("Age", fmt.Sprint(host.Age))
	}
	handler.ServeHTTP(out, r)
}

// configure is asked at each handshake.
func (w *Web) configure(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	host := w.Hosts[hello.ServerName]
	if host == nil {
		return nil, errors.New("no such host")
	}
	named := hello.ServerName
	if host.Named != "" {
		named = host.Named
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), DNSNames: []string{named}, NotBefore: w.now().Add(-90 * 24 * time.Hour), NotAfter: host.Ends,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	issuer := w.issuer
	if host.Self {
		issuer = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, &w.key.PublicKey, w.key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS10, MaxVersion: host.MaxTLS, NextProtos: []string{"http/1.1"},
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: w.key}},
	}, nil
}
