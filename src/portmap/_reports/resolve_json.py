"""`portmap resolve --format json`: one object, whose fields docs/cli.md tells."""

import json
from typing import Any, Final

from portmap._kubernetes.errors import Span
from portmap._kubernetes.violations import Violation
from portmap._manifests.documents import Document
from portmap._reports.routes import Missed, Place, Reached, Report, Route, ServiceRoutes
from portmap._reports.unreadable import position, unreadable_data

__all__ = ["VERSION", "as_json"]

VERSION: Final = 1
"""The version of the schema. It changes when a field is taken away or means something else."""


def as_json(report: Report) -> str:
    """The report as JSON text, in ASCII, with the fields in the order of their names."""
    data = {
        "version": VERSION,
        "kubernetesVersion": report.cluster.version,
        "services": [_service(each) for each in report.services],
        "invalidWorkloads": [
            _identity(each, _namespace(each)) | {"violations": _violations(each)} for each in report.invalid_workloads
        ],
        "unreadable": [unreadable_data(each) for each in report.unreadable],
        "counts": {
            "services": len(report.services),
            "invalidServices": report.invalid_services,
            "portsLeadingNowhere": report.ports_leading_nowhere,
            "workloads": report.workloads,
            "pods": report.pods,
            "invalidWorkloads": len(report.invalid_workloads),
            "others": report.others,
            "unreadable": len(report.unreadable),
        },
    }
    return json.dumps(data, indent=2, sort_keys=True) + "\n"


def _identity(document: Document, namespace: str | None) -> dict[str, Any]:
    place = Place.of(document)
    return {
        "kind": document.kind,
        "name": document.name,
        "namespace": namespace,
        "source": place.source,
        "line": place.line,
    }


def _namespace(document: Document) -> str | None:
    """The namespace that an invalid object names, whatever else is wrong with it."""
    metadata = document.raw.get("metadata")
    namespace = metadata.get("namespace") if isinstance(metadata, dict) else None
    return namespace if isinstance(namespace, str) else None


def _service(service: ServiceRoutes) -> dict[str, Any]:
    return _identity(service.document, service.namespace) | {
        "elsewhere": service.elsewhere,
        "leadsNowhere": bool(service.leads_nowhere or service.document.violations),
        "ports": [_route(each) for each in service.routes],
        "violations": _violations(service.document),
    }


def _route(route: Route) -> dict[str, Any]:
    port = route.port
    return {
        "name": port and port.name,
        "port": port and port.port,
        "protocol": port and port.effective_protocol,
        "nodePort": (port and port.node_port) or None,
        "targetPort": port and port.effective_target_port,
        "approaches": [each.as_dict() for each in route.approaches],
        "beyond": route.beyond,
        "endpoints": [_endpoint(each) for each in route.reached],
        "misses": [_miss(each) for each in route.misses],
    }


def _endpoint(reached: Reached) -> dict[str, Any]:
    return {
        "pod": reached.pod,
        "workload": reached.workload,
        "source": reached.place.source,
        "line": reached.place.line,
        "container": reached.container,
        "port": reached.port,
        "protocol": reached.protocol,
        "ready": reached.ready,
    }


def _miss(missed: Missed) -> dict[str, Any]:
    miss, place = missed.miss, missed.place
    return {
        "code": miss.code,
        "message": miss.message,
        "hint": miss.hint,
        "pod": None if miss.workload else miss.pod,
        "workload": miss.workload,
        "source": place and place.source,
        "line": place and place.line,
    }


def _violations(document: Document) -> list[dict[str, Any]]:
    return [_violation(each, document.span(each.field)) for each in document.violations]


def _violation(violation: Violation, span: Span | None) -> dict[str, Any]:
    return violation.as_dict() | position(span)
