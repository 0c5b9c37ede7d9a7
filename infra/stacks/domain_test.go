package stacks_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const domain = "domain.yaml"

var (
	certificate = "arn:aws:acm:eu-west-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
	ownDomain   = map[string]string{"DomainName": "login.acme.com", "HostedZoneId": "Z0123456789ABC", "ApiId": "a1b2c3d4e5"}
	withoutZone = with(ownDomain, map[string]string{"HostedZoneId": "", "CertificateArn": certificate})
)

func TestTheRootPassesWhatTheDomainTakes(t *testing.T) {
	own := openStack(t, domain, ownDomain)
	takes := slices.Sorted(maps.Keys(own.section("Parameters")))
	root := newStack(t, with(bothDoors, map[string]string{"DomainName": "login.acme.com", "HostedZoneId": "Z0123456789ABC"}))
	passed := root.resolve(root.resource("Domain")["Properties"].(object)["Parameters"]).(object)
	if got := slices.Sorted(maps.Keys(passed)); !slices.Equal(got, takes) {
		t.Errorf("template.yaml passes %v, want %v", got, takes)
	}
	output, _ := strings.CutPrefix(root.resolve(root.section("Outputs")["DomainTarget"].(object)["Value"]).(string), "Domain.Outputs.")
	if own.section("Outputs")[output] == nil {
		t.Errorf("template.yaml reads the output %q, which %s does not have", output, domain)
	}
}

func TestTheDomainRefuses(t *testing.T) {
	refused := openStack(t, domain, with(ownDomain, map[string]string{"HostedZoneId": ""})).refused()
	if len(refused) != 1 || !strings.Contains(refused[0], "needs a certificate") {
		t.Errorf("without a certificate and a zone the Rules say %q", refused)
	}
	s := openStack(t, domain, ownDomain)
	for parameter, values := range map[string][]string{
		"DomainName":     {"", "login", "Login.acme.com", "*.acme.com", "https://login.acme.com", "login.acme.com.", "-a.acme.com"},
		"HostedZoneId":   {"acme.com", "/hostedzone/Z0123456789ABC"},
		"CertificateArn": {"12345678-1234-1234-1234-123456789012", "arn:aws:acm:eu-west-1:123456789012:certificate/*"},
		"ApiId":          {"", "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com", "preflight"},
	} {
		for _, value := range values {
			if s.accepts(parameter, value) {
				t.Errorf("%s accepts %q", parameter, value)
			}
		}
	}
}

// An API that people reach by IPv4 and IPv6, with TLS 1.2 at least.
func TestTheDomainHasACertificateAndRecords(t *testing.T) {
	for name, test := range map[string]struct {
		parameters  map[string]string
		certificate string
		made        []string
	}{
		"in a zone":                    {ownDomain, "Certificate", []string{"AddressRecord A", "Certificate", "Host", "Ipv6AddressRecord AAAA", "Mapping"}},
		"in a zone, with one's own":    {with(ownDomain, map[string]string{"CertificateArn": certificate}), certificate, []string{"AddressRecord A", "Host", "Ipv6AddressRecord AAAA", "Mapping"}},
		"without a zone, by one's own": {withoutZone, certificate, []string{"Host", "Mapping"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := openStack(t, domain, test.parameters)
			if refused := s.refused(); len(refused) > 0 {
				t.Errorf("the Rules refuse it: %v", refused)
			}
			var made []string
			for name := range s.section("Resources") {
				if !s.made(name) {
					continue
				}
				properties := s.resolve(s.resource(name)["Properties"]).(object)
				if record, ok := properties["Type"].(string); ok {
					made = append(made, name+" "+record)
					want := object{"DNSName": "Host.RegionalDomainName", "HostedZoneId": "Host.RegionalHostedZoneId"}
					if properties["Name"] != "login.acme.com" || properties["HostedZoneId"] != "Z0123456789ABC" || !reflect.DeepEqual(properties["AliasTarget"], want) {
						t.Errorf("%s is %v", name, properties)
					}
					continue
				}
				made = append(made, name)
			}
			slices.Sort(made)
			if !slices.Equal(made, test.made) {
				t.Errorf("it makes %v, want %v", made, test.made)
			}
			host := s.resolve(s.resource("Host")["Properties"]).(object)
			want := object{"DomainName": "login.acme.com", "DomainNameConfigurations": []any{object{
				"CertificateArn": test.certificate, "EndpointType": "REGIONAL", "SecurityPolicy": "TLS_1_2", "IpAddressType": "dualstack",
			}}}
			if !reflect.DeepEqual(host, want) {
				t.Errorf("the host is %v, want %v", host, want)
			}
			mapping := s.resolve(s.resource("Mapping")["Properties"])
			if want := (object{"ApiId": "a1b2c3d4e5", "DomainName": "Host", "Stage": "$default"}); !reflect.DeepEqual(mapping, want) {
				t.Errorf("the mapping is %v, want %v", mapping, want)
			}
			if s.made("Certificate") {
				certificate := s.resolve(s.resource("Certificate")["Properties"])
				if want := (object{"DomainName": "login.acme.com", "ValidationMethod": "DNS", "DomainValidationOptions": []any{
					object{"DomainName": "login.acme.com", "HostedZoneId": "Z0123456789ABC"},
				}}); !reflect.DeepEqual(certificate, want) {
					t.Errorf("the certificate is %v, want %v", certificate, want)
				}
			}
		})
	}
}
