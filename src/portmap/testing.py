"""Assertions about ports, for tests of infrastructure.

    >>> from portmap.testing import assert_routes
    >>> def test_http_reaches_the_app():
    ...     assert_routes(web, [pod], port="http", to=8080, container="app")
    ...
    >>> test_http_reaches_the_app()

A failure raises `AssertionError` with the endpoints of every port and, for ports without any, a
hint. No test framework is needed; under pytest, the traceback ends at the line of the test.
"""

from portmap._testing.assertions import assert_contract_kept, assert_no_findings, assert_routes, assert_unreachable
from portmap._testing.environment import Environment
from portmap._testing.refusal import Refusal, violates

__all__ = [
    "Environment",
    "Refusal",
    "assert_contract_kept",
    "assert_no_findings",
    "assert_routes",
    "assert_unreachable",
    "violates",
]
