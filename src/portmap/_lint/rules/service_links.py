"""Rules about the environment variables that the kubelet adds for Services."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from portmap._graph.object_name import items_at, text_at, value_at
from portmap._kubernetes.field_path import FieldPath
from portmap._lint.bundle import Bundle, link_prefix
from portmap._lint.findings import Found, at
from portmap._lint.rule import rule
from portmap._model.services import Service
from portmap._model.workloads import Workload

# A program that reads `REDIS_HOST` probably reads `REDIS_PORT`, too.
_HOST: Final = "_HOST"
_PORT: Final = "_PORT"
# The name of a Service may itself end with `-service`, so matches overlap.
_AFTER_PREFIX: Final = re.compile("(?=_SERVICE_HOST|_SERVICE_PORT|_PORT)")


@rule("service-link-variable", on=Workload, severity="warning")
def service_link_variable(workload: Workload, bundle: Bundle) -> Iterator[Found]:
    """Environment variable for a Service is read as a setting.

    What it reports:
    A container that sets `WEB_HOST` but not `WEB_PORT`, in a namespace with a Service `web`. And, as
    info, a container that sets a variable that the kubelet would add.

    Why it matters:
    The kubelet adds environment variables for each Service of the namespace, in the format of Docker
    links: `WEB_PORT` is `tcp://10.0.0.1:80`. A program that expects a port number in it fails.

    Example:
    ```yaml
    apiVersion: v1
    kind: Service
    metadata: {name: redis}
    spec: {ports: [{port: 6379}]}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
          - name: web
            image: web
            env: [{name: REDIS_HOST, value: redis}]
    ```

    Fix:
    ```yaml
    # The other objects do not change.
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          enableServiceLinks: false
          containers:
          - name: web
            image: web
            env: [{name: REDIS_HOST, value: redis}]
    ```

    Notes:
    The kubelet does not overwrite variables that a container sets, so setting the port is a fix,
    too. `MYSQL_SERVICE_PORT` is a number for a Service `mysql`, and an address for one that is called
    `mysql-service`. Containers with `envFrom` are skipped, because its variables are not known. So are containers
    that set another port, address or URL with the same prefix (`WEB_UI_PORT`). The kubelet adds no
    variables for headless and ExternalName Services.
    """
    spec_path = bundle.pod_spec(workload)
    spec = value_at(bundle.raw(workload), *map(str, spec_path))
    if value_at(spec, "enableServiceLinks") is False:
        return
    for group in ("containers", "initContainers"):
        for index, container in enumerate(items_at(spec, group)):
            names = {
                name: position
                for position, variable in enumerate(items_at(container, "env"))
                if (name := text_at(variable, "name")) is not None
            }
            env_path = spec_path.child(group).index(index).child("env")
            if not items_at(container, "envFrom"):
                yield from _unset_ports(workload, bundle, env_path, names)
            yield from _set_variables(workload, bundle, env_path, names)


def _unset_ports(workload: Workload, bundle: Bundle, path: FieldPath, names: Mapping[str, int]) -> Iterator[Found]:
    """Yield findings about ports that a container probably reads and does not set."""
    for name, position in names.items():
        prefix = name.removesuffix(_HOST)
        # A program with the variable `JAEGER_UI_PORT` probably reads that.
        if prefix == name or any(_is_port_of(prefix, other) for other in names):
            continue
        variable = f"{prefix}{_PORT}"
        service, value = _link_of(variable, workload, bundle)
        # `MYSQL_SERVICE_PORT` is an address for Service `mysql-service`, and a number for Service `mysql`.
        if service is not None and "://" in value:
            yield at(workload, *path, position, "name").finding(
                f"{name} is set but {variable} is not: the kubelet sets {variable} to {value} for {service}",
                hint=f"set enableServiceLinks: false, or set {variable}",
                value=name,
                related=[(at(service, "metadata", "name"), "has this prefix in its variables")],
            )


def _is_port_of(prefix: str, name: str) -> bool:
    return name.startswith(f"{prefix}_") and name.endswith((_PORT, "_ADDR", "_URL", "_ENDPOINT"))


def _set_variables(workload: Workload, bundle: Bundle, path: FieldPath, names: Mapping[str, int]) -> Iterator[Found]:
    """Yield one finding about all variables of a container that the kubelet would add."""
    same = [name for name in names if _link_of(name, workload, bundle)[0] is not None]
    if same:
        more = f" (and {len(same) - 1} more)" if len(same) > 1 else ""
        service, value = _link_of(same[0], workload, bundle)
        yield at(workload, *path, names[same[0]], "name").finding(
            f"{same[0]}{more} is also a variable of {service}, which the kubelet sets to {value}",
            hint="set enableServiceLinks: false",
            value=same[0],
            severity="info",
            because="the kubelet does not overwrite variables of the container",
        )


def _link_of(variable: str, workload: Workload, bundle: Bundle) -> tuple[Service | None, str]:
    """Return the Service for which the kubelet adds a variable, and its value."""
    for match in _AFTER_PREFIX.finditer(variable):
        for service in bundle.linked_services.get(variable[: match.start()], ()):
            if service.namespace in {None, workload.namespace} or workload.namespace is None:
                value = _value(variable, service)
                if value is not None:
                    return service, value
    return None, ""


def _value(variable: str, service: Service) -> str | None:
    """Return the value that the kubelet gives a variable for a Service; `None` if it adds no such variable."""
    prefix = link_prefix(service)
    values = {f"{prefix}_SERVICE_HOST": "its cluster IP", f"{prefix}_SERVICE_PORT": str(service.ports[0].port)}
    for port in service.ports:
        protocol = port.effective_protocol
        if port.name:
            values.setdefault(f"{prefix}_SERVICE_PORT_{port.name.upper().replace('-', '_')}", str(port.port))
        address = f"{protocol.lower()}://…:{port.port}"
        values.setdefault(f"{prefix}_PORT", address)
        port_prefix = f"{prefix}_PORT_{port.port}_{protocol}"
        values |= {
            port_prefix: address,
            f"{port_prefix}_PROTO": protocol.lower(),
            f"{port_prefix}_PORT": str(port.port),
            f"{port_prefix}_ADDR": "its cluster IP",
        }
    return values.get(variable)
