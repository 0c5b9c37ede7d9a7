package awsenv

import (
	"bytes"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// inMemory sends bodies that net/http knows to be in memory, and so writes
// together with the headers. Any other goes out by itself, and net/http looks
// for its end only then, while the SDK closes it as soon as the headers of the
// answer are there. A closed body's WriteTo returns io.EOF, which net/http
// takes for a body that cannot be read: it gives up the connection with what
// had not come yet of the answer, and the SDK makes the call again, which AWS
// has done already: a condition fails for the call's own earlier write.
// On a busy processor that was one call in some thousands
// (smithy-go 1.28: safeWriteToReadCloser; aws-sdk-go-v2 #2737 knows the symptom).
type inMemory struct{ client aws.HTTPClient }

// InMemory returns client, such that it loses no answers: for who has one with
// settings of its own.
func InMemory(client aws.HTTPClient) aws.HTTPClient { return inMemory{client} }

// Do is http.Client's. No body of this project's calls is too long to be read
// into memory.
func (c inMemory) Do(r *http.Request) (*http.Response, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return c.client.Do(r)
	}
	body, err := io.ReadAll(r.Body)
	_ = r.Body.Close() // it has been read
	if err != nil {
		return nil, fmt.Errorf("reading a request's body: %w", err)
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	return c.client.Do(r)
}
