package regulation_test

import (
	"net/netip"
	"testing"

	"deskpro-login/pkg/regulation"
)

func TestSources(t *testing.T) {
	for _, row := range []struct{ name, address, want string }{
		{"IPv4", "192.0.2.1", "192.0.2.1"},
		{"IPv4, mapped", "::ffff:192.0.2.1", "192.0.2.1"},
		{"IPv4, mapped, in hex", "::FFFF:C000:0201", "192.0.2.1"},
		{"IPv6", "2001:db8:0:7:1:2:3:4", "2001:db8:0:7::/64"},
		{"IPv6 of the same network", "2001:DB8::7:ffff:ffff:ffff:ffff", "2001:db8:0:7::/64"},
		{"IPv6 of the next network", "2001:db8:0:8::", "2001:db8:0:8::/64"},
		{"IPv6 with a zone", "fe80::1%eth0", "fe80::/64"},
		{"IPv6 with another zone", "fe80::2%#1", "fe80::/64"},
		{"loopback", "::1", "::/64"},
		{"nothing", "", "unknown"},
		{"a port", "192.0.2.1:443", "unknown"},
		{"brackets", "[2001:db8::1]", "unknown"},
		{"a network", "2001:db8::/64", "unknown"},
		{"leading zeros", "192.0.02.1", "unknown"},
		{"a list", "192.0.2.1, 192.0.2.2", "unknown"},
		{"spaces", " 192.0.2.1", "unknown"},
		{"a name", "localhost", "unknown"},
	} {
		if got := regulation.SourceOf(row.address); got != row.want {
			t.Errorf("%s: the source of %q is %q, want %q", row.name, row.address, got, row.want)
		}
	}
}

func TestOneSourceHasOneCounterHoweverItIsWritten(t *testing.T) {
	f := newFixture(t, regulation.Limits{})
	for _, source := range []string{"2001:db8::1", "2001:db8::2", "2001:DB8::ffff:ffff:ffff:ffff", "2001:db8:0:0:1::", "2001:db8::1%1"} {
		let(t, f.Regulation, guess("zoe", source))
	}
	if got := waits(t, f.Regulation, guess("zoe", "2001:db8::77")); got.Scope != regulation.Pair {
		t.Errorf("it waits for %+v", got)
	}
	let(t, f.Regulation, guess("zoe", "2001:db8:0:1::77"))
	for _, source := range []string{"192.0.2.1", "::ffff:192.0.2.1", "::ffff:c000:201", "192.0.2.1", "::ffff:192.0.2.1"} {
		let(t, f.Regulation, guess("ida", source))
	}
	waits(t, f.Regulation, guess("ida", "192.0.2.1"))
	for _, source := range []string{"", "garbage", "1.2.3.4.5", "-", "192.0.2.1:80"} {
		let(t, f.Regulation, guess("leo", source))
	}
	waits(t, f.Regulation, guess("leo", "other garbage"))
}

func FuzzSourceOf(f *testing.F) {
	for _, seed := range []string{"192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1", "fe80::1%eth0", "", "#"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		got := regulation.SourceOf(address)
		given, err := netip.ParseAddr(address)
		if err != nil {
			if got != "unknown" {
				t.Fatalf("the source of %q, which is no address, is %q", address, got)
			}
			return
		}
		given = given.WithZone("").Unmap()
		if a, err := netip.ParseAddr(got); err == nil {
			if !a.Is4() || a != given {
				t.Fatalf("the source of %q is %q", address, got)
			}
			return
		}
		network, err := netip.ParsePrefix(got)
		if err != nil || network.Bits() != 64 || network != network.Masked() || !network.Contains(given) || network.String() != got {
			t.Fatalf("the source of %q is %q", address, got)
		}
		for _, other := range []netip.Addr{network.Addr(), given.Next()} {
			if network.Contains(other) && !other.Is4In6() && regulation.SourceOf(other.String()) != got {
				t.Fatalf("%v and %v are of one network and two sources", given, other)
			}
		}
	})
}
