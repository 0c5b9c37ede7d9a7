package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// fakeLogs plays CloudWatch Logs' CreateLogStream and PutLogEvents, and refuses
// what AWS would and every parameter that it does not know.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
type fakeLogs struct {
	mu sync.Mutex
	// groups by name, of streams by name.
	groups map[string]map[string][]string
	order  []string // of all lines
	// refusals are codes to answer with, by operation.
	refusals map[string]string
	after    int // calls that pass before
	// reject takes lines but says that they are too old.
	reject bool
}

func (l *fakeLogs) addGroup(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.groups == nil {
		l.groups = map[string]map[string][]string{}
	}
	l.groups[name] = map[string][]string{}
}

func (l *fakeLogs) refuse(operation, code string) { l.refuseAfter(0, operation, code) }

func (l *fakeLogs) refuseAfter(n int, operation, code string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refusals == nil {
		l.refusals = map[string]string{}
	}
	l.refusals[operation], l.after = code, n
}

// lines are all that were put, in order.
func (l *fakeLogs) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.order)
}

// streams are the names of all.
func (l *fakeLogs) streams() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var names []string
	for group, streams := range l.groups {
		for name := range streams {
			names = append(names, group+" "+name)
		}
	}
	return names
}

type logsInput struct {
	LogGroupName  string `json:"logGroupName"`
	LogStreamName string `json:"logStreamName"`
	LogEvents     []struct {
		Timestamp int64  `json:"timestamp"`
		Message   string `json:"message"`
	} `json:"logEvents"`
}

func (l *fakeLogs) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	code, out := l.do(r)
	if code != "" {
		w.WriteHeader(http.StatusBadRequest)
		out = map[string]any{"__type": code, "message": "Refused by the test."}
	}
	_ = json.NewEncoder(w).Encode(out)
}

var (
	fakeGroupName  = regexp.MustCompile(`^[.\-_/#A-Za-z0-9]{1,512}$`)
	fakeStreamName = regexp.MustCompile(`^[^:*]{1,512}$`)
)

func (l *fakeLogs) do(r *http.Request) (code string, out map[string]any) {
	operation, known := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "Logs_20140328.")
	if !known || r.Method != http.MethodPost || r.URL.String() != "/" || r.Header.Get("Content-Type") != "application/x-amz-json-1.1" {
		return "UnknownOperationException", nil
	}
	if code := l.refusals[operation]; code != "" {
		if l.after--; l.after < 0 {
			return code, nil
		}
	}
	var body bytes.Buffer
	_, _ = body.ReadFrom(r.Body)
	decoder := json.NewDecoder(&body)
	decoder.DisallowUnknownFields()
	var in logsInput
	if decoder.Decode(&in) != nil || !fakeGroupName.MatchString(in.LogGroupName) || !fakeStreamName.MatchString(in.LogStreamName) {
		return "InvalidParameterException", nil
	}
	group, there := l.groups[in.LogGroupName]
	if !there {
		return "ResourceNotFoundException", nil
	}
	stream, there := group[in.LogStreamName]
	switch operation {
	case "CreateLogStream":
		if there {
			return "ResourceAlreadyExistsException", nil
		}
		if in.LogEvents != nil {
			return "InvalidParameterException", nil
		}
		group[in.LogStreamName] = []string{}
		return "", map[string]any{}
	case "PutLogEvents":
		if !there {
			return "ResourceNotFoundException", nil
		}
	default:
		return "UnknownOperationException", nil
	}
	size, last := 0, int64(0)
	for _, e := range in.LogEvents {
		size += len(e.Message) + 26
		if age := time.Since(time.UnixMilli(e.Timestamp)); e.Message == "" || e.Timestamp < last || age.Abs() > 2*time.Hour {
			return "InvalidParameterException", nil
		}
		last = e.Timestamp
	}
	if n := len(in.LogEvents); n == 0 || n > 10_000 || size > 1<<20 {
		return "InvalidParameterException", nil
	}
	if l.reject {
		return "", map[string]any{"rejectedLogEventsInfo": map[string]int{"tooOldLogEventEndIndex": len(in.LogEvents)}}
	}
	for _, e := range in.LogEvents {
		stream = append(stream, e.Message)
		l.order = append(l.order, e.Message)
	}
	group[in.LogStreamName] = stream
	return "", map[string]any{"nextSequenceToken": "1"}
}
