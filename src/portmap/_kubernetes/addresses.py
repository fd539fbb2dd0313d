"""IP addresses and CIDR blocks as the API server's legacy fields read them.

These fields use Go's lenient parser. Unlike Python's `ipaddress` it accepts leading zeros in IPv4
numbers and reads an IPv4-mapped IPv6 address as IPv4; it accepts no zone. From 1.36 on the server
rejects both spellings, and CIDR blocks with bits beyond the prefix (gate StrictIPCIDRValidation).

Source: kubernetes/kubernetes 1.36.2,
`staging/src/k8s.io/apimachinery/pkg/util/validation/ip.go` and
`vendor/k8s.io/utils/internal/third_party/forked/golang/net/`.
"""

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    # Loaded with the first address: most Services have none.
    import ipaddress

Address: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"
Network: TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"

_IPV4: Final = re.compile(r"([0-9]+)\.([0-9]+)\.([0-9]+)\.([0-9]+)")
_DOTTED_TAIL: Final = re.compile(r"(.*:)([0-9]+\.[0-9]+\.[0-9]+\.[0-9]+)")
_LEADING_ZERO: Final = re.compile(r"(?:^|[.:/])0[0-9]+")
_HEX_GROUPS: Final = re.compile(r"[0-9A-Fa-f:]*")
_LAST_BYTE: Final = 255


def _plain_ipv4(text: str) -> str | None:
    """Return dotted IPv4 text without leading zeros, `None` if it is not an address."""
    match = _IPV4.fullmatch(text)
    if match is None or any(len(part.lstrip("0")) > 3 for part in match.groups()):
        return None
    numbers = [int(part) for part in match.groups()]
    return None if max(numbers) > _LAST_BYTE else ".".join(map(str, numbers))


@lru_cache(maxsize=4096)
def parse_ip(text: str) -> "Address | None":
    """Return the address, `None` if the text is not one (Go's `ParseIPSloppy`)."""
    import ipaddress

    if ":" not in text:
        plain = _plain_ipv4(text)
        return None if plain is None else ipaddress.IPv4Address(plain)
    head, tail = text, ""
    if "." in text:
        match = _DOTTED_TAIL.fullmatch(text)
        plain = match and _plain_ipv4(match.group(2))
        if match is None or plain is None:
            return None
        head, tail = match.group(1), plain
    if not _HEX_GROUPS.fullmatch(head):
        return None
    try:
        return ipaddress.IPv6Address(head + tail)
    except ValueError:
        return None


def ipv4_in(address: Address) -> "ipaddress.IPv4Address | None":
    """Return the IPv4 address in an IPv4-mapped IPv6 address (`::ffff:10.9.8.7`), `None` for others."""
    return address.ipv4_mapped if address.version == 6 else None


def family_of(text: str) -> str | None:
    """Return `IPv4` or `IPv6`, `None` if the text is not an address.

    An IPv4-mapped IPv6 address is IPv4, as in Go, where both are the same value.
    """
    found = family_and_form(text)
    return None if found is None else found[0]


def family_and_form(text: str) -> tuple[str, str] | None:
    """Return the family and the canonical text of an address, `None` if the text is not one."""
    if ":" not in text:
        # Most addresses are IPv4; those of a large cluster would evict each other from the cache of `parse_ip`.
        plain = _plain_ipv4(text)
        return None if plain is None else ("IPv4", plain)
    address = parse_ip(text)
    if address is None:
        return None
    mapped = ipv4_in(address)
    return ("IPv6", str(address)) if mapped is None else ("IPv4", str(mapped))


def ip_reasons(text: str, *, strict: bool) -> tuple[str, ...]:
    """Return why the text is not an IP address for a legacy field (`IsValidIPForLegacyField`)."""
    address = parse_ip(text)
    if address is None:
        return ("must be a valid IP address, such as 10.9.8.7 or 2001:db8::ffff",)
    if not strict:
        return ()
    reasons = []
    if "." in text and _LEADING_ZERO.search(text if ":" not in text else text[text.rfind(":") :]):
        reasons.append("must not have leading 0s")
    if ipv4_in(address):
        reasons.append("must not be an IPv4-mapped IPv6 address")
    return tuple(reasons)


def endpoint_ip_reasons(text: str) -> tuple[str, ...]:
    """Return why this address may not be an endpoint (`ValidateEndpointIP`)."""
    address = parse_ip(text)
    if address is None:
        return ("must be a valid IP address",)
    address = ipv4_in(address) or address
    reasons = []
    if address.is_unspecified:
        reasons.append("may not be the unspecified address")
    if address.is_loopback:
        reasons.append("may not be in the loopback range (127.0.0.0/8, ::1/128)")
    if address in _block("169.254.0.0/16" if address.version == 4 else "fe80::/10"):
        reasons.append("may not be in the link-local range (169.254.0.0/16, fe80::/10)")
    if address.version == 4 and address in _block("224.0.0.0/24"):
        reasons.append("may not be in the link-local multicast range (224.0.0.0/24)")
    if address.version == 6 and (int(address) >> 112) & 0xFF0F == 0xFF02:
        reasons.append("may not be in the link-local multicast range (ff02::/16)")
    return tuple(reasons)


def standard_form(text: str, *, mapped_is_fine: bool = False) -> tuple[str, bool] | None:
    """Return the standard form of an address, and whether strict validation rejects the form at hand.

    `None` if the text is not an address, or is in the standard form (`GetWarningsForIP`).

    Args:
        text: The address.
        mapped_is_fine: Whether an IPv4-mapped IPv6 address is a standard form, as up to 1.32.
    """
    address = parse_ip(text)
    if address is None:
        return None
    mapped = ipv4_in(address)
    good = f"::ffff:{mapped}" if mapped is not None and mapped_is_fine else str(mapped or address)
    return None if good == text else (good, bool(ip_reasons(text, strict=True)))


def standard_block(text: str) -> tuple[str, bool] | None:
    """Return the standard form of a CIDR block, as `standard_form` does (`GetWarningsForCIDR`)."""
    if cidr_reasons(text, strict=False):
        return None
    head, _, bits = text.partition("/")
    address = parse_ip(head)
    mapped = None if address is None else ipv4_in(address)
    plain = mapped or address
    width = int(bits) - (96 if mapped else 0)
    import ipaddress

    good = str(ipaddress.ip_network(f"{plain}/{max(width, 0)}", strict=False))
    return None if good == text else (good, bool(cidr_reasons(text, strict=True)))


@cache
def _block(text: str) -> Network:
    """Return one of the few blocks that this module names."""
    return network(text)


def cidr_reasons(text: str, *, strict: bool) -> tuple[str, ...]:
    """Return why the text is not a CIDR block for a legacy field (`IsValidCIDRForLegacyField`)."""
    head, slash, bits = text.partition("/")
    address = parse_ip(head)
    digits = slash and re.fullmatch(r"[0-9]+", bits)
    width = 128 if ":" in head else 32
    if address is None or not digits or len(bits.lstrip("0")) > 3 or int(bits) > width:
        return ("must be a valid CIDR block, such as 10.9.8.0/24 or 2001:db8::/64",)
    if not strict:
        return ()
    dotted = head if ":" not in head else head[head.rfind(":") :]
    if ("." in dotted and _LEADING_ZERO.search(dotted)) or (len(bits) > 1 and bits.startswith("0")):
        return ("must not have leading 0s in the address or the prefix length",)
    if ipv4_in(address):
        return ("must not have an IPv4-mapped IPv6 address",)
    if int(address) & ((1 << (width - int(bits))) - 1):
        return ("must not have bits set beyond the prefix length",)
    return ()


def is_within(inner: Network, outer: Network) -> bool:
    """Return whether every address of a block is in another block, which is of the same version then."""
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type] # of one version


@lru_cache(maxsize=4096)
def network_of(text: str) -> "Network | None":
    """Return the block that a CIDR text names without bits beyond the prefix, or `None`: Go's `ParseCIDRSloppy`."""
    if cidr_reasons(text, strict=False):
        return None
    import ipaddress

    head, _, bits = text.partition("/")
    address = parse_ip(head)
    mapped = None if address is None else ipv4_in(address)
    if mapped is None:
        return ipaddress.ip_network(f"{address}/{int(bits)}", strict=False)
    return ipaddress.ip_network(f"{mapped}/{max(int(bits) - 96, 0)}", strict=False)


def network(text: str) -> Network:
    """Return the block of a CIDR text, for the configuration of a cluster.

    Raises:
        ValueError: The text is not a CIDR block.
    """
    import ipaddress

    return ipaddress.ip_network(text)
