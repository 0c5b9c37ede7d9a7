package web

import "strings"

// Browsers and systems as they name themselves in User-Agent, the more telling
// token first: each names its forebears, too.
var (
	browsers = [...]struct{ token, name string }{
		{"Edg/", "Edge"}, {"EdgA/", "Edge"}, {"EdgiOS/", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"Vivaldi/", "Vivaldi"},
		{"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chromium/", "Chromium"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
	}
	systems = [...]struct{ token, name string }{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"CrOS", "ChromeOS"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"},
	}
)

// deviceName is what its owner knows a browser by, such as "Firefox, Windows"; it
// is the browser's own word, of which only known names are taken. "?" stands for
// one that names neither.
func deviceName(userAgent string) string {
	name := ""
	for _, b := range browsers {
		if strings.Contains(userAgent, b.token) {
			name = b.name
			break
		}
	}
	for _, s := range systems {
		if strings.Contains(userAgent, s.token) {
			if name != "" {
				name += ", "
			}
			return name + s.name
		}
	}
	if name == "" {
		return unknownDevice
	}
	return name
}

const unknownDevice = "?"
