package lambdahttp

import (
	"context"
	"log/slog"
	"strings"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

// NewLogHandler returns the handler of a function's log: Lambda's JSON lines
// with its request id, and with the id of the X-Ray trace, by which one
// request is found in the logs of all that took part.
func NewLogHandler() slog.Handler { return traced{lambdacontext.NewLogHandler()} }

type traced struct{ slog.Handler }

func (h traced) Handle(ctx context.Context, record slog.Record) error {
	if id := traceID(ctx); id != "" {
		record.AddAttrs(slog.String("trace_id", id))
	}
	return h.Handler.Handle(ctx, record)
}

func (h traced) WithAttrs(attrs []slog.Attr) slog.Handler { return traced{h.Handler.WithAttrs(attrs)} }
func (h traced) WithGroup(name string) slog.Handler       { return traced{h.Handler.WithGroup(name)} }

// traceID reads the Root of the tracing header that aws-lambda-go leaves in an
// invocation's context. It may be a client's word.
// https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
func traceID(ctx context.Context) string {
	header, _ := ctx.Value("x-amzn-trace-id").(string)
	for field := range strings.SplitSeq(header, ";") {
		id, ok := strings.CutPrefix(strings.TrimSpace(field), "Root=")
		if ok && len(id) == len("1-58406520-a006649127e371903a2de979") && strings.Trim(id, "0123456789abcdef-") == "" {
			return id
		}
	}
	return ""
}
