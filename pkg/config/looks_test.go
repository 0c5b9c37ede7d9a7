package config_test

import (
	"slices"
	"strings"
	"testing"

	"deskpro-login/pkg/config"
	"deskpro-login/pkg/web/locales"
)

func TestADoorLooksAsTheSiteDoesButForWhatIsItsOwn(t *testing.T) {
	cfg := mustLoad(t, config.Login, map[string]string{
		"BRAND": "Acme", "ACCENT": "#0a6", "LOGO": "https://static.acme.example/logo.svg", "ICON": "data:image/svg+xml,%3Csvg%3E", "SUPPORT_URL": "mailto:help@acme.example",
		"PRIVACY_URL": "https://acme.example/privacy?lang=en", "TERMS_URL": "https://acme.example/terms", "IMPRINT_URL": "https://acme.example/imprint",
		"AGENTS_BRAND": "Acme, staff", "AGENTS_ACCENT": "#112233", "AGENTS_SUPPORT_URL": "tel:+442079460000", "AGENTS_LOGO": "data:image/png;base64,AAAA",
	})
	users, agents := cfg.Doors[0].Looks, cfg.Doors[1].Looks
	if users != cfg.Looks || users.Brand != "Acme" || users.Accent.Fill() != "#00aa66" || users.Support != "mailto:help@acme.example" {
		t.Errorf("the users' door looks like %+v, the site like %+v", users, cfg.Looks)
	}
	want := cfg.Looks
	want.Brand, want.Accent, want.Support, want.Logo = "Acme, staff", agents.Accent, "tel:+442079460000", "data:image/png;base64,AAAA"
	if agents != want || agents.Accent.Fill() != "#112233" {
		t.Errorf("the agents' door looks like %+v, want %+v", agents, want)
	}
}

func TestLooksThatCannotBeUsedAreProblemsWithTheirCure(t *testing.T) {
	for name, rows := range map[string]map[string]string{
		"ACCENT": {"blue": "#1f56c4", "#12": "#1f56c4", "#fff;}body{": "#1f56c4"},
		"LOGO": {
			"http://acme.example/logo.svg": "use https: or a data: URL", "//acme.example/logo.svg": "use https:", "javascript:alert(1)": "use https:", "HTTPS://acme.example/logo.svg": "use https:",
			"https://acme.example/a;b": "exactly", "https://acme.example/*": "exactly", "https://*.acme.example/logo.svg": "exactly", "https://acme.example/a,b": "exactly", "https://acme.example/a'b": "exactly",
			"https://acme.example/logo.svg?v=2": "without a query", "https://acme.example/logo.svg?": "without a query", "https://acme.example/logo.svg#": "fragment",
			"https://acme.example": "the picture itself", "https://acme.example/": "the picture itself", "https://acme.example/logos/": "all that is below", "https://acme.example/logos/%2f": "all that is below",
			"https://acme.example/a b": "percent signs", "https://acme.example/a\tb": "percent signs", "https://acme.example/%zz": "percent signs", "https://bücher.example/a": "xn--", `https://acme.example/"x`: "percent signs",
			"https://acme.example/a\r\nSet-Cookie:x": "percent signs", "https:///logo.svg": "a host", "https:logo.svg": "a host", "https://me@acme.example/x": "a user name",
			"data:text/html,<script>": "no picture", `data:image/svg+xml,<svg onload="x">`: "no picture", "data:image/svg+xml,%3Csvg%3E; script-src *": "no picture",
			"data:image/svg+xml,%3Cpath fill=": "no picture", "data:image/svg+xml,#fff": "no picture", "data:image/png;base64,": "no picture", "data:image/bmp;base64,AAAA": "no picture",
			"data:image/png;base64," + strings.Repeat("A", 2048): "2048",
		},
		"ICON": {"https://acme.example/x#y": "fragment", "favicon.ico": "use https:"},
		"SUPPORT_URL": {"javascript:alert(1)": "mailto: or tel:", "http://acme.example": "https: or mailto: or tel:", `https://acme.example/"><script>`: "percent signs", "help@acme.example": "mailto:",
			"mailto:": "whom it reaches", "tel:": "whom it reaches", "mailto://acme.example": "whom it reaches", "tel:+44 20 7946 0000": "percent signs"},
		"PRIVACY_URL": {"mailto:x@y.example": "begins with https:", "/privacy": "https:"},
		"TERMS_URL":   {"https://": "a host"},
		"IMPRINT_URL": {"data:text/html,x": "https:"},
		"LANGUAGES":   {"tlh": "pt-BR", "en en": "each once", "en,de": "separated by spaces"},
	} {
		for value, cure := range rows {
			names := []string{name}
			if name != "LANGUAGES" {
				names = append(names, "USERS_"+name, "AGENTS_"+name)
			}
			for _, name := range names {
				_, err := load(config.Logout, environment(map[string]string{name: value}))
				if err == nil || !strings.Contains(err.Error(), name+" ") || !strings.Contains(err.Error(), cure) {
					t.Errorf("%s=%.60q: %v, want a problem that says %q", name, value, err, cure)
				}
			}
		}
	}
}

func TestAllThatIsWrongWithLooksIsSaidAtOnce(t *testing.T) {
	_, err := load(config.Login, environment(map[string]string{"ACCENT": "red", "LOGO": "x", "AGENTS_SUPPORT_URL": "y", "LANGUAGES": "z"}))
	for _, name := range []string{"ACCENT", "LOGO", "AGENTS_SUPPORT_URL", "LANGUAGES"} {
		if err == nil || strings.Count(err.Error(), "\n"+name+" ")+strings.Count(err.Error(), " "+name+" ") == 0 {
			t.Errorf("%v does not tell of %s", err, name)
		}
	}
}

func TestTheLanguagesAreThoseThereAre(t *testing.T) {
	if got := mustLoad(t, config.Login, map[string]string{"LANGUAGES": "de  pt-BR"}).Languages; strings.Join(got, " ") != "de pt-BR" {
		t.Errorf("got %q", got)
	}
	if got := mustLoad(t, config.Login, nil).Languages; len(got) != 0 {
		t.Errorf("got %q for none", got)
	}
	all := locales.Available()
	slices.Sort(all)
	if got := mustLoad(t, config.Login, map[string]string{"LANGUAGES": strings.Join(all, " ")}).Languages; !slices.Equal(got, all) {
		t.Errorf("of %q it takes %q", all, got)
	}
	for _, v := range config.Variables() {
		if v.Name == "LANGUAGES" && !strings.Contains(v.Doc, "`"+strings.Join(all, " ")+"`") {
			t.Errorf("LANGUAGES does not tell of %q", all)
		}
	}
}
