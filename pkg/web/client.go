package web

import (
	"net/http"

	"deskpro-login/pkg/directory"
)

// maxClient bounds, in bytes, each thing that a directory is told of a client.
const maxClient = 1024

// clientHeaders say what the browser is, and nothing of where it has been.
var clientHeaders = [...]string{"User-Agent", "Accept-Language", "Sec-Ch-Ua", "Sec-Ch-Ua-Mobile", "Sec-Ch-Ua-Platform"}

// clientOf is who sent f, for a directory that judges risks.
func clientOf(r *http.Request, f form) directory.Client {
	c := directory.Client{
		Address: clientAddress(r), Host: r.Host, Path: r.URL.Path, Device: bounded(f.get(paramDevice), 8*maxClient),
	}
	for _, name := range clientHeaders {
		if value := r.Header.Get(name); value != "" {
			c.Headers = append(c.Headers, directory.Header{Name: name, Value: bounded(value, maxClient)})
		}
	}
	return c
}

// bounded returns text, or nothing if it is too long to be what it should be.
func bounded(text string, most int) string {
	if len(text) > most {
		return ""
	}
	return text
}
