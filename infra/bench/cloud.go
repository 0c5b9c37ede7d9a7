package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"deskpro-login/pkg/awsenv/awstest"
)

// bundleSize is how many certificates a full CA bundle holds.
const bundleSize = 140

// systemBundles are where the distributions keep theirs.
var systemBundles = [...]string{"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"}

// cloud is AWS as the functions see it: one stand-in, over plain HTTP and over
// TLS with a certificate that only bundle, a full CA bundle, vouches for.
type cloud struct {
	aws        *awstest.Server
	plain, tls *httptest.Server
	bundle     string
}

// startCloud starts it; bundle is the file to write.
func startCloud(bundle string) (*cloud, error) {
	c := &cloud{aws: awstest.New(), bundle: bundle}
	certificate, err := selfSigned("bench", net.IPv4(127, 0, 0, 1))
	if err != nil {
		return nil, err
	}
	if err := writeBundle(bundle, certificate.Leaf); err != nil {
		return nil, err
	}
	c.plain = httptest.NewServer(apart(c.aws))
	c.tls = httptest.NewUnstartedServer(apart(c.aws)) // HTTP/1.1 only, as DynamoDB and Secrets Manager
	c.tls.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	c.tls.StartTLS()
	return c, nil
}

func (c *cloud) close() {
	c.plain.Close()
	c.tls.Close()
}

// apart ends the connection after a Secrets Manager call: on AWS the services
// are different hosts, and a function connects to each.
//
// Each sign-in finds a list of sessions of its own: nobody signs in hundreds of
// times a minute, and then looks which of them have ended.
func apart(aws http.Handler) http.Handler {
	var lists atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		target := r.Header.Get("X-Amz-Target")
		if strings.HasPrefix(target, "secretsmanager.") {
			w.Header().Set("Connection", "close")
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if bytes.Contains(body, []byte("devices#")) {
			body = bytes.ReplaceAll(body, []byte("devices#"), fmt.Appendf(nil, "devices#%d#", lists.Load()))
			if strings.HasSuffix(target, ".PutItem") {
				lists.Add(1)
			}
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		aws.ServeHTTP(w, r)
	})
}

// calls counts all calls so far by operation.
func (c *cloud) calls() map[string]int {
	counts := map[string]int{}
	for _, operation := range []string{"GetSecretValue", "GetItem", "PutItem", "UpdateItem", "DeleteItem"} {
		counts[operation] = c.aws.Calls(operation)
	}
	return counts
}

// writeBundle writes the system's CA bundle, or as many certificates as that
// usually has, followed by own.
func writeBundle(file string, own *x509.Certificate) error {
	bundle, err := systemBundle()
	if err != nil {
		return err
	}
	bundle = append(bundle, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: own.Raw})...)
	if err := os.WriteFile(file, bundle, 0o600); err != nil {
		return fmt.Errorf("writing the CA bundle: %w", err)
	}
	return nil
}

func systemBundle() ([]byte, error) {
	for _, file := range systemBundles {
		bundle, err := os.ReadFile(file)
		if err == nil {
			return append(bundle, '\n'), nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("reading the system's CA bundle: %w", err)
		}
	}
	var bundle []byte
	for i := range bundleSize {
		certificate, err := selfSigned(fmt.Sprintf("bench filler %d", i))
		if err != nil {
			return nil, err
		}
		bundle = append(bundle, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Leaf.Raw})...)
	}
	return bundle, nil
}

// selfSigned returns a certificate that is its own CA.
func selfSigned(name string, addresses ...net.IP) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("making a key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		IPAddresses:  addresses,
		IsCA:         true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	template.Subject.CommonName = name
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("making a certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("reading a certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}
