r"""The grammars of Kubernetes' names and numbers, as pure functions.

Each function takes a value of the right type and returns the reasons why it is
not in the language, none if it is. Where a reason belongs (field, rule) is the
caller's business. Lengths are counted in bytes, and patterns are matched to the
true end of the text, as Go does: `"http\n"` is not a name.

Sources are paths in kubernetes/kubernetes at 1.36.2:
`staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go` and
`staging/src/k8s.io/apimachinery/pkg/api/validate/content/`.
"""

import re
from functools import lru_cache
from typing import Final

__all__ = [
    "dns_label_1035_reasons",
    "dns_label_reasons",
    "dns_subdomain_reasons",
    "label_value_reasons",
    "masked_name",
    "path_segment_reasons",
    "port_name_reasons",
    "port_number_reasons",
    "qualified_name_reasons",
]

LONGEST_PORT_NAME: Final = 15
LONGEST_LABEL: Final = 63
LONGEST_SUBDOMAIN: Final = 253
LONGEST_QUALIFIED: Final = LONGEST_SUBDOMAIN + 1 + LONGEST_LABEL

Reasons = tuple[str, ...]
_FINE: Final[Reasons] = ()

_PORT_NAME = re.compile(r"[a-z0-9](?:-?[a-z0-9])*")
_PORT_NAME_CHARACTERS = re.compile(r"[-a-z0-9]+")
_LETTER = re.compile(r"[a-z]")
# What may not stand at the end is looked back at: that is quicker than to go back for it.
_DNS_LABEL = re.compile(r"[a-z0-9][-a-z0-9]*(?<!-)")
_DNS_LABEL_1035 = re.compile(r"[a-z][-a-z0-9]*(?<!-)")
_DNS_SUBDOMAIN = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*")
_QUALIFIED = re.compile(r"[A-Za-z0-9][-A-Za-z0-9_.]*(?<![-_.])")


# The same few names come again and again; only short ones are ever remembered.
@lru_cache(maxsize=4096)
def _is_port_name(name: str) -> bool:
    return _PORT_NAME.fullmatch(name) is not None and _LETTER.search(name) is not None


@lru_cache(maxsize=4096)
def _is_qualified_name(name: str) -> bool:
    prefix, slash, last = name.rpartition("/")
    good = len(last) <= LONGEST_LABEL and _QUALIFIED.fullmatch(last) is not None
    return good and (not slash or not dns_subdomain_reasons(prefix))


def _length(text: str) -> int:
    """The length in bytes; a lone surrogate counts three, as the U+FFFD that Go makes of it."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def port_number_reasons(number: int) -> Reasons:
    """`IsValidPortNum`: 1 to 65535."""
    if 1 <= number <= 65535:
        return _FINE
    return ("must be between 1 and 65535, inclusive",)


def port_name_reasons(name: str) -> Reasons:
    """`IsValidPortName`: an IANA service name (RFC 6335), at most 15 characters.

    The grammar of a container port's name and of a `targetPort` given by name. It
    is not the grammar of a Service port's name, which is `dns_label_reasons`.
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
    """`IsValidPathSegmentPrefix`: without the characters that divide or escape in URLs."""
    return tuple(f"must not contain {each!r}" for each in "/%" if each in name)


def dns_label_reasons(name: str) -> Reasons:
    """`IsDNS1123Label`: at most 63 of a-z, 0-9 and -, alphanumeric at both ends."""
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
    """`IsDNS1035Label`: a DNS label that begins with a letter."""
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
    """`IsDNS1123Subdomain`: labels joined by dots, at most 253 characters in all."""
    if _DNS_SUBDOMAIN.fullmatch(name) and len(name) <= LONGEST_SUBDOMAIN:
        return _FINE
    reasons = []
    if _length(name) > LONGEST_SUBDOMAIN:
        reasons.append(f"must be no more than {LONGEST_SUBDOMAIN} characters")
    if not _DNS_SUBDOMAIN.fullmatch(name):
        reasons.append("must consist of labels of a-z, 0-9 and -, joined by dots (an RFC 1123 subdomain)")
    return tuple(reasons)


def qualified_name_reasons(name: str) -> Reasons:
    """`IsQualifiedName`: the syntax of label keys, `[prefix/]name`."""
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
    """`IsValidLabelValue`: empty, or at most 63 bytes with alphanumeric ends."""
    # Unlike keys, values differ from object to object: to remember them costs more than to look at them.
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
    """A `generateName` as the server checks it: a trailing hyphen is masked.

    `maskTrailingDash` replaces the hyphen and the character before it by `a`, so
    that `A-` passes here and fails as a name (apimachinery `pkg/api/validation/name.go`).
    """
    return prefix[:-2] + "a" if len(prefix) > 1 and prefix.endswith("-") else prefix
