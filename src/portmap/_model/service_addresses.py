"""The names and addresses under which clients reach a Service.

Source: https://github.com/kubernetes/dns/blob/master/docs/specification.md (version 1.1.0).
"""

import re
from typing import TYPE_CHECKING, Final

from portmap._kubernetes.cluster import cluster_in_force
from portmap._kubernetes.enums import ServiceType
from portmap._kubernetes.field_path import FieldPath
from portmap._kubernetes.names import dns_label_reasons, port_number_reasons
from portmap._kubernetes.schema import TEXT
from portmap._kubernetes.violations import Violation
from portmap._model.port_lookup import ServicePortKey, service_port
from portmap._model.ports import ContainerPort, ServicePort
from portmap._model.reference_errors import argument_violations, checked, http_violations, raise_any, unresolvable

_SCHEMES: Final = {
    "amqp": "amqp",
    "amqps": "amqps",
    "grpc-web": "http",
    "h2c": "http",
    "http": "http",
    "http2": "http",
    "https": "https",
    "kubernetes.io/h2c": "http",
    "kubernetes.io/ws": "ws",
    "kubernetes.io/wss": "wss",
    "mongo": "mongodb",
    "mongodb": "mongodb",
    "mysql": "mysql",
    "nats": "nats",
    "postgres": "postgresql",
    "postgresql": "postgresql",
    "redis": "redis",
    "rediss": "rediss",
    "ws": "ws",
    "wss": "wss",
}
"""URL schemes by `appProtocol`, or by the first word of a port's name. gRPC has none that all clients know."""
_SCHEME: Final = re.compile(r"[a-z][-a-z0-9+.]*")
_PATH: Final = re.compile(r"(?:[/?#][!-~]*)?")


class ServiceAddresses:
    """Look up the ports of a Service, and name them as clients do."""

    __slots__ = ()

    if TYPE_CHECKING:

        @property
        def name(self) -> str: ...
        @property
        def namespace(self) -> str | None: ...
        @property
        def ports(self) -> tuple[ServicePort, ...]: ...
        @property
        def effective_type(self) -> ServiceType: ...
        @property
        def is_headless(self) -> bool: ...

    def port(self, key: ServicePortKey = None) -> ServicePort:
        """Return one of the ports.

        Args:
            key: The name or number of the port, the port itself, or the `ContainerPort` that it leads to. It can be
                left out if the Service has only one port. `""` is the port without a name, and `"80"` is a name.

        Raises:
            KeyError: There is no such port, or there are several.
            TypeError: `key` is of another type. `True` is not a number.

        Example:
            >>> web.port() == web.port("http") == web.port(80) == web.port(http)
            True
        """
        return service_port(self, self.ports, key)

    def dns_name(self, *, from_namespace: str | None = None, qualified: bool = False, pod: str | None = None) -> str:
        """Return the DNS name of the Service: short within its namespace, fully qualified in others.

        The name of an ExternalName Service is an alias of its external name. The name of a headless
        Service resolves to the addresses of all its pods.

        Args:
            from_namespace: The namespace of the client, if it may be another one.
            qualified: Whether to return the full name in any case. Its last part is the
                `cluster_domain` of the cluster in force.
            pod: The host name of one pod of a headless Service, such as `"db-0"` of a StatefulSet.

        Raises:
            ValidationError: The full name needs the namespace of the Service, and it has none; or the
                cluster would not resolve the name.

        Example:
            >>> db = Service.headless("db", namespace="shop", selector={"app": "db"})
            >>> db.dns_name(), db.dns_name(pod="db-0")
            ('db', 'db-0.db')
            >>> db.dns_name(from_namespace="edge")
            'db.shop.svc.cluster.local'
        """
        found: list[Violation] = []
        host = _host(self, from_namespace, pod, found, qualified=qualified)
        raise_any(f"DNS name of {self}", found)
        return host

    def address(
        self,
        port: ServicePortKey = None,
        *,
        from_namespace: str | None = None,
        qualified: bool = False,
        pod: str | None = None,
    ) -> str:
        """Return the DNS name and the number that clients connect to: `"web:80"`.

        Clients of a headless Service connect to the pods themselves, so the number is that of the
        container port. An ExternalName Service has every number that its target has.

        Args:
            port: The port, as in `port`. If a headless Service refers to its target port by name,
                give the `ContainerPort`, which has the number.
            from_namespace: As in `dns_name`.
            qualified: As in `dns_name`.
            pod: As in `dns_name`.

        Raises:
            KeyError: There is no such port, or there are several.
            ValidationError: As in `dns_name`; or the number is not known.

        Example:
            >>> {"name": "WEB_ADDR", "value": web.address(http)}
            {'name': 'WEB_ADDR', 'value': 'web:80'}
        """
        found: list[Violation] = []
        number = _number(self, port, found)
        host = _host(self, from_namespace, pod, found, qualified=qualified)
        raise_any(f"address of {self}", found)
        return f"{host}:{number}"

    def url(
        self,
        port: ServicePortKey = None,
        path: str = "",
        *,
        scheme: str | None = None,
        from_namespace: str | None = None,
        qualified: bool = False,
        pod: str | None = None,
    ) -> str:
        """Return the URL of a port for its clients: `"http://web:80"`.

        Args:
            port: As in `address`.
            path: The path, with its slash; it may have a query.
            scheme: The scheme. The default follows from the `app_protocol` of the port, or from the
                first word of its name: `http`, `https-admin`.
            from_namespace: As in `dns_name`.
            qualified: As in `dns_name`.
            pod: As in `dns_name`.

        Raises:
            KeyError: There is no such port, or there are several.
            ValidationError: As in `address`; or nothing says the scheme, or it is not one for this protocol.

        Example:
            >>> {"name": "WEB_URL", "value": web.url(http, "/api")}
            {'name': 'WEB_URL', 'value': 'http://web:80/api'}
        """
        found: list[Violation] = []
        number = _number(self, port, found)
        host = _host(self, from_namespace, pod, found, qualified=qualified)
        if faults := checked("path", path, TEXT):
            found += faults
        elif not _PATH.fullmatch(path):
            hint = f"write {'/' + path!r}" if _PATH.fullmatch(f"/{path}") else "quote it, as urllib.parse.quote does"
            found += argument_violations("path", path, ["must begin with / and have no blanks"], hint)
        shown = _scheme(self, port, scheme, found)
        raise_any(f"URL of {self}", found)
        return f"{shown}://{host}:{number}{path}"

    def srv_name(self, port: ServicePortKey = None) -> str:
        """Return the name of the DNS SRV record of a port, which has its number and host names.

        The name is fully qualified: few clients complete names of SRV records.

        Args:
            port: The port, as in `port`. It must have a name.

        Raises:
            KeyError: There is no such port, or there are several.
            ValidationError: The port or the Service has no name, the Service has no namespace,
                or it is of type ExternalName.

        Example:
            >>> Service.internal("web", web.ports, namespace="shop").srv_name(http)
            '_http._tcp.web.shop.svc.cluster.local'
        """
        found: list[Violation] = []
        own = self.port(port)
        if self.effective_type == "ExternalName":
            detail = "an alias has no SRV records"
            found.append(unresolvable("spec.type", "FieldValueInvalid", detail, value=self.effective_type))
        if not own.name:
            found.append(name_required(self, own, "an SRV record has the name of its port"))
        host = _host(self, None, None, found, qualified=True)
        raise_any(f"SRV name of {self}", found)
        return f"_{own.name}._{own.effective_protocol.lower()}.{host}"


def path_of(service: ServiceAddresses, port: ServicePort, *more: str) -> FieldPath:
    """Return the field path of a port of a Service."""
    return FieldPath("spec", "ports", service.ports.index(port), *more)


def name_required(service: ServiceAddresses, port: ServicePort, detail: str) -> Violation:
    """Return the violation of a port without a name, where a reference needs one."""
    hint = f"write ServicePort({port.port}, name=…)"
    return unresolvable(path_of(service, port, "name"), "FieldValueRequired", detail, hint=hint)


def service_name_violations(service: ServiceAddresses) -> list[Violation]:
    """Return the violation of a Service whose name the server completes."""
    if service.name:
        return []
    detail = "the server completes the name, so nothing can refer to it"
    return [unresolvable("metadata.name", "FieldValueRequired", detail, hint="give the Service a name")]


def namespace_violations(namespace: object, name: str) -> list[Violation]:
    """Return the violation of an argument that is not the name of a namespace."""
    reasons = dns_label_reasons(namespace) if isinstance(namespace, str) else ()
    return checked(name, namespace, TEXT) or argument_violations(name, namespace, reasons)


def namespace_required(detail: str) -> Violation:
    """Return the violation of a Service without a namespace, where a reference needs it."""
    hint = "write Service(…, namespace=…)"
    return unresolvable("metadata.namespace", "FieldValueRequired", detail, hint=hint)


def _host(
    service: ServiceAddresses, from_namespace: str | None, pod: str | None, found: list[Violation], *, qualified: bool
) -> str:
    found += service_name_violations(service) + namespace_violations(from_namespace, "from_namespace")
    found += namespace_violations(pod, "pod")
    if pod is not None and not service.is_headless:
        detail = "only the pods of a headless Service have names of their own"
        found.append(unresolvable("spec.clusterIP", "FieldValueInvalid", detail, hint="use Service.headless"))
    labels = [service.name] if pod is None else [pod, service.name]
    if qualified or (from_namespace is not None and from_namespace != service.namespace):
        if service.namespace is None:
            found.append(namespace_required("the name in another namespace has the namespace of the Service"))
        labels += [service.namespace or "", "svc", cluster_in_force().cluster_domain]
    return ".".join(labels)


def _number(service: ServiceAddresses, key: ServicePortKey, found: list[Violation]) -> int:
    """Return the number that clients connect to."""
    if service.effective_type == "ExternalName" and type(key) is int:
        found += argument_violations("port", key, port_number_reasons(key))
        return key
    port = service.port(key)
    if not service.is_headless:
        return port.port
    if isinstance(key, ContainerPort):
        return key.container_port
    target = port.effective_target_port
    if isinstance(target, int):
        return target
    detail = "clients connect to the pods of a headless Service, and the number of this container port is not known"
    path = path_of(service, port, "targetPort")
    found.append(
        unresolvable(
            path, "FieldValueInvalid", detail, hint="give the ContainerPort itself, which has it", value=target
        )
    )
    return 0


def _scheme(service: ServiceAddresses, key: ServicePortKey, scheme: str | None, found: list[Violation]) -> str:
    if scheme is not None:
        if faults := checked("scheme", scheme, TEXT):
            found += faults
        elif not _SCHEME.fullmatch(scheme):
            found += argument_violations("scheme", scheme, ["must be the scheme of a URL, such as http, without ://"])
        return scheme
    port = None if service.effective_type == "ExternalName" and type(key) is int else service.port(key)
    name = "" if port is None else port.app_protocol or port.name or ""
    known = _SCHEMES.get(name.lower())
    if port is not None and not port.app_protocol:
        known = known or _SCHEMES.get(name.partition("-")[0])
    if known is None:
        detail = "neither the appProtocol nor the name of the port says the scheme"
        hint = "give scheme=…; address() returns host and port without a scheme"
        found.append(unresolvable("scheme", "FieldValueRequired", detail, hint=hint))
    elif port is not None:
        found += http_violations(port.effective_protocol, f"{known}://", path_of(service, port, "protocol"))
    return known or ""
