"""Assertions about ports, for the tests of one's own infrastructure.

    >>> from portmap.testing import assert_routes
    >>> def test_http_reaches_the_app():
    ...     assert_routes(web, [pod], port="http", to=8080, container="app")
    ...
    >>> test_http_reaches_the_app()

What fails raises `AssertionError` with the table of where every port leads and, for those
that lead nowhere, what was probably meant. No test framework is needed; under pytest, the
traceback ends at the line of the test.
"""

from portmap._testing.assertions import (
    Environment,
    Refusal,
    assert_contract_kept,
    assert_no_findings,
    assert_routes,
    assert_unreachable,
    violates,
)

__all__ = [
    "Environment",
    "Refusal",
    "assert_contract_kept",
    "assert_no_findings",
    "assert_routes",
    "assert_unreachable",
    "violates",
]
