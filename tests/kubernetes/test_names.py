"""The grammars of Kubernetes' names and numbers."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portmap._kubernetes.names import (
    dns_label_1035_reasons,
    dns_label_reasons,
    dns_subdomain_reasons,
    label_value_reasons,
    masked_name,
    port_name_reasons,
    port_number_reasons,
    qualified_name_reasons,
)

Grammar = Callable[[str], tuple[str, ...]]

# Kubernetes' own patterns, anchored at the true end of the text, and its limits in bytes.
_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"


def _matches(pattern: str, text: str, longest: int) -> bool:
    return re.fullmatch(pattern, text) is not None and len(text.encode("utf-8", "surrogatepass")) <= longest


def is_port_name(text: str) -> bool:
    """Return what `IsValidPortName` returns."""
    return (
        len(text) <= 15
        and re.fullmatch(r"[-a-z0-9]+", text) is not None
        and re.search(r"[a-z]", text) is not None
        and "--" not in text
        and not text.startswith("-")
        and not text.endswith("-")
    )


def is_qualified(text: str) -> bool:
    """Return what `IsQualifiedName` returns."""
    prefix, slash, name = text.rpartition("/")
    if not _matches(_QUALIFIED, name, 63) or text.count("/") > 1:
        return False
    return not slash or _matches(rf"{_LABEL}(\.{_LABEL})*", prefix, 253)


GRAMMARS: list[tuple[Grammar, Callable[[str], bool]]] = [
    (port_name_reasons, is_port_name),
    (dns_label_reasons, lambda text: _matches(_LABEL, text, 63)),
    (dns_label_1035_reasons, lambda text: _matches(r"[a-z]([-a-z0-9]*[a-z0-9])?", text, 63)),
    (dns_subdomain_reasons, lambda text: _matches(rf"{_LABEL}(\.{_LABEL})*", text, 253)),
    (qualified_name_reasons, is_qualified),
    (label_value_reasons, lambda text: not text or _matches(_QUALIFIED, text, 63)),
]
NAMES = [grammar.__name__ for grammar, _ in GRAMMARS]

NEARLY = st.text(st.sampled_from("ab-./_ A1Z0é\n"), max_size=70) | st.text(max_size=20)
LENGTHS = st.builds(
    lambda text, count: (text * count)[:260],
    st.sampled_from(["a", "ab-c", "a.b", "A", "1", "é"]),
    st.integers(0, 260),
)


@pytest.mark.parametrize(("grammar", "expected"), GRAMMARS, ids=NAMES)
@given(text=NEARLY | LENGTHS)
def test_each_grammar_is_kubernetes_own(grammar: Grammar, expected: Callable[[str], bool], text: str) -> None:
    """A text has no reasons if and only if Kubernetes' patterns and limits accept it."""
    assert (grammar(text) == ()) == expected(text)


@pytest.mark.parametrize("grammar", [grammar for grammar, _ in GRAMMARS], ids=NAMES)
@pytest.mark.parametrize("text", ["http\n", "\nhttp", "http ", "ht\x00tp", "ht\ud800tp", "\uff48ttp", "httpé"])
def test_the_end_of_the_text(grammar: Grammar, text: str) -> None:
    """No grammar accepts a newline at the end, white space, other alphabets or surrogates."""
    assert grammar(text)


class TestPortNumbers:
    """`IsValidPortNum`: 1 to 65535."""

    @pytest.mark.parametrize("number", [1, 80, 65535])
    def test_good(self, number: int) -> None:
        """Both limits are valid."""
        assert port_number_reasons(number) == ()

    @pytest.mark.parametrize("number", [0, -1, 65536, 2**31, 10**30])
    def test_bad(self, number: int) -> None:
        """All other numbers are invalid, however large."""
        assert len(port_number_reasons(number)) == 1


class TestPortNames:
    """`IsValidPortName`: a container port's name, and a `targetPort` by name."""

    @pytest.mark.parametrize("name", ["http", "8080-tcp", "a", "a" * 15, "1a", "p-1-2"])
    def test_good(self, name: str) -> None:
        """At most 15 of a-z, 0-9 and single hyphens, with a letter."""
        assert port_name_reasons(name) == ()

    @pytest.mark.parametrize(
        ("name", "count"),
        [
            ("a" * 16, 1),
            ("8080", 1),
            ("", 2),
            ("HTTP", 2),
            ("http_alt", 1),
            ("a--b", 1),
            ("-a", 1),
            ("a-", 1),
            ("-A--" + "1" * 16, 5),
        ],
    )
    def test_bad(self, name: str, count: int) -> None:
        """Each problem is reported once."""
        assert len(port_name_reasons(name)) == count

    def test_lengths_are_bytes(self) -> None:
        """Eight characters of two bytes are more than 15."""
        assert "must be no more than 15 characters" in port_name_reasons("é" * 8)
        assert "must be no more than 15 characters" not in port_name_reasons("é" * 7)


class TestDnsLabels:
    """`IsDNS1123Label`: a Service port's name, a namespace, and since 1.36 a Service's name."""

    @pytest.mark.parametrize("name", ["a", "0", "8080", "a--b", "x" * 63])
    def test_good(self, name: str) -> None:
        """Digits alone and two adjacent hyphens are valid, unlike in a container port's name."""
        assert dns_label_reasons(name) == ()

    @pytest.mark.parametrize("name", ["", "-a", "a-", "A", "a_b", "x" * 64, "a b"])
    def test_bad(self, name: str) -> None:
        """Both ends are alphanumeric, and there are at most 63 characters."""
        assert dns_label_reasons(name)

    def test_dots(self) -> None:
        """For a name with dots, the reason names the dots."""
        assert dns_label_reasons("web.shop") == ("must not contain dots",)

    def test_both(self) -> None:
        """Length and characters are both reported."""
        assert len(dns_label_reasons("X" * 64)) == 2
        assert len(dns_label_1035_reasons("1" * 64)) == 2

    def test_1035_begins_with_a_letter(self) -> None:
        """Up to 1.35, a Service's name begins with a letter."""
        assert dns_label_1035_reasons("web") == ()
        assert dns_label_1035_reasons("1web")
        assert dns_label_reasons("1web") == ()


class TestSubdomains:
    """`IsDNS1123Subdomain`: the name of a pod, and an external name."""

    @pytest.mark.parametrize("name", ["a", "a.b.c", "1.2.3.4", "x" * 253, "a-b.c"])
    def test_good(self, name: str) -> None:
        """A subdomain is labels joined by dots; the length of a label does not matter."""
        assert dns_subdomain_reasons(name) == ()

    @pytest.mark.parametrize("name", ["", ".a", "a.", "a..b", "a-.b", "x" * 254, "A.b"])
    def test_bad(self, name: str) -> None:
        """A subdomain has no empty labels, no upper case, and at most 253 characters."""
        assert dns_subdomain_reasons(name)

    def test_both(self) -> None:
        """Length and characters are both reported."""
        assert len(dns_subdomain_reasons("X" * 254)) == 2


class TestQualifiedNames:
    """`IsQualifiedName`: keys of labels and annotations, `appProtocol`, load balancer classes."""

    @pytest.mark.parametrize("name", ["app", "A_b.c-d", "example.com/app", "kubernetes.io/h2c", "a/" + "x" * 63])
    def test_good(self, name: str) -> None:
        """A qualified name is a name, or a DNS prefix and a name."""
        assert qualified_name_reasons(name) == ()

    @pytest.mark.parametrize(
        ("name", "count"),
        [("", 2), ("a/b/c", 1), ("/a", 1), ("a/", 2), ("A/b", 1), ("x" * 64, 1), ("a b", 1), ("-" * 64, 2)],
    )
    def test_bad(self, name: str, count: int) -> None:
        """The reasons of each part are reported separately."""
        assert len(qualified_name_reasons(name)) == count


class TestLabelValues:
    """`IsValidLabelValue`: empty, or like a name without prefix."""

    @pytest.mark.parametrize("value", ["", "web", "1.0", "A_b", "x" * 63])
    def test_good(self, value: str) -> None:
        """A label's value may be empty."""
        assert label_value_reasons(value) == ()

    @pytest.mark.parametrize(("value", "count"), [("my web", 1), ("-a", 1), ("x" * 64, 1), (" " * 64, 2)])
    def test_bad(self, value: str, count: int) -> None:
        """Length and characters are reported separately."""
        assert len(label_value_reasons(value)) == count


class TestMaskedNames:
    """`maskTrailingDash`: the form in which a `generateName` is checked."""

    @pytest.mark.parametrize(
        ("prefix", "checked"), [("web-", "wea"), ("web", "web"), ("-", "-"), ("A-", "a"), ("", "")]
    )
    def test_masked(self, prefix: str, checked: str) -> None:
        """A hyphen at the end and the character before it become one letter."""
        assert masked_name(prefix) == checked
