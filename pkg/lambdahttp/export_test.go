package lambdahttp

import "log/slog"

// Traced is NewLogHandler over another handler than Lambda's, which writes to
// standard output.
func Traced(h slog.Handler) slog.Handler { return traced{h} }
