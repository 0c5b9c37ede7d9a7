package redact_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"deskpro-login/pkg/redact"
)

func TestNothingButRevealShowsTheValue(t *testing.T) {
	const value = "correct horse battery staple"
	secret := redact.New(value)
	holder := struct {
		Password redact.Secret
		Pointer  *redact.Secret
		hidden   redact.Secret
		inner    struct{ deep []redact.Secret }
	}{Password: secret, Pointer: &secret, hidden: secret}
	holder.inner.deep = []redact.Secret{secret}

	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T"} {
		fmt.Fprintf(&out, verb, secret)
		fmt.Fprintf(&out, verb, &secret)
		fmt.Fprintf(&out, verb, holder)
		fmt.Fprintf(&out, verb, &holder)
	}
	fmt.Fprint(&out, errors.New(fmt.Sprint(holder)))
	_ = json.NewEncoder(&out).Encode(holder)
	_ = json.NewEncoder(&out).Encode(map[redact.Secret]int{secret: 1})
	_ = xml.NewEncoder(&out).Encode(holder)
	for _, handler := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
		slog.New(handler).Info("m", "secret", secret, "pointer", &secret, "holder", holder)
	}

	for _, shape := range []string{value, fmt.Sprintf("%x", value), fmt.Sprintf("%X", value)} {
		if strings.Contains(out.String(), shape) {
			t.Errorf("output shows the value as %q:\n%s", shape, out.String())
		}
	}
	if got := secret.Reveal(); got != value {
		t.Errorf("Reveal() = %q, want the value", got)
	}
}
