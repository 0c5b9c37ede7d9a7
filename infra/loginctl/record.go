package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/smithy-go"

	"deskpro-login/infra/loginctl/hint"
	"deskpro-login/pkg/audit"
)

// line is an event as it is written, without its line break.
type line struct {
	time time.Time
	text string
}

// recorder keeps lines for good, or returns an error with a hint.
type recorder interface {
	record(ctx context.Context, operator string, lines []line) error
}

// encode words e as the functions' log does, whose queries find it so.
func encode(ctx context.Context, now time.Time, e audit.Event) line {
	var text bytes.Buffer
	handler := slog.NewJSONHandler(&text, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		switch {
		case len(groups) == 0 && a.Key == slog.TimeKey:
			return slog.String("timestamp", now.UTC().Format("2006-01-02T15:04:05.000Z"))
		case len(groups) == 0 && a.Key == slog.MessageKey:
			a.Key = "message"
		}
		return a
	}})
	audit.Log{Logger: slog.New(handler)}.Record(ctx, e)
	return line{now, seen(strings.TrimSuffix(text.String(), "\n"))}
}

// logStream is a recorder on a stream that is not kept, for an emulator.
type logStream struct{ io.Writer }

func (s logStream) record(_ context.Context, _ string, lines []line) error {
	if _, err := io.WriteString(s, joined(lines)); err != nil {
		return hint.With(fmt.Errorf("writing to standard error: %w", err), "give --audit-log FILE")
	}
	return nil
}

// logFile is a recorder at the end of the file of this name.
type logFile string

func (name logFile) record(_ context.Context, _ string, lines []line) (err error) {
	defer func() {
		if err != nil {
			err = hint.With(fmt.Errorf("writing %s: %w", string(name), err), "give --audit-log a file that you may write to, on a disk that has space")
		}
	}()
	file, err := os.OpenFile(string(name), os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	text := joined(lines)
	if torn(file) {
		text = "\n" + text
	}
	if _, err := file.WriteString(text); err != nil {
		return err
	}
	return file.Sync()
}

// torn reports whether the file's last line was cut off, as on a full disk.
func torn(file *os.File) bool {
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return false
	}
	last := []byte{0}
	_, err = file.ReadAt(last, info.Size()-1)
	return err == nil && last[0] != '\n'
}

func joined(lines []line) string {
	var text strings.Builder
	for _, l := range lines {
		text.WriteString(l.text)
		text.WriteByte('\n')
	}
	return text.String()
}

// The limits of PutLogEvents.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
const (
	maxEvents     = 10_000
	maxBatch      = 1 << 20
	eventOverhead = 26
)

// logGroup is a recorder in a CloudWatch log group, in a stream for each day and
// operator.
type logGroup struct {
	name   string
	create func(context.Context, *cloudwatchlogs.CreateLogStreamInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.CreateLogStreamOutput, error)
	put    func(context.Context, *cloudwatchlogs.PutLogEventsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.PutLogEventsOutput, error)
}

func newLogGroup(client *cloudwatchlogs.Client, name string) *logGroup {
	return &logGroup{name, client.CreateLogStream, client.PutLogEvents}
}

func (g *logGroup) record(ctx context.Context, operator string, lines []line) error {
	for len(lines) > 0 {
		n, size := 0, 0
		for n < min(len(lines), maxEvents) && (n == 0 || size+len(lines[n].text)+eventOverhead <= maxBatch) {
			size += len(lines[n].text) + eventOverhead
			n++
		}
		if err := g.write(ctx, streamName(lines[0].time, operator), lines[:n]); err != nil {
			return g.explain(err)
		}
		lines = lines[n:]
	}
	return nil
}

// streamName keeps of an ARN what tells people apart; colons and asterisks may
// not be in it.
func streamName(day time.Time, operator string) string {
	who := operator[strings.LastIndex(operator, ":")+1:]
	who = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' || r == '*' {
			return '_'
		}
		return r
	}, who)
	return day.UTC().Format("2006/01/02/") + who[:min(len(who), 256)]
}

var errRejected = errors.New("CloudWatch took the lines for too old or too new")

func (g *logGroup) write(ctx context.Context, stream string, lines []line) error {
	in := &cloudwatchlogs.PutLogEventsInput{LogGroupName: &g.name, LogStreamName: &stream}
	for _, l := range lines {
		in.LogEvents = append(in.LogEvents, types.InputLogEvent{Timestamp: aws.Int64(l.time.UnixMilli()), Message: aws.String(l.text)})
	}
	out, err := g.put(ctx, in)
	if _, missing := errors.AsType[*types.ResourceNotFoundException](err); missing {
		_, err = g.create(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &g.name, LogStreamName: &stream})
		if _, raced := errors.AsType[*types.ResourceAlreadyExistsException](err); err != nil && !raced {
			return err
		}
		out, err = g.put(ctx, in)
	}
	if err == nil && out.RejectedLogEventsInfo != nil {
		return errRejected
	}
	return err
}

func (g *logGroup) explain(err error) error {
	const instead = "; or keep the record yourself with --audit-log FILE"
	said := fmt.Errorf("writing to the log group %s: %w", g.name, worded(err))
	answer, _ := errors.AsType[smithy.APIError](err)
	switch {
	case errors.Is(err, errRejected):
		return hint.With(said, "set this machine's clock")
	case answer == nil:
		return hint.With(said, "check the network, then try again"+instead)
	case answer.ErrorCode() == "ResourceNotFoundException":
		return hint.With(said, "somebody removed it: deploy the stack again (make deploy)"+instead)
	case denied(answer):
		return hint.With(said, "your role needs logs:CreateLogStream and logs:PutLogEvents on that log group: have somebody allow you both")
	}
	return hint.With(said, "try again later"+instead)
}
