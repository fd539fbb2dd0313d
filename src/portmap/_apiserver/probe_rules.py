"""What the API server checks about probes and lifecycle hooks, which refer to ports of their container.

Source: kubernetes/kubernetes 1.36.2, `pkg/apis/core/validation/validation.go`:
`validateProbe`, `validateHandler`; `pkg/apis/core/v1/defaults.go`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, final

import attrs

from portmap._apiserver.problems import Problem, not_supported, port_name_problems
from portmap._apiserver.rule import RuleGroup
from portmap._kubernetes.field_path import ROOT, FieldPath
from portmap._kubernetes.names import port_number_reasons
from portmap._kubernetes.schema import INT32, INT64, INT_OR_TEXT, TEXT, TEXTS, list_of, struct

_SOURCE: Final = "pkg/apis/core/validation/validation.go, validateHandler"
_PROBE_SOURCE: Final = "pkg/apis/core/validation/validation.go, validateProbe"
_SCHEMES: Final = ("HTTP", "HTTPS")
_HEADER_NAME: Final = re.compile(r"[-A-Za-z0-9]+")

_HTTP_GET: Final = struct(
    {
        "path": TEXT,
        "port": INT_OR_TEXT,
        "host": TEXT,
        "scheme": TEXT,
        "httpHeaders": list_of(struct({"name": TEXT, "value": TEXT})),
        "protocol": TEXT,
    }
)
_ACTIONS: Final = {
    "exec": struct({"command": TEXTS}),
    "httpGet": _HTTP_GET,
    "tcpSocket": struct({"port": INT_OR_TEXT, "host": TEXT}),
}
PROBE: Final = struct(
    {
        **_ACTIONS,
        "grpc": struct({"port": INT32, "service": TEXT, "mode": TEXT}),
        "initialDelaySeconds": INT32,
        "timeoutSeconds": INT32,
        "periodSeconds": INT32,
        "successThreshold": INT32,
        "failureThreshold": INT32,
        "terminationGracePeriodSeconds": INT64,
    }
)
_HOOK: Final = struct({**_ACTIONS, "sleep": struct({"seconds": INT64})})
LIFECYCLE: Final = struct({"postStart": _HOOK, "preStop": _HOOK, "stopSignal": TEXT})

DEFAULT_GRACE_PERIOD: Final = 30
"""The seconds that a pod has to terminate by default."""

# In the order in which the server checks them.
_ACTION_NAMES: Final = ("exec", "httpGet", "tcpSocket", "grpc", "sleep")


@final
@attrs.define(eq=False)
class Handler:
    """A probe or hook, decoded.

    Attributes:
        field: `livenessProbe`, `readinessProbe`, `startupProbe`, or `postStart` and
            `preStop` of `lifecycle`.
        data: All its fields.
        grace_period: The seconds that its pod has to terminate.
    """

    field: str
    data: Mapping[str, Any]
    grace_period: int = DEFAULT_GRACE_PERIOD

    @property
    def action(self) -> tuple[str, Mapping[str, Any]]:
        """The name of the action that the server uses, the first one, and its fields."""
        name = next((name for name in _ACTION_NAMES if name in self.data), "")
        return name, self.data.get(name, {})


HANDLER_RULES: Final = RuleGroup[Handler]("probes and hooks", source=_SOURCE, about="Pod")


@HANDLER_RULES.rule("handler-required", "spec.containers[*].*Probe", "FieldValueRequired")
def handler_required(handler: Handler) -> Iterator[Problem]:
    """Probe or hook has no handler.

    A handler is `httpGet`, `tcpSocket`, `grpc` or `exec`.
    """
    if not handler.action[0]:
        yield Problem(ROOT, "must have a handler", hint="add one of httpGet, tcpSocket, grpc (probes only) or exec")


@HANDLER_RULES.rule(
    "hook-sleep-too-long",
    "spec.containers[*].lifecycle.*.sleep",
    "FieldValueInvalid",
    source="pkg/apis/core/validation/validation.go, validateSleepAction",
)
def hook_sleep_too_long(handler: Handler) -> Iterator[Problem]:
    """Hook sleeps for longer than the pod has to terminate, or for a negative time.

    The pod has `terminationGracePeriodSeconds`, by default 30.
    """
    name, action = handler.action
    seconds = action.get("seconds", 0)
    if name == "sleep" and not 0 <= seconds <= handler.grace_period:
        detail = f"must not be negative or more than terminationGracePeriodSeconds, which is {handler.grace_period}"
        yield Problem(FieldPath("sleep"), detail, seconds, "shorten it, or raise terminationGracePeriodSeconds")


@HANDLER_RULES.rule("several-handlers", "spec.containers[*].*Probe.*", "FieldValueForbidden")
def several_handlers(handler: Handler) -> Iterator[Problem]:
    """Probe or hook has several handlers."""
    for name in [name for name in _ACTION_NAMES if name in handler.data][1:]:
        yield Problem(FieldPath(name), "may not be given beside another action", hint="keep one of them")


@HANDLER_RULES.rule("probe-port-out-of-range", "spec.containers[*].*Probe.*.port", "FieldValueInvalid")
def probe_port_out_of_range(handler: Handler) -> Iterator[Problem]:
    """Port number of a probe or hook is not from 1 to 65535.

    It has no default.
    """
    name, action = handler.action
    if name in {"httpGet", "tcpSocket", "grpc"}:
        port = action.get("port", 0)
        reasons = port_number_reasons(port) if isinstance(port, int) else ()
        if reasons:
            yield Problem(FieldPath(name, "port"), "; ".join(reasons), port)


@HANDLER_RULES.rule("probe-port-name-syntax", "spec.containers[*].*Probe.*.port", "FieldValueInvalid")
def probe_port_name_syntax(handler: Handler) -> list[Problem] | None:
    """Port name of a probe or hook is not a valid name of a container port.

    The name refers to a port of the same container.
    """
    name, action = handler.action
    port = action.get("port")
    return port_name_problems(port, FieldPath(name, "port")) if isinstance(port, str) else None


@HANDLER_RULES.rule("unsupported-scheme", "spec.containers[*].*Probe.httpGet.scheme", "FieldValueNotSupported")
def unsupported_scheme(handler: Handler) -> Iterator[Problem]:
    """Scheme of an HTTP probe is not HTTP or HTTPS.

    The value is case-sensitive.
    """
    name, action = handler.action
    scheme = action.get("scheme")
    if name == "httpGet" and scheme and scheme not in _SCHEMES:
        hint = f"write {scheme.upper()}" if scheme.upper() in _SCHEMES else None
        yield not_supported(FieldPath("httpGet", "scheme"), scheme, _SCHEMES, hint)


@HANDLER_RULES.rule("header-name-syntax", "spec.containers[*].*Probe.httpGet.httpHeaders", "FieldValueInvalid")
def header_name_syntax(handler: Handler) -> Iterator[Problem]:
    """Name of an HTTP header is not valid.

    A valid name has letters, digits and hyphens.
    """
    name, action = handler.action
    for header in action.get("httpHeaders", ()) if name == "httpGet" else ():
        text = header.get("name", "")
        if not _HEADER_NAME.fullmatch(text):
            yield Problem(FieldPath("httpGet", "httpHeaders"), "must be letters, digits and hyphens", text)


@HANDLER_RULES.rule("command-required", "spec.containers[*].*Probe.exec.command", "FieldValueRequired")
def command_required(handler: Handler) -> Iterator[Problem]:
    """Probe or hook with `exec` has no command."""
    name, action = handler.action
    if name == "exec" and not action.get("command"):
        yield Problem(FieldPath("exec", "command"), "must be set")


@HANDLER_RULES.rule("probe-number-negative", "spec.containers[*].*Probe.*", "FieldValueInvalid", source=_PROBE_SOURCE)
def probe_number_negative(handler: Handler) -> Iterator[Problem]:
    """Time or threshold of a probe is negative."""
    for name in ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"):
        if handler.data.get(name, 0) < 0:
            yield Problem(FieldPath(name), "must not be negative", handler.data[name])


@HANDLER_RULES.rule(
    "probe-success-threshold",
    "spec.containers[*].*Probe.successThreshold",
    "FieldValueInvalid",
    source="pkg/apis/core/validation/validation.go, validateLivenessProbe",
)
def probe_success_threshold(handler: Handler) -> Iterator[Problem]:
    """Success threshold of a liveness or startup probe is not 1."""
    threshold = handler.data.get("successThreshold") or 1
    if handler.field in {"livenessProbe", "startupProbe"} and threshold != 1:
        yield Problem(FieldPath("successThreshold"), "must be 1", threshold, "leave it out")


@HANDLER_RULES.rule(
    "probe-grace-period",
    "spec.containers[*].*Probe.terminationGracePeriodSeconds",
    "FieldValueInvalid",
    source=_PROBE_SOURCE,
)
def probe_grace_period(handler: Handler) -> Iterator[Problem]:
    """Grace period of a probe is not positive, or is set for a readiness probe.

    A readiness probe terminates nothing.
    """
    seconds = handler.data.get("terminationGracePeriodSeconds")
    if seconds is not None and (seconds <= 0 or handler.field == "readinessProbe"):
        detail = "must not be set for a readiness probe" if seconds > 0 else "must be greater than 0"
        yield Problem(FieldPath("terminationGracePeriodSeconds"), detail, seconds, "leave it out")
