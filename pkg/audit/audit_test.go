package audit_test

import (
	"bytes"
	"log/slog"
	"testing"

	"deskpro-login/pkg/audit"
)

func TestAnEventIsOneLineWithoutEmptyFields(t *testing.T) {
	var out bytes.Buffer
	noTime := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	log := audit.Log{Logger: slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{ReplaceAttr: noTime}))}
	log.Record(t.Context(), audit.Event{Name: audit.Refused, Door: "users", Reason: "wrong_password\r\nx", Source: "192.0.2.1", RequestID: "r-1"})
	want := `{"level":"INFO","msg":"audit","event":"refused","door":"users","reason":"wrong_password\r\nx","source":"192.0.2.1","api_request_id":"r-1"}` + "\n"
	if got := out.String(); got != want {
		t.Errorf("got  %swant %s", got, want)
	}
}
