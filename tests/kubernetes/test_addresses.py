"""IP addresses and CIDR blocks, parsed like the API server's legacy fields."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portmap._kubernetes.addresses import (
    cidr_reasons,
    endpoint_ip_reasons,
    family_of,
    ip_reasons,
    network,
    parse_ip,
    standard_block,
    standard_form,
)

ADDRESSES = st.ip_addresses(v=4) | st.ip_addresses(v=6)


class TestParsing:
    """Go's `ParseIPSloppy`."""

    @given(ADDRESSES)
    def test_every_address(self, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
        """Every address that Python prints is parsed, also strictly, except for IPv4-mapped ones."""
        assert parse_ip(str(address)) == address
        mapped = isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None
        assert (ip_reasons(str(address), strict=True) == ()) == (not mapped)

    @given(st.text("0123456789.:abcdefx/% -", max_size=24) | st.text(max_size=12))
    def test_any_text(self, text: str) -> None:
        """Any text is parsed or refused, without an exception."""
        address = parse_ip(text)
        assert (address is None) == bool(ip_reasons(text, strict=False))
        assert (family_of(text) is None) == (address is None)

    @pytest.mark.parametrize(
        "text",
        [
            *("", " ", "10.0.0", "10.0.0.0.1", "256.0.0.1", "10.0.0.256", "10.0.0.1 ", "10.0.0.1/8", "a.b.c.d"),
            *("-1.0.0.0", "10.0.0.0x1", "1000.0.0.1", ":::", "1::2::3", "fe80::1%eth0", "1:2:3:4:5:6:7", "::1.2.3"),
            *("12345::", "1:2:3:4:5:6:7:8:9", "g::", "::ffff:1.2.3.256", "[::1]", "1.2.3.4:80", "\u0661.0.0.1"),
        ],
    )
    def test_no_address(self, text: str) -> None:
        """Text with blanks, prefixes, zones, brackets or digits of other alphabets is not an address."""
        assert parse_ip(text) is None
        assert family_of(text) is None
        assert len(ip_reasons(text, strict=False)) == 1
        assert len(endpoint_ip_reasons(text)) == 1

    @pytest.mark.parametrize(
        ("text", "address"),
        [
            ("010.000.000.001", "10.0.0.1"),
            ("0000000010.0.0.1", "10.0.0.1"),
            ("FD00::1", "fd00::1"),
            ("::ffff:10.0.0.1", "::ffff:a00:1"),
            ("64:ff9b::10.0.0.01", "64:ff9b::a00:1"),
        ],
    )
    def test_lenient(self, text: str, address: str) -> None:
        """Leading zeros and dotted tails are accepted."""
        assert parse_ip(text) == ipaddress.ip_address(address)
        assert ip_reasons(text, strict=False) == ()

    @pytest.mark.parametrize(
        ("text", "count"),
        [
            ("010.0.0.1", 1),
            ("::ffff:10.0.0.1", 1),
            ("::ffff:010.0.0.1", 2),
            ("64:ff9b::10.0.0.01", 1),
            ("::ffff:a00:1", 1),
        ],
    )
    def test_strict(self, text: str, count: int) -> None:
        """From 1.36 on, leading zeros and IPv4-mapped addresses are refused."""
        assert len(ip_reasons(text, strict=True)) == count

    @pytest.mark.parametrize("text", ["fd00::0", "::0", "0:0::1", "10.0.0.0"])
    def test_zeros_that_are_not_leading(self, text: str) -> None:
        """A single zero and the zeros of IPv6 groups are not leading zeros."""
        assert ip_reasons(text, strict=True) == ()


class TestFamilies:
    """The family of an address."""

    def test_mapped_addresses_are_ipv4(self) -> None:
        """An IPv4-mapped address is IPv4, as in Go, where both are the same value."""
        assert family_of("::ffff:10.0.0.1") == "IPv4"
        assert family_of("10.0.0.1") == "IPv4"
        assert family_of("fd00::1") == "IPv6"


class TestEndpointAddresses:
    """`ValidateEndpointIP`: addresses that may be endpoints."""

    @pytest.mark.parametrize(
        ("text", "word"),
        [
            *(("0.0.0.0", "unspecified"), ("::", "unspecified"), ("127.0.0.1", "loopback"), ("::1", "loopback")),
            *(("127.255.255.255", "loopback"), ("169.254.1.1", "link-local range"), ("fe80::1", "link-local range")),
            *(("febf::1", "link-local range"), ("224.0.0.1", "multicast"), ("ff02::1", "multicast")),
            *(("ff12::1", "multicast"), ("::ffff:127.0.0.1", "loopback")),
        ],
    )
    def test_special(self, text: str, word: str) -> None:
        """Loopback, link-local and unspecified addresses are not endpoints."""
        [reason] = endpoint_ip_reasons(text)
        assert word in reason

    @pytest.mark.parametrize(
        "text", ["10.0.0.1", "192.0.2.1", "2001:db8::1", "224.0.1.1", "ff05::1", "fec0::1", "0.0.0.1"]
    )
    def test_ordinary(self, text: str) -> None:
        """All other addresses may be endpoints."""
        assert endpoint_ip_reasons(text) == ()


class TestBlocks:
    """`IsValidCIDRForLegacyField`."""

    @pytest.mark.parametrize("text", ["10.0.0.0/8", "0.0.0.0/0", "10.0.0.1/32", "2001:db8::/32", "::/0", "::1/128"])
    def test_good(self, text: str) -> None:
        """A block is an address and a prefix length, without bits beyond it."""
        assert cidr_reasons(text, strict=True) == ()

    @pytest.mark.parametrize(
        "text",
        [
            *("10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "2001:db8::/129", "10.0.0.0/-1", "10.0.0.0/8/8", "/8", ""),
            *("10.0.0.0/8 ", "10.0.0.0/a", "10.0.0.0/1000", "example.com/8", "10.0.0.0/\u0668", "10.0.0.0/255.0.0.0"),
        ],
    )
    def test_bad(self, text: str) -> None:
        """A missing, excessive or malformed prefix length is always refused."""
        assert len(cidr_reasons(text, strict=False)) == len(cidr_reasons(text, strict=True)) == 1

    @pytest.mark.parametrize(
        "text", ["010.0.0.0/8", "10.0.0.0/08", "::ffff:10.0.0.0/104", "10.0.0.1/8", "2001:db8::1/32", "10.0.0.0/00"]
    )
    def test_strict(self, text: str) -> None:
        """From 1.36 on, leading zeros, mapped addresses and bits beyond the prefix are refused."""
        assert cidr_reasons(text, strict=False) == ()
        assert len(cidr_reasons(text, strict=True)) == 1

    @given(st.ip_addresses(v=4) | st.ip_addresses(v=6), st.integers(0, 128))
    def test_every_block(self, address: ipaddress.IPv4Address | ipaddress.IPv6Address, bits: int) -> None:
        """Strict validation agrees with Python's, except for IPv4-mapped addresses."""
        text = f"{address}/{min(bits, address.max_prefixlen)}"
        try:
            network(text)
        except ValueError:
            fine = False
        else:
            fine = not (isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped)
        assert cidr_reasons(text, strict=False) == ()
        assert (cidr_reasons(text, strict=True) == ()) == fine


class TestStandardForms:
    """The standard form of an address or block, for warnings."""

    def test_mapped_addresses_up_to_1_32(self) -> None:
        """Up to 1.32, an IPv4-mapped address in canonical form is a standard form."""
        assert standard_form("::ffff:10.0.0.1", mapped_is_fine=True) is None
        assert standard_form("::FFFF:10.0.0.1", mapped_is_fine=True) == ("::ffff:10.0.0.1", True)

    @pytest.mark.parametrize(
        ("text", "better"),
        [
            ("10.0.0.1", None),
            ("fd00::1", None),
            ("example", None),
            ("010.0.0.1", ("10.0.0.1", True)),
            ("::ffff:10.0.0.1", ("10.0.0.1", True)),
            ("FD00::1", ("fd00::1", False)),
            ("fd00:0:0:0:0:0:0:1", ("fd00::1", False)),
        ],
    )
    def test_addresses(self, text: str, better: tuple[str, bool] | None) -> None:
        """The standard form is returned, and whether newer versions refuse the form at hand."""
        assert standard_form(text) == better

    @pytest.mark.parametrize(
        ("text", "better"),
        [
            ("10.0.0.0/8", None),
            ("nothing", None),
            ("10.0.0.1/8", ("10.0.0.0/8", True)),
            ("010.0.0.0/8", ("10.0.0.0/8", True)),
            ("FD00::/8", ("fd00::/8", False)),
        ],
    )
    def test_blocks(self, text: str, better: tuple[str, bool] | None) -> None:
        """For blocks, bits beyond the prefix are not standard either."""
        assert standard_block(text) == better
