package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// maxPage bounds what is read of a page, in bytes.
const maxPage = 256 << 10

// visit is what a host answered to one GET.
type visit struct {
	status int
	header http.Header
	body   string
	tls    *tls.ConnectionState
	// at is the middle of the time that it took, by this machine's clock.
	at time.Time
}

// get asks for a page as somebody would who was never there before, and follows no
// redirect. Of a connection that was made, the TLS is returned even with an error.
func (d *doctor) get(ctx context.Context, address string) (visit, error) {
	var v visit
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return v, fmt.Errorf("making a request: %w", err)
	}
	r.Header.Set("User-Agent", "loginctl-doctor")
	r.Header.Set("Accept", "text/html")
	sent := d.cfg.Now()
	answer, err := d.transport(&v).RoundTrip(r)
	if err != nil {
		return v, err
	}
	defer answer.Body.Close()
	v.at = sent.Add(d.cfg.Now().Sub(sent) / 2)
	v.status, v.header = answer.StatusCode, answer.Header
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxPage))
	v.body = string(body)
	return v, err
}

// transport is for one request. It would talk older TLS than it believes in, to
// tell it from none.
func (d *doctor) transport(v *visit) *http.Transport {
	network := d.cfg.Network
	dial := network.Dial
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	return &http.Transport{
		DialContext: dial, Proxy: network.Proxy, DisableKeepAlives: true, ForceAttemptHTTP2: true,
		TLSClientConfig: &tls.Config{
			RootCAs: network.Roots, Time: d.cfg.Now, MinVersion: tls.VersionTLS10,
			// It is verified below, so that what is wrong with it is known as well.
			InsecureSkipVerify: true, // #nosec G402 -- VerifyConnection does it
			VerifyConnection: func(state tls.ConnectionState) error {
				v.tls = &state
				return d.verify(state)
			},
		},
	}
}

// verify does what crypto/tls would have done.
func (d *doctor) verify(state tls.ConnectionState) error {
	if len(state.PeerCertificates) == 0 {
		return errors.New("the server shows no certificate")
	}
	between := x509.NewCertPool()
	for _, c := range state.PeerCertificates[1:] {
		between.AddCert(c)
	}
	_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{
		DNSName: state.ServerName, Roots: d.cfg.Network.Roots, Intermediates: between, CurrentTime: d.cfg.Now(),
	})
	if err != nil {
		return &tls.CertificateVerificationError{UnverifiedCertificates: state.PeerCertificates, Err: err}
	}
	return nil
}

func isUntrusted(err error) bool {
	_, ok := errors.AsType[*tls.CertificateVerificationError](err)
	return ok
}

// timedOut tells no answer from one that is refused.
func timedOut(err error) bool {
	late, ok := errors.AsType[net.Error](err)
	return errors.Is(err, context.DeadlineExceeded) || ok && late.Timeout()
}

// soon is how long before its end a certificate must have been replaced: those of
// ACM and of Let's Encrypt are by then.
const soon = 21 * 24 * time.Hour

// checkTLS reports what can be told of a connection, made or not, by rules with
// the names tls and certificate behind prefix. It is false where there was none.
func (d *doctor) checkTLS(r *report, prefix string, of []string, v visit, err error) bool {
	if v.tls == nil {
		return false
	}
	if row := r.at(prefix+"tls", of...); v.tls.Version < tls.VersionTLS12 {
		row.fail("switch TLS 1.2 and 1.3 on where the host's TLS ends", "it speaks %s at best", tls.VersionName(v.tls.Version))
	} else {
		row.ok("it speaks %s", tls.VersionName(v.tls.Version))
	}
	row := r.at(prefix+"certificate", of...)
	if wrong, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		row.fail("replace the host's certificate, and have it send the whole chain", "its certificate is not valid: %s", oneLine(wrong.Err.Error()))
		return true
	}
	left := v.tls.PeerCertificates[0].NotAfter.Sub(d.cfg.Now())
	if left < soon {
		row.warn("see why it was not replaced: of ACM, whether its record in DNS is still there", "its certificate ends in %s, on %s", days(left), date(v.tls.PeerCertificates[0].NotAfter))
	} else {
		row.ok("its certificate is good until %s", date(v.tls.PeerCertificates[0].NotAfter))
	}
	return true
}
