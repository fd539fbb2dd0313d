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

_SETTING: Final = "_HOST"
"""Who reads `REDIS_HOST` reads `REDIS_PORT`."""
_PORT: Final = "_PORT"


_MIDDLES: Final = re.compile("_SERVICE_HOST|_SERVICE_PORT|_PORT")


@rule("service-link-variable", on=Workload, severity="warning")
def service_link_variable(workload: Workload, bundle: Bundle) -> Iterator[Found]:
    """Environment variable for a Service is read as a setting.

    What it reports:
    A container that sets `WEB_HOST` and leaves `WEB_PORT` to its default, in a namespace
    with a Service `web`. And, as information, one that sets a variable that the kubelet
    would add.

    Why it matters:
    For each Service of the namespace the kubelet adds variables as Docker's links had
    them: `WEB_PORT` is `tcp://10.0.0.1:80`. The application reads that as its port
    number, and ends with "not a number".

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
    What a container sets itself, by `env` or `envFrom`, the kubelet does not overwrite, so
    setting the port mends it as well. Containers with `envFrom` are passed over: what is
    in it is not known, and so are those that set a port, address or URL with the same
    beginning (`WEB_UI_PORT`). Headless Services and those of type ExternalName give no variables.
    """
    spec_path = bundle.pod_spec(workload)
    spec = value_at(bundle.raw(workload), *map(str, spec_path))
    if value_at(spec, "enableServiceLinks") is False:
        return
    for group in ("containers", "initContainers"):
        for place, container in enumerate(items_at(spec, group)):
            names = {
                name: position
                for position, each in enumerate(items_at(container, "env"))
                if (name := text_at(each, "name")) is not None
            }
            container_path = spec_path.child(group).index(place).child("env")
            yield from _unset(workload, bundle, container_path, names, known=not items_at(container, "envFrom"))
            yield from _set(workload, bundle, container_path, names)


def _unset(
    workload: Workload, bundle: Bundle, path: FieldPath, names: Mapping[str, int], *, known: bool
) -> Iterator[Found]:
    """The ports that a container probably reads and does not set."""
    for name, position in names.items():
        prefix = name.removesuffix(_SETTING)
        # Who sets `JAEGER_UI_PORT` reads that.
        if prefix == name or not known or any(_is_port_of(prefix, each) for each in names):
            continue
        service, added = _adding(f"{prefix}{_PORT}", workload, bundle)
        if service is not None:
            yield at(workload, *path, position, "name").finding(
                f"who reads {name} reads {prefix}{_PORT}, which is not set here: "
                f"the kubelet adds it for {service}, as {added}",
                hint=f"set enableServiceLinks to false, or set {prefix}{_PORT}, too",
                value=name,
                related=[(at(service, "metadata", "name"), "gives its name to the variables")],
            )


def _is_port_of(prefix: str, name: str) -> bool:
    return name.startswith(f"{prefix}_") and name.endswith((_PORT, "_ADDR", "_URL", "_ENDPOINT"))


def _set(workload: Workload, bundle: Bundle, path: FieldPath, names: Mapping[str, int]) -> Iterator[Found]:
    """What a container sets although the kubelet would: one finding for all of it."""
    same = [name for name in names if _adding(name, workload, bundle)[0] is not None]
    if same:
        more = f" and {len(same) - 1} more" if len(same) > 1 else ""
        service, added = _adding(same[0], workload, bundle)
        yield at(workload, *path, names[same[0]], "name").finding(
            f"{same[0]}{more} is what the kubelet adds too, as {added}, for {service}",
            hint="set enableServiceLinks to false, so that nothing depends on who wins",
            value=same[0],
            severity="info",
            because="what a container sets itself is not overwritten",
        )


def _adding(variable: str, workload: Workload, bundle: Bundle) -> tuple[Service | None, str]:
    """The Service for which the kubelet adds a variable of this name, and what it sets it to."""
    for middle in _MIDDLES.finditer(variable):
        for service in bundle.linked_services.get(variable[: middle.start()], ()):
            if service.namespace in {None, workload.namespace} or workload.namespace is None:
                value = _value(variable, service)
                if value is not None:
                    return service, value
    return None, ""


def _value(variable: str, service: Service) -> str | None:
    """What the kubelet sets a variable of this name to, for a Service; `None` if it has none."""
    prefix = link_prefix(service)
    first = service.ports[0]
    known = {f"{prefix}_SERVICE_HOST": "its cluster IP", f"{prefix}_SERVICE_PORT": str(first.port)}
    for port in service.ports:
        protocol = port.effective_protocol
        if port.name:
            known.setdefault(f"{prefix}_SERVICE_PORT_{port.name.upper().replace('-', '_')}", str(port.port))
        address = f"{protocol.lower()}://…:{port.port}"
        known.setdefault(f"{prefix}_PORT", address)
        start = f"{prefix}_PORT_{port.port}_{protocol}"
        known |= {
            start: address,
            f"{start}_PROTO": protocol.lower(),
            f"{start}_PORT": str(port.port),
            f"{start}_ADDR": "its cluster IP",
        }
    return known.get(variable)
