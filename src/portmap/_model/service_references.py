"""The references to a Service that other objects have, as plain data for their manifests."""

from typing import Any, Final, Self, Unpack, cast

import attrs

from portmap._kubernetes.did_you_mean import nearest
from portmap._kubernetes.names import dns_subdomain_reasons, port_name_reasons
from portmap._kubernetes.schema import INT32, TEXT
from portmap._model.port_lookup import ServicePortKey
from portmap._model.reference_errors import (
    argument_violations,
    checked,
    http_violations,
    protocol_violations,
    raise_any,
    unresolvable,
)
from portmap._model.reference_types import (
    BackendRef,
    IngressBackend,
    MonitorEndpoint,
    ServiceBackendPort,
    ServiceReference,
)
from portmap._model.service_addresses import (
    ServiceAddresses,
    name_required,
    namespace_required,
    namespace_violations,
    path_of,
    service_name_violations,
)
from portmap._model.service_arguments import ServicePortFields

_GREATEST_WEIGHT: Final = 1_000_000


class ServiceReferences(ServiceAddresses):
    """Refer to a Service in the manifests of other objects."""

    __slots__ = ()

    def ingress_backend(self, port: ServicePortKey = None) -> IngressBackend:
        """Return a backend of an Ingress, for `backend` or `defaultBackend`.

        It names the port, unless the port has no name or one that an Ingress may not use: names of
        Service ports may have 63 characters there, and 15 here. The Ingress must be in the same namespace.

        Args:
            port: The port, as in `port`.

        Raises:
            KeyError: There is no such port, or there are several.
            ValidationError: The Service has no name yet, or the port is not a TCP port.

        Example:
            >>> web.ingress_backend(http)
            {'service': {'name': 'web', 'port': {'name': 'http'}}}
        """
        own = self.port(port)
        found = service_name_violations(self)
        found += http_violations(own.effective_protocol, "an Ingress", path_of(self, own, "protocol"))
        raise_any(f"Ingress backend of {self}", found)
        named = own.name and not port_name_reasons(own.name)
        key: ServiceBackendPort = {"name": own.name} if own.name and named else {"number": own.port}
        return {"service": {"name": self.name, "port": key}}

    def backend_ref(
        self, port: ServicePortKey = None, *, weight: int | None = None, from_namespace: str | None = None
    ) -> BackendRef:
        """Return an item of the `backendRefs` of a route (Gateway API), which knows ports by number only.

        Args:
            port: The port, as in `port`.
            weight: The share of the traffic, in proportion to the other backends; 0 to 1000000.
            from_namespace: The namespace of the route, if it may be another one. The reference has the namespace of
                the Service only if they differ; the route then needs a ReferenceGrant.

        Raises:
            KeyError: There is no such port, or there are several.
            ValidationError: The Service has no name yet, or no namespace where the reference needs
                it; or an argument is invalid.

        Example:
            >>> web.backend_ref(http, weight=90)
            {'name': 'web', 'port': 80, 'weight': 90}
        """
        own = self.port(port)
        found = service_name_violations(self) + namespace_violations(from_namespace, "from_namespace")
        wanted = ("TCP", "UDP")
        found += protocol_violations(own.effective_protocol, wanted, "a route", path_of(self, own, "protocol"))
        found += checked("weight", weight, INT32)
        if isinstance(weight, int) and not 0 <= weight <= _GREATEST_WEIGHT:
            found += argument_violations("weight", weight, [f"must be between 0 and {_GREATEST_WEIGHT}"])
        reference: BackendRef = {"name": self.name, "port": own.port}
        if from_namespace is not None and from_namespace != self.namespace:
            if self.namespace is None:
                found.append(namespace_required("the route may be in another namespace"))
            else:
                reference["namespace"] = self.namespace
        if weight is not None:
            reference["weight"] = weight
        raise_any(f"route backend of {self}", found)
        return reference

    def monitor_endpoint(self, port: ServicePortKey = None) -> MonitorEndpoint:
        """Return an item of the `endpoints` of a ServiceMonitor, which knows ports by name only.

        Args:
            port: The port, as in `port`.

        Raises:
            KeyError: There is no such port, or there are several.
            ValidationError: The port has no name or is not a TCP port, or the Service has no endpoints of its own.

        Example:
            >>> web.monitor_endpoint(http) | {"interval": "30s"}
            {'port': 'http', 'interval': '30s'}
        """
        own = self.port(port)
        found = http_violations(own.effective_protocol, "Prometheus", path_of(self, own, "protocol"))
        if not own.name:
            found.append(name_required(self, own, "a ServiceMonitor knows ports of Services by name"))
        if self.effective_type == "ExternalName":
            detail = "an alias has no endpoints to monitor"
            found.append(unresolvable("spec.type", "FieldValueInvalid", detail, value=self.effective_type))
        raise_any(f"ServiceMonitor endpoint of {self}", found)
        return {"port": own.name or ""}

    def service_reference(self, port: ServicePortKey = None, *, path: str | None = None) -> ServiceReference:
        """Return the `service` of a webhook's `clientConfig`, of an APIService or of the conversion of a CRD.

        The API server itself connects to the port, with TLS.

        Args:
            port: The port, as in `port`.
            path: The path of a webhook, with its slash. An APIService has none.

        Raises:
            KeyError: There is no such port, or there are several.
            ValidationError: The Service has no name or namespace, the port is not a TCP port, or `path` is invalid.

        Example:
            >>> hooks = Service("hooks", namespace="shop", ports=[ServicePort(443, target_port=9443)])
            >>> hooks.service_reference(path="/validate")
            {'namespace': 'shop', 'name': 'hooks', 'port': 443, 'path': '/validate'}
        """
        own = self.port(port)
        found = service_name_violations(self)
        found += http_violations(own.effective_protocol, "the API server", path_of(self, own, "protocol"))
        found += checked("path", path, TEXT)
        if self.namespace is None:
            found.append(namespace_required("the API server looks the Service up in its namespace"))
        if isinstance(path, str):
            found += argument_violations("path", path, _path_reasons(path))
        raise_any(f"reference of the API server to {self}", found)
        reference: ServiceReference = {"namespace": self.namespace or "", "name": self.name, "port": own.port}
        if path is not None:
            reference["path"] = path
        return reference

    def service_name(self) -> str:
        """Return the `serviceName` of a StatefulSet, whose pods get DNS names under this headless Service.

        Raises:
            ValidationError: The Service is not headless, or has no name yet.

        Example:
            >>> Service.headless("db", selector={"app": "db"}).service_name()
            'db'
        """
        found = service_name_violations(self)
        if not self.is_headless:
            detail = "the pods of a StatefulSet get DNS names under a headless Service only"
            found.append(unresolvable("spec.clusterIP", "FieldValueInvalid", detail, hint="use Service.headless"))
        raise_any(f"serviceName of {self}", found)
        return self.name

    def with_port(self, key: ServicePortKey = None, /, **changes: Unpack[ServicePortFields]) -> Self:
        """Return the Service with one of its ports changed, and everything else as it is.

        `attrs.evolve` does so for the fields of the Service itself, such as its type.

        Args:
            key: The port, as in `port`.
            changes: The new values: `port`, `name`, `protocol`, `app_protocol`, `target_port` and `node_port`, as
                in `ServicePort`. `None` removes a value.

        Raises:
            KeyError: There is no such port, or there are several.
            TypeError: A port has no field of this name.
            ValidationError: The cluster in force would refuse the new port or the new Service.

        Example:
            >>> web.with_port(http, target_port=3000).ports
            (ServicePort(80, name='http', target_port=3000),)
        """
        for name in changes:
            if name not in ServicePortFields.__annotations__:
                raise TypeError(_no_change(self, name))
        own = self.port(key)
        ports = [attrs.evolve(port, **changes) if port is own else port for port in self.ports]
        return cast("Self", attrs.evolve(cast("Any", self), ports=ports))


def _no_change(service: Any, name: str) -> str:  # noqa: ANN401 - a Service, which is made of this module
    """Return why a port cannot have this field changed, and what to write instead."""
    known = ServicePortFields.__annotations__
    if guess := nearest(name, known):
        return f"with_port takes no argument {name!r}: did you mean {guess}?"
    if name in attrs.fields_dict(type(service)):
        return f"with_port takes no argument {name!r}: for a field of the Service write attrs.evolve(…, {name}=…)"
    return f"with_port takes no argument {name!r}; it takes {', '.join(known)}"


def _path_reasons(path: str) -> list[str]:
    """Return why a path cannot be that of a webhook.

    Source: `staging/src/k8s.io/apiserver/pkg/util/webhook/validation.go`, ValidateWebhookService.
    """
    if path in {"", "/"}:
        return []
    if not path.startswith("/"):
        return ["must begin with /"]
    segments = path[1:].removesuffix("/").split("/")
    if not all(segments):
        return ["must not have an empty segment"]
    return [reason for segment in segments for reason in dns_subdomain_reasons(segment)]
