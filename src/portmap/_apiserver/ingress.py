"""Ingresses: their fields, and what the API server checks about them.

Source: kubernetes/kubernetes 1.36.2, `pkg/apis/networking/validation/validation.go`, `ValidateIngressCreate`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from portmap._apiserver.admission import name_grammar
from portmap._apiserver.object_kind import DecodedObject, ObjectKind, object_schema, rules_of_object
from portmap._apiserver.problems import Problem, invalid, not_supported
from portmap._apiserver.rule import RuleGroup, Stage
from portmap._kubernetes.addresses import parse_ip
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.names import (
    dns_subdomain_reasons,
    path_segment_name_reasons,
    port_name_reasons,
    port_number_reasons,
    wildcard_subdomain_reasons,
)
from portmap._kubernetes.schema import INT32, TEXT, TEXTS, list_of, struct

_FILE: Final = "pkg/apis/networking/validation/validation.go"
_SPEC_SOURCE: Final = f"{_FILE}, ValidateIngressSpec"
_RULES_SOURCE: Final = f"{_FILE}, validateIngressRules"
_PATH_SOURCE: Final = f"{_FILE}, validateHTTPIngressPath"
_BACKEND_SOURCE: Final = f"{_FILE}, validateIngressBackend"
_TLS_SOURCE: Final = f"{_FILE}, validateIngressTLS"
_CLASS_ANNOTATION: Final = "kubernetes.io/ingress.class"
_MATCHED_TYPES: Final = ("Exact", "Prefix")
_PATH_TYPES: Final = (*_MATCHED_TYPES, "ImplementationSpecific")
_FORBIDDEN_IN_PATHS: Final = ("//", "/./", "/../", "%2f", "%2F")
_FORBIDDEN_ENDS: Final = ("/..", "/.")

_BACKEND: Final = struct(
    {
        "service": struct({"name": TEXT, "port": struct({"name": TEXT, "number": INT32})}),
        "resource": struct({"apiGroup": TEXT, "kind": TEXT, "name": TEXT}),
    },
    moved={"serviceName": "service: {name: …}", "servicePort": "service: {port: {number: …}} or {name: …}"},
)
_PATH: Final = struct({"path": TEXT, "pathType": TEXT, "backend": _BACKEND})
_SPEC: Final = struct(
    {
        "ingressClassName": TEXT,
        "defaultBackend": _BACKEND,
        "tls": list_of(struct({"hosts": TEXTS, "secretName": TEXT})),
        "rules": list_of(struct({"host": TEXT, "http": struct({"paths": list_of(_PATH)})})),
    },
    moved={"backend": "defaultBackend"},
)
_PORT_STATUS: Final = struct({"port": INT32, "protocol": TEXT, "error": TEXT})
_LOAD_BALANCER: Final = struct(
    {"ingress": list_of(struct({"ip": TEXT, "hostname": TEXT, "ports": list_of(_PORT_STATUS)}))}
)

INGRESS_RULES: Final = RuleGroup[DecodedObject]("Ingresses", about="Ingress")


def _rules(subject: DecodedObject) -> Iterator[tuple[FieldPath, Mapping[str, Any]]]:
    for position, rule in enumerate(subject.spec.get("rules", ())):
        yield FieldPath("spec", "rules", position), rule


def _paths(subject: DecodedObject) -> Iterator[tuple[FieldPath, Mapping[str, Any]]]:
    for place, rule in _rules(subject):
        for position, path in enumerate(rule.get("http", {}).get("paths", ())):
            yield place.child("http", "paths").index(position), path


def _backends(subject: DecodedObject) -> Iterator[tuple[FieldPath, Mapping[str, Any]]]:
    if "defaultBackend" in subject.spec:
        yield FieldPath("spec", "defaultBackend"), subject.spec["defaultBackend"]
    for place, path in _paths(subject):
        # The server checks nothing else of a path without a type.
        if "pathType" in path:
            yield place.child("backend"), path.get("backend", {})


def _only(subject: DecodedObject, field: str) -> Iterator[tuple[FieldPath, Mapping[str, Any]]]:
    """Yield this part of the backends that have no other; the server checks nothing of a backend with both."""
    for path, backend in _backends(subject):
        if field in backend and len(backend) == 1:
            yield path, backend[field]


@INGRESS_RULES.rule("ingress-rules-required", "spec", "FieldValueInvalid", source=_SPEC_SOURCE)
def ingress_rules_required(subject: DecodedObject) -> Iterator[Problem]:
    """Ingress has neither rules nor a default backend."""
    if not subject.spec.get("rules") and "defaultBackend" not in subject.spec:
        yield Problem(FieldPath("spec"), "must have rules or defaultBackend")


@INGRESS_RULES.rule("ingress-host-syntax", "spec.rules[*].host", "FieldValueInvalid", source=_RULES_SOURCE)
def ingress_host_syntax(subject: DecodedObject) -> Iterator[Problem]:
    """Host of an Ingress rule is not a DNS name.

    The name may begin with `*.`, and may not be an IP address or have a port.
    """
    for path, rule in _rules(subject):
        host = rule.get("host", "")
        if host and parse_ip(host) is not None:
            yield Problem(path.child("host"), "must be a DNS name, not an IP address", host, "leave it out")
        elif host:
            yield from _host_problems(path.child("host"), host)


def _host_problems(path: FieldPath, host: str) -> Iterator[Problem]:
    reasons = wildcard_subdomain_reasons(host) if "*" in host else dns_subdomain_reasons(host)
    bare = host.partition("://")[2] or host
    guess = bare.partition("/")[0].partition(":")[0].rstrip(".").lower()
    grammar = wildcard_subdomain_reasons if "*" in guess else dns_subdomain_reasons
    hint = f"write {guess}" if guess and guess != host and not grammar(guess) else None
    yield from invalid(path, reasons, host, hint)


@INGRESS_RULES.rule("ingress-paths-required", "spec.rules[*].http.paths", "FieldValueRequired", source=_RULES_SOURCE)
def ingress_paths_required(subject: DecodedObject) -> Iterator[Problem]:
    """`http` of an Ingress rule has no paths."""
    for path, rule in _rules(subject):
        if "http" in rule and not rule["http"].get("paths"):
            yield Problem(path.child("http", "paths"), "must have at least one path")


@INGRESS_RULES.rule(
    "ingress-path-type-required", "spec.rules[*].http.paths[*].pathType", "FieldValueRequired", source=_PATH_SOURCE
)
def ingress_path_type_required(subject: DecodedObject) -> Iterator[Problem]:
    """Path of an Ingress has no path type."""
    for place, path in _paths(subject):
        if "pathType" not in path:
            yield Problem(place.child("pathType"), "must be given", hint="add pathType: Prefix")


@INGRESS_RULES.rule(
    "unsupported-path-type", "spec.rules[*].http.paths[*].pathType", "FieldValueNotSupported", source=_PATH_SOURCE
)
def unsupported_path_type(subject: DecodedObject) -> Iterator[Problem]:
    """Path type of an Ingress is not Exact, Prefix or ImplementationSpecific.

    The value is case-sensitive.
    """
    for place, path in _paths(subject):
        if path.get("pathType", "Exact") not in _PATH_TYPES:
            yield not_supported(place.child("pathType"), path["pathType"], _PATH_TYPES)


@INGRESS_RULES.rule("ingress-path-syntax", "spec.rules[*].http.paths[*].path", "FieldValueInvalid", source=_PATH_SOURCE)
def ingress_path_syntax(subject: DecodedObject) -> Iterator[Problem]:
    """Path of an Ingress is not absolute, or has a part that proxies interpret differently.

    With the type Exact or Prefix, a path must begin with `/` and may not contain `//`, `/./`, `/../`
    or an encoded slash. With ImplementationSpecific, it must be empty or begin with `/`.
    """
    for place, path in _paths(subject):
        kind, text = path.get("pathType"), path.get("path", "")
        here = place.child("path")
        if kind in _PATH_TYPES and not text.startswith("/") and (text or kind in _MATCHED_TYPES):
            yield Problem(here, "must begin with /", text, f"write /{text}")
        if kind in _MATCHED_TYPES:
            parts = [part for part in _FORBIDDEN_IN_PATHS if part in text]
            parts += [end for end in _FORBIDDEN_ENDS if text.endswith(end)]
            if parts:
                yield Problem(here, f"must not contain {', '.join(dict.fromkeys(parts))}", text)


@INGRESS_RULES.rule("ingress-backend", "*", "FieldValueInvalid", source=_BACKEND_SOURCE)
def ingress_backend(subject: DecodedObject) -> Iterator[Problem]:
    """Backend of an Ingress does not name one Service or one resource."""
    for path, backend in _backends(subject):
        if len(backend) != 1:
            problem = "must not have both service and resource" if backend else "must have service or resource"
            yield Problem(path, problem)


@INGRESS_RULES.rule("ingress-service-required", "*.service.name", "FieldValueRequired", source=_BACKEND_SOURCE)
def ingress_service_required(subject: DecodedObject) -> Iterator[Problem]:
    """Backend of an Ingress has no name of a Service."""
    for path, service in _only(subject, "service"):
        if not service.get("name"):
            yield Problem(path.child("service", "name"), "must be given")


@INGRESS_RULES.rule("ingress-service-syntax", "*.service.name", "FieldValueInvalid", source=_BACKEND_SOURCE)
def ingress_service_syntax(subject: DecodedObject) -> Iterator[Problem]:
    """Backend of an Ingress names a Service by a name that no Service can have.

    The Service is in the namespace of the Ingress, so the name has no dots.
    """
    grammar = name_grammar(subject.cluster)
    for path, service in _only(subject, "service"):
        if service.get("name"):
            yield from invalid(path.child("service", "name"), grammar(service["name"]), service["name"])


@INGRESS_RULES.rule("ingress-port-required", "*", "FieldValueRequired", source=_BACKEND_SOURCE)
def ingress_port_required(subject: DecodedObject) -> Iterator[Problem]:
    """Backend of an Ingress has no port of the Service.

    The path of the server is that of the backend.
    """
    for path, service in _only(subject, "service"):
        port = service.get("port", {})
        if not port.get("name") and not port.get("number"):
            yield Problem(path, "must have the name or number of a Service port")


@INGRESS_RULES.rule("ingress-port-ambiguous", "*", "FieldValueInvalid", source=_BACKEND_SOURCE)
def ingress_port_ambiguous(subject: DecodedObject) -> Iterator[Problem]:
    """Backend of an Ingress has both the name and the number of a port.

    The path of the server is that of the backend.
    """
    for path, service in _only(subject, "service"):
        port = service.get("port", {})
        if port.get("name") and port.get("number"):
            yield Problem(path, "must not have both a port name and a port number", port, "remove the number")


@INGRESS_RULES.rule("ingress-port-out-of-range", "*.service.port.number", "FieldValueInvalid", source=_BACKEND_SOURCE)
def ingress_port_out_of_range(subject: DecodedObject) -> Iterator[Problem]:
    """Port number of an Ingress backend is not from 1 to 65535."""
    for path, service in _only(subject, "service"):
        port = service.get("port", {})
        if port.get("number") and not port.get("name"):
            yield from invalid(
                path.child("service", "port", "number"), port_number_reasons(port["number"]), port["number"]
            )


@INGRESS_RULES.rule("ingress-port-name-syntax", "*.service.port.name", "FieldValueInvalid", source=_BACKEND_SOURCE)
def ingress_port_name_syntax(subject: DecodedObject) -> Iterator[Problem]:
    """Port name of an Ingress backend is not an IANA service name.

    A Service port may have a longer name, to which an Ingress cannot refer.
    """
    for path, service in _only(subject, "service"):
        port = service.get("port", {})
        name = port.get("name")
        if name and not port.get("number"):
            hint = f"write number: {name}" if name.isdecimal() else "write the number of the Service port"
            yield from invalid(path.child("service", "port", "name"), port_name_reasons(name), name, hint)


@INGRESS_RULES.rule("ingress-resource-required", "*.resource.*", "FieldValueRequired", source=_BACKEND_SOURCE)
def ingress_resource_required(subject: DecodedObject) -> Iterator[Problem]:
    """Resource backend of an Ingress has no kind or name."""
    for path, resource in _only(subject, "resource"):
        for field in ("kind", "name"):
            if not resource.get(field):
                yield Problem(path.child("resource", field), "must be given")


@INGRESS_RULES.rule("ingress-resource-syntax", "*.resource.*", "FieldValueInvalid", source=_BACKEND_SOURCE)
def ingress_resource_syntax(subject: DecodedObject) -> Iterator[Problem]:
    """API group, kind or name of an Ingress's resource backend is not valid."""
    for path, resource in _only(subject, "resource"):
        if "apiGroup" in resource:
            group = resource["apiGroup"]
            yield from invalid(path.child("resource", "apiGroup"), dns_subdomain_reasons(group), group)
        for field in ("kind", "name"):
            text = resource.get(field, "")
            yield from invalid(path.child("resource", field), path_segment_name_reasons(text), text)


@INGRESS_RULES.rule("ingress-tls-host-syntax", "spec.tls[*].hosts[*]", "FieldValueInvalid", source=_TLS_SOURCE)
def ingress_tls_host_syntax(subject: DecodedObject) -> Iterator[Problem]:
    """Host of an Ingress certificate is not a DNS name.

    The name may begin with `*.`.
    """
    for place, tls in enumerate(subject.spec.get("tls", ())):
        for position, host in enumerate(tls.get("hosts", ())):
            yield from _host_problems(FieldPath("spec", "tls", place, "hosts", position), host)


@INGRESS_RULES.rule("ingress-tls-secret-syntax", "spec.tls[*].secretName", "FieldValueInvalid", source=_TLS_SOURCE)
def ingress_tls_secret_syntax(subject: DecodedObject) -> Iterator[Problem]:
    """Secret of an Ingress certificate has a name that no Secret can have."""
    for place, tls in enumerate(subject.spec.get("tls", ())):
        name = tls.get("secretName")
        if name:
            yield from invalid(FieldPath("spec", "tls", place, "secretName"), dns_subdomain_reasons(name), name)


@INGRESS_RULES.rule("ingress-class-syntax", "spec.ingressClassName", "FieldValueInvalid", source=_SPEC_SOURCE)
def ingress_class_syntax(subject: DecodedObject) -> Iterator[Problem]:
    """Ingress class has a name that no IngressClass can have."""
    name = subject.spec.get("ingressClassName")
    if name is not None:
        yield from invalid(
            FieldPath("spec", "ingressClassName"), dns_subdomain_reasons(name), name, None if name else "leave it out"
        )


@INGRESS_RULES.rule(
    "ingress-classes-differ",
    f"annotations.{_CLASS_ANNOTATION}",
    "FieldValueInvalid",
    source=f"{_FILE}, ValidateIngressCreate",
)
def ingress_classes_differ(subject: DecodedObject) -> Iterator[Problem]:
    """Ingress has one class in its annotation and another one in `ingressClassName`.

    The path of the server begins at `annotations`, and each part of the key between dots is a step of it.
    """
    annotation = _class_annotation(subject)
    name = subject.spec.get("ingressClassName")
    if annotation is not None and name is not None and annotation != name:
        detail = f"must be the ingressClassName, {name!r}, or be left out"
        yield Problem(
            FieldPath("annotations", *_CLASS_ANNOTATION.split(".")), detail, annotation, "remove the annotation"
        )


def _class_annotation(subject: DecodedObject) -> str | None:
    found: str | None = subject.metadata.get("annotations", {}).get(_CLASS_ANNOTATION)
    return found


INGRESS_WARNINGS: Final = RuleGroup[DecodedObject]("warnings about Ingresses", stage=Stage.WARNINGS, about="Ingress")


@INGRESS_WARNINGS.warning(
    "ingress-class-annotation",
    f"metadata.annotations[{_CLASS_ANNOTATION}]",
    source="pkg/registry/networking/ingress/strategy.go",
)
def ingress_class_annotation(subject: DecodedObject) -> Iterator[Problem]:
    """Ingress has its class in an annotation, which is deprecated.

    The server does not warn if `ingressClassName` is set as well.
    """
    if _class_annotation(subject) is not None and "ingressClassName" not in subject.spec:
        detail = f"annotation {_CLASS_ANNOTATION} is deprecated"
        yield Problem(
            FieldPath("metadata", "annotations").key(_CLASS_ANNOTATION), detail, hint="use spec.ingressClassName"
        )


INGRESS: Final = ObjectKind(
    "networking.k8s.io/v1",
    "Ingress",
    object_schema({"spec": _SPEC, "status": struct({"loadBalancer": _LOAD_BALANCER})}),
    rules_of_object(dns_subdomain_reasons, INGRESS_RULES),
    INGRESS_WARNINGS.warnings,
)
