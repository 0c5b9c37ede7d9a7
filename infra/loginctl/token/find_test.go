package token_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"unicode/utf16"
)

func TestATokenIsFoundInWhatPeoplePaste(t *testing.T) {
	whole := good()
	head, body, signature := pieces(whole)
	wide := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(whole + "\r\n")) {
		wide = append(wide, byte(unit), byte(unit>>8))
	}
	const address = "all of the address but its jwt parameter"
	for _, row := range []struct{ name, pasted, cut string }{
		{"alone", whole, ""},
		{"with a line break at its end", whole + "\n", ""},
		{"with a line break of Windows", whole + "\r\n", ""},
		{"with white space around", "\n\t  " + whole + "  \n\n", "white space around it"},
		{"with a byte order mark", "\ufeff" + whole, "characters around it that cannot be seen"},
		{"with what a chat puts behind it", whole + "\u200b", "characters around it that cannot be seen"},
		{"over several lines", whole[:50] + "\n" + whole[50:100] + "\n  " + whole[100:] + "\n", "line breaks within it"},
		{"broken after a full stop", head + ".\r\n" + body + ".\r\n" + signature, "line breaks within it"},
		{"with spaces in it", whole[:20] + " " + whole[20:], "spaces within it"},
		{"behind Bearer", "Bearer " + whole, `the word "Bearer" before it`},
		{"in a header of HTTP", "Authorization: bearer  " + whole, `the word "Bearer" before it`},
		{"in quotation marks", `"` + whole + `"`, "quotation marks around it"},
		{"in an apostrophe's", "'" + whole + "'", "quotation marks around it"},
		{"in a word processor's", "“" + whole + "”", "quotation marks around it"},
		{"in Markdown's", "`" + whole + "`", "quotation marks around it"},
		{"in a line of JSON", `  "token": "` + whole + `",`, "white space around it; the words around it; a mark behind it; quotation marks around it"},
		{"in JSON", `{"token":"` + whole + `","expires":"2026-11-22T12:02:00Z"}`, "the JSON around it"},
		{"in a sentence", "Here it is: " + whole + ".", "the words around it; a mark behind it"},
		{"in an address", "https://acme.deskpro.com/login/authenticate-callback/1?return=%2Fnew-ticket%2F&jwt=" + whole, address},
		{"in an address with more behind", "https://acme.deskpro.com/cb?jwt=" + whole + "&a=b#c", address},
		{"in an address with escapes", "https://acme.deskpro.com/cb?jwt=" + strings.ReplaceAll(url.QueryEscape(whole), ".", "%2E"), address},
		{"in a page's source", "https://acme.deskpro.com/cb?a=b&amp;jwt=" + whole, address},
		{"in a query", "jwt=" + whole, address},
		{"in what curl prints", "< HTTP/2 302\n< location: https://acme.deskpro.com/cb?a=b&jwt=" + whole + "\n< content-length: 0\n", "the words around it; " + address},
		{"in an address over several lines", "https://acme.deskpro.com/cb?jwt=" + whole[:60] + "\n" + whole[60:], "line breaks within it; " + address},
		{"in an address that is escaped", url.QueryEscape("https://acme.deskpro.com/cb?return=/&jwt=" + whole), "the escapes of the address around it; " + address},
		{"in an address within another's query", "https://login.acme.example/?to=" + url.QueryEscape("https://acme.deskpro.com/cb?jwt="+whole), "the escapes of the address around it; " + address},
		{"in an address that has two", "https://acme.deskpro.com/cb?jwt=x&jwt=" + whole, address + ", of which it has several: this is the last one, which PHP reads"},
		{"in a file of PowerShell's", string(wide), ""},
	} {
		r := inspect(row.pasted)
		if len(r.Malformed) > 0 || r.Length != len(whole) || strings.Join(r.Cut, "; ") != row.cut {
			t.Errorf("%s: %d bytes of %d, without %q, want without %q\n%s", row.name, r.Length, len(whole), r.Cut, row.cut, texts(r))
		}
	}
}

// Whatever is wrong with what was given, what is said of it does not repeat it.
func TestNothingSaidHasTheTokenInIt(t *testing.T) {
	whole := good()
	_, body, signature := pieces(whole)
	for _, pasted := range []string{
		whole, whole + "=", "https://acme.deskpro.com/?jwt=" + whole + "&jwt=x", whole[:100], "Bearer " + whole[10:], whole + " " + whole, whole + "." + whole, `{"jwt":"` + whole + `"}`,
	} {
		r := inspect(pasted)
		encoded, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{body[:20], signature[:10]} {
			if strings.Contains(string(encoded)+texts(r), secret) {
				t.Errorf("of %.30s… it repeats %s", pasted, secret)
			}
		}
	}
}
