package lambdahttp_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"deskpro-login/pkg/lambdahttp"
)

func TestALogLineHasTheTraceThatLambdaTellsOf(t *testing.T) {
	const id = "1-58406520-a006649127e371903a2de979"
	for _, row := range []struct{ name, header, want string }{
		{"no header", "", ""},
		{"a root alone", "Root=" + id, id},
		{"a root among other fields", "Root=" + id + ";Parent=f45ab12cd34ef567;Sampled=1", id},
		{"a root behind other fields and a space", "Self=1-67891234-12456789abcdef012345678; Root=" + id, id},
		{"a root behind one that is none", "Root=1;Root=" + id, id},
		{"an id without its name", id, ""},
		{"an id of another name", "Self=" + id, ""},
		{"an id that is too short", "Root=" + id[1:], ""},
		{"an id that is too long", "Root=" + id + "0", ""},
		{"an id with a letter that is no digit", "Root=" + id[:34] + "g", ""},
		{"an id with a line break", "Root=" + id[:17] + "\n" + id[18:], ""},
		{"an empty id", "Root=", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			var out strings.Builder
			log := slog.New(lambdahttp.Traced(slog.NewJSONHandler(&out, nil)))
			//lint:ignore SA1029 the key is that of aws-lambda-go
			log.InfoContext(context.WithValue(t.Context(), "x-amzn-trace-id", row.header), "x")
			line := map[string]any{}
			if err := json.Unmarshal([]byte(out.String()), &line); err != nil {
				t.Fatal(err)
			}
			got, there := line["trace_id"]
			if there != (row.want != "") || there && got != row.want {
				t.Errorf("%q: trace_id = %v, want %q", row.header, got, row.want)
			}
		})
	}
}
