package stacks_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"deskpro-login/pkg/config"
	"deskpro-login/pkg/web/locales"
)

// What is refused later would be found by the functions only, which then answer
// with a page that says that they are not set up.
func TestWhatTheFormTakesOfLooksTheFunctionsTake(t *testing.T) {
	kinds := map[string][]string{
		"Accent":     {"", "#1f56c4", "#ABCDEF", "#0a6", "#12345", "blue", "#1f56c4;"},
		"Logo":       pictures,
		"Icon":       pictures,
		"SupportUrl": append(links, "mailto:help@acme.com?subject=Sign%20in", "mailto:help@acme.com", "tel:+442079460000", "tel:112", "mailto:", "tel:/1", "mailto:?subject=x", "sms:112"),
		"PrivacyUrl": append(links, "mailto:help@acme.com"),
		"TermsUrl":   links,
		"ImprintUrl": links,
		"Languages":  {strings.Join(locales.Available(), " "), "de", "de en", "tlh", "EN", "en,de", "pt"},
	}
	s := newStack(t, bothDoors)
	for name, values := range kinds {
		taken := 0
		names := []string{name, "Users" + name, "Agents" + name}
		if name == "Languages" {
			names = names[:1]
		}
		for _, name := range names {
			for _, value := range values {
				s.values[name] = value
				environment := s.environment("LoginFunction")
				_, err := config.Load(config.Login, func(name string) string { return environment[name] })
				if takes := s.accepts(name, value); takes != (err == nil) {
					t.Errorf("the form takes %.80q as %s: %v, but the function says %v", value, name, takes, err)
				}
				if err == nil {
					taken++
				}
			}
			s.values[name] = ""
		}
		if taken < len(names) || taken == len(names)*len(values) {
			t.Errorf("%d values are taken as %s of %d", taken, name, len(names)*len(values))
		}
	}
}

var links = []string{
	"https://acme.com", "https://acme.com/", "https://acme.com:8443/a/b.html", "https://acme.com?lang=en", "https://acme.com/a?b=c&d=%20#e", "https://acme.com/a,b;c", "https://xn--bcher-kva.example/'x'(y)*[z]",
	"http://acme.com", "https://", "https:///a", "https://me@acme.com/", "https://me:x@acme.com", "https://acme.com/a b", `https://acme.com/"x`, "https://acme.com/<x", "https://acme.com/%zz", "https://bücher.example", "javascript:alert(1)", "//acme.com",
	"/privacy", `https://acme.com\x`,
}

var pictures = []string{
	"https://acme.com/logo.svg", "https://acme.com:8443/a/b.png", "https://acme.com//a.png", "https://acme.com/a%20b.png", "https://acme.com/a~b!$&()+=:@_-.png", "https://acme.com/...",
	"data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'/%3E", "data:image/svg+xml;charset=utf-8,%3Csvg/%3E", "data:image/png;base64,iVBORw0KGgo=", "data:image/png;base64," + strings.Repeat("A", 2048-len("data:image/png;base64,")),
	"data:image/png;base64," + strings.Repeat("A", 2049-len("data:image/png;base64,")), "data:image/svg+xml,<svg/>", "data:image/svg+xml,%3Csvg/%3E; x", "data:image/svg+xml,#", "data:text/html,x", "data:image/png;base64,",
	"https://acme.com", "https://acme.com/", "https://acme.com/a/", "https://acme.com/a?b", "https://acme.com/a#b", "https://acme.com/a;b", "https://acme.com/a,b", "https://acme.com/*", "https://*.acme.com/a", "https://acme.com/a'b",
	"http://acme.com/logo.svg", "https://me@acme.com/a", "https://acme.com/a b", "https://acme.com/%zz", "https:///a", "logo.svg",
}

// Lambda takes 4 KB of variables for each function
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html), here
// measured with what surrounds them as JSON. All that can be set fits at once, with
// addresses of 60 bytes, and leaves room for the pictures in themselves of which
// the form speaks.
func TestVariablesFitIntoAFunction(t *testing.T) {
	const most, address, pictures = 4096, 60, 600
	looks := map[string]string{}
	for _, door := range []string{"", "Users", "Agents"} {
		for _, name := range []string{"Logo", "Icon", "SupportUrl", "PrivacyUrl", "TermsUrl", "ImprintUrl"} {
			looks[door+name] = "https://www.acme.com/" + strings.Repeat("x", address-len("https://www.acme.com/"))
		}
	}
	for name, parameters := range map[string]map[string]string{
		"a table": with(bothDoors, tableOptions), "a pool": with(bothDoorsWithCognito, cognitoOptions),
	} {
		s := newStack(t, with(with(with(parameters, behindEdge), allOptions), looks))
		for _, folder := range folders(t) {
			set := maps.Clone(s.environment(resourceOf(folder, "Function")))
			for variable, value := range set {
				if _, made := s.section("Resources")[value]; made {
					set[variable] = strings.Repeat("x", len("arn:aws:secretsmanager:ap-southeast-1:123456789012:secret:AgentsSecret-0123456789AB-012345"))
				}
			}
			var encoded bytes.Buffer
			encoder := json.NewEncoder(&encoded)
			encoder.SetEscapeHTML(false)
			if err := encoder.Encode(set); err != nil {
				t.Fatal(err)
			}
			size := len(bytes.TrimSpace(encoded.Bytes()))
			t.Logf("with %s the variables of %s have %d bytes", name, folder, size)
			if size+pictures > most {
				t.Errorf("with %s the variables of %s have %d bytes, want %d at most", name, folder, size, most-pictures)
			}
		}
	}
}

func TestTheFormSaysHowMuchAPictureMayHave(t *testing.T) {
	s := newStack(t, bothDoors)
	if said := s.section("Parameters")["Logo"].(object)["Description"].(string); !strings.Contains(said, "600 bytes") {
		t.Errorf("it says %q", said)
	}
	for _, v := range config.Variables() {
		if v.Name == "LOGO" && !strings.Contains(v.Doc, "600 bytes") {
			t.Errorf("README.md says %q", v.Doc)
		}
	}
}
