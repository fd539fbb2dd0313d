r"""The grammars of Kubernetes' names and numbers, as pure functions.

Each function takes a value of the right type and returns the reasons why it is invalid, none if it
is valid. Lengths are in bytes, and patterns match up to the true end of the text, as in Go:
`"http\n"` is not a name.

Sources are paths in kubernetes/kubernetes at 1.36.2:
`staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go` and
`staging/src/k8s.io/apimachinery/pkg/api/validate/content/`.
"""

import re
from functools import lru_cache
from typing import Final

LONGEST_PORT_NAME: Final = 15
LONGEST_LABEL: Final = 63
LONGEST_SUBDOMAIN: Final = 253
LONGEST_QUALIFIED: Final = LONGEST_SUBDOMAIN + 1 + LONGEST_LABEL

API_SERVER_SERVICE: Final = ("kubernetes", "default")
"""The name and namespace of the Service of the API server, which every cluster has.

Its cluster IP is the first address of the first service CIDR.
"""

Reasons = tuple[str, ...]
_FINE: Final[Reasons] = ()

_PORT_NAME = re.compile(r"[a-z0-9](?:-?[a-z0-9])*")
_PORT_NAME_CHARACTERS = re.compile(r"[-a-z0-9]+")
_LETTER = re.compile(r"[a-z]")
# A lookbehind for the last character is faster than backtracking.
_DNS_LABEL = re.compile(r"[a-z0-9][-a-z0-9]*(?<!-)")
_DNS_LABEL_1035 = re.compile(r"[a-z][-a-z0-9]*(?<!-)")
_DNS_SUBDOMAIN = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*")
_QUALIFIED = re.compile(r"[A-Za-z0-9][-A-Za-z0-9_.]*(?<![-_.])")


# Manifests repeat the same names. Callers pass short names only, so the cache stays small.
@lru_cache(maxsize=4096)
def _is_port_name(name: str) -> bool:
    return _PORT_NAME.fullmatch(name) is not None and _LETTER.search(name) is not None


@lru_cache(maxsize=4096)
def _is_qualified_name(name: str) -> bool:
    prefix, slash, last = name.rpartition("/")
    good = len(last) <= LONGEST_LABEL and _QUALIFIED.fullmatch(last) is not None
    return good and (not slash or not dns_subdomain_reasons(prefix))


def _length(text: str) -> int:
    """Return the length in bytes; a lone surrogate counts as three, like the U+FFFD that Go replaces it with."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def port_number_reasons(number: int) -> Reasons:
    """Return why a number is not a port (`IsValidPortNum`)."""
    if 1 <= number <= 65535:
        return _FINE
    return ("must be between 1 and 65535, inclusive",)


def port_name_reasons(name: str) -> Reasons:
    """Return why a name is not an IANA service name of at most 15 characters (`IsValidPortName`, RFC 6335).

    This is the grammar of a container port's name and of a `targetPort` given by name. A Service
    port's name is a DNS label.
    """
    if len(name) <= LONGEST_PORT_NAME and _is_port_name(name):
        return _FINE
    reasons = []
    if _length(name) > LONGEST_PORT_NAME:
        reasons.append(f"must be no more than {LONGEST_PORT_NAME} characters")
    if not _PORT_NAME_CHARACTERS.fullmatch(name):
        reasons.append("must contain only lower-case letters, digits and hyphens (a-z, 0-9, -)")
    if not _LETTER.search(name):
        reasons.append("must contain at least one letter (a-z)")
    if "--" in name:
        reasons.append("must not contain consecutive hyphens")
    if name.startswith("-") or name.endswith("-"):
        reasons.append("must not begin or end with a hyphen")
    return tuple(reasons)


def path_segment_reasons(name: str) -> Reasons:
    """Return why a name cannot begin a segment of a URL's path (`IsValidPathSegmentPrefix`)."""
    return tuple(f"must not contain {character!r}" for character in "/%" if character in name)


def path_segment_name_reasons(name: str) -> Reasons:
    """`IsValidPathSegmentName`: a path segment that is not `.` or `..`."""
    return (f"must not be {name!r}",) if name in {".", ".."} else path_segment_reasons(name)


def wildcard_subdomain_reasons(name: str) -> Reasons:
    """`IsWildcardDNS1123Subdomain`: `*.` and a DNS subdomain, at most 253 characters in all."""
    if not name.startswith("*.") or "*" in name[2:]:
        return ("must be *. and a DNS subdomain",)
    if len(name) > LONGEST_SUBDOMAIN:
        return (f"must be no more than {LONGEST_SUBDOMAIN} characters",)
    return dns_subdomain_reasons(name[2:])


def dns_label_reasons(name: str) -> Reasons:
    """Return why a name is not a DNS label of at most 63 characters (`IsDNS1123Label`)."""
    if len(name) <= LONGEST_LABEL and _DNS_LABEL.fullmatch(name):
        return _FINE
    reasons = []
    if _length(name) > LONGEST_LABEL:
        reasons.append(f"must be no more than {LONGEST_LABEL} characters")
    if not _DNS_LABEL.fullmatch(name):
        if _DNS_SUBDOMAIN.fullmatch(name):
            reasons.append("must not contain dots")
        else:
            reasons.append(
                "must consist of a-z, 0-9 and -, and begin and end with a letter or digit (an RFC 1123 label)"
            )
    return tuple(reasons)


def dns_label_1035_reasons(name: str) -> Reasons:
    """Return why a name is not a DNS label that begins with a letter (`IsDNS1035Label`)."""
    if _DNS_LABEL_1035.fullmatch(name) and len(name) <= LONGEST_LABEL:
        return _FINE
    reasons = []
    if _length(name) > LONGEST_LABEL:
        reasons.append(f"must be no more than {LONGEST_LABEL} characters")
    if not _DNS_LABEL_1035.fullmatch(name):
        reasons.append(
            "must consist of a-z, 0-9 and -, begin with a letter and end with a letter or digit (an RFC 1035 label)"
        )
    return tuple(reasons)


def dns_subdomain_reasons(name: str) -> Reasons:
    """Return why a name is not a DNS subdomain of at most 253 characters (`IsDNS1123Subdomain`)."""
    if _DNS_SUBDOMAIN.fullmatch(name) and len(name) <= LONGEST_SUBDOMAIN:
        return _FINE
    reasons = []
    if _length(name) > LONGEST_SUBDOMAIN:
        reasons.append(f"must be no more than {LONGEST_SUBDOMAIN} characters")
    if not _DNS_SUBDOMAIN.fullmatch(name):
        reasons.append("must consist of labels of a-z, 0-9 and -, joined by dots (an RFC 1123 subdomain)")
    return tuple(reasons)


def domain_name_reasons(name: str) -> Reasons:
    """`IsFullyQualifiedDomainName`: a DNS subdomain of at least two labels, with or without a dot at the end."""
    bare = name.removesuffix(".")
    reasons = dns_subdomain_reasons(bare)
    if reasons:
        return reasons
    if "." not in bare:
        return ("must be a domain with at least two labels separated by dots",)
    return next(filter(None, map(dns_label_reasons, bare.split("."))), _FINE)


def qualified_name_reasons(name: str) -> Reasons:
    """Return why a name is not a qualified name, `[prefix/]name`, as label keys are (`IsQualifiedName`)."""
    if len(name) <= LONGEST_QUALIFIED and _is_qualified_name(name):
        return _FINE
    parts = name.split("/")
    reasons: list[str] = []
    if len(parts) > 2:
        return ("must be a name, or a DNS prefix and a name with one `/` between them",)
    if len(parts) == 2:
        prefix = parts[0]
        if not prefix:
            reasons.append("prefix part must not be empty")
        else:
            reasons.extend(f"prefix part {reason}" for reason in dns_subdomain_reasons(prefix))
    last = parts[-1]
    if not last:
        reasons.append("name part must not be empty")
    elif _length(last) > LONGEST_LABEL:
        reasons.append(f"name part must be no more than {LONGEST_LABEL} bytes")
    if not _QUALIFIED.fullmatch(last):
        reasons.append("name part must consist of A-Z, a-z, 0-9, -, _ and ., and begin and end with a letter or digit")
    return tuple(reasons)


def label_value_reasons(value: str) -> Reasons:
    """Return why a text is not the value of a label (`IsValidLabelValue`)."""
    # Values differ from object to object, so a cache would cost more than the match.
    if not value or (len(value) <= LONGEST_LABEL and _QUALIFIED.fullmatch(value)):
        return _FINE
    reasons = []
    if _length(value) > LONGEST_LABEL:
        reasons.append(f"must be no more than {LONGEST_LABEL} bytes")
    if not _QUALIFIED.fullmatch(value):
        reasons.append(
            "must be empty, or consist of A-Z, a-z, 0-9, -, _ and ., and begin and end with a letter or digit"
        )
    return tuple(reasons)


def masked_name(prefix: str) -> str:
    """Return a `generateName` as the server checks it, without a hyphen at its end.

    `maskTrailingDash` replaces the hyphen and the character before it by `a`, so `A-` is a valid
    `generateName` and fails as a name (apimachinery `pkg/api/validation/name.go`).
    """
    return prefix[:-2] + "a" if len(prefix) > 1 and prefix.endswith("-") else prefix
