package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestEverythingIsMeasured(t *testing.T) {
	var out bytes.Buffer
	if _, err := run(t.Context(), config{cold: 1, warm: 1}, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"COLD START, n = 1", "login, redirect, TLS", "less the hash",
		"WARM, n = 1", "beyond the bare AWS calls",
		"SIZE", "logout", "RESIDENT",
		"AWS CALLS", "GetSecretValue 1",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("table lacks %q:\n%s", want, &out)
		}
	}
}

func TestNothingToMeasureIsAnError(t *testing.T) {
	if _, err := run(t.Context(), config{cold: 1}, &bytes.Buffer{}); err == nil {
		t.Error("got no error for -warm 0")
	}
}

func TestTheTableTellsWhatIsOverItsTarget(t *testing.T) {
	var out bytes.Buffer
	table := newTable(&out)
	table.line("slow", times(3*time.Second, time.Second, 2))
	table.line("fast", times(time.Second, time.Second, 2))
	table.line("not held to any", target{}, "1 ms")
	if err := table.out.Flush(); err != nil {
		t.Fatal(err)
	}
	if table.over != 1 {
		t.Errorf("%d lines are over, want 1", table.over)
	}
	want := "  slow             ≤ 2.00 ×  OVER\n" +
		"  fast             ≤ 2.00 ×  ok\n" +
		"  not held to any  1 ms\n"
	if got := out.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestQuantilesAreOfTheSortedSamples(t *testing.T) {
	s := samples[int64]{5, 1, 4, 2, 3}
	for q, want := range map[float64]int64{0: 1, 0.25: 2, 0.5: 3, 0.75: 4, 1: 5} {
		if got := s.quantile(q); got != want {
			t.Errorf("quantile %v is %d, want %d", q, got, want)
		}
	}
	if s[0] != 5 {
		t.Error("the samples themselves were sorted")
	}
}

func TestTheCloudIsReachedOverTLSByItsBundleAlone(t *testing.T) {
	c, err := startCloud(filepath.Join(t.TempDir(), "bundle.pem"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	bundle, err := os.ReadFile(c.bundle)
	if err != nil {
		t.Fatal(err)
	}
	if got := bytes.Count(bundle, []byte("BEGIN CERTIFICATE")); got < 100 {
		t.Errorf("bundle holds %d certificates, want a full one", got)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(bundle)
	get := func(roots *x509.CertPool, target string) (*http.Response, error) {
		client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
		defer client.CloseIdleConnections()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.tls.URL, nil)
		if err != nil {
			return nil, err
		}
		request.Header.Set("X-Amz-Target", target)
		response, err := client.Do(request)
		if err == nil {
			_ = response.Body.Close()
		}
		return response, err
	}
	if _, err := get(x509.NewCertPool(), ""); err == nil {
		t.Error("reached without the bundle")
	}
	for target, want := range map[string]bool{"secretsmanager.GetSecretValue": true, "DynamoDB_20120810.GetItem": false} {
		response, err := get(roots, target)
		if err != nil {
			t.Fatal(err)
		}
		if response.Close != want || response.ProtoMajor != 1 {
			t.Errorf("%s: connection closed is %t over %s, want %t over HTTP/1.1", target, response.Close, response.Proto, want)
		}
	}
}
