"""What may become of the contract between Services and clients: one table, and the values that a comparison gives.

A row of the table says of one kind of change what it does to clients. To teach portmap
another, add a row and let the module that looks at it make changes of it.
"""

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple, TypeAlias, final

import attrs

__all__ = ["SEVERITIES", "Change", "Contract", "Kind", "Row", "Severity", "Step", "What", "made", "rows"]

Severity: TypeAlias = Literal["breaking", "refused", "disturbing", "behind", "compatible"]
"""What a change does. `breaking`: what worked for a client does so no longer. `refused`: an API
server would not take it as an update. `disturbing`: all is well before and after, but not on the
way. `behind`: clients cannot see it. `compatible`: clients are offered more than before."""

SEVERITIES: Final[tuple[Severity, ...]] = ("breaking", "refused", "disturbing", "behind", "compatible")

Kind: TypeAlias = Literal["added", "changed", "removed"]

Value: TypeAlias = str | int | bool | tuple[str, ...] | None


@final
@attrs.frozen(kw_only=True)
class Change:
    """One thing that differs between two sets of objects.

    Attributes:
        kind: `"added"`, `"removed"` or `"changed"`.
        service: The Service as clients know it, `shop/web`, in the namespace that it had
            before; `None` where it is about a workload alone.
        port: The Service port, `http 80/TCP`, as it was before if it was there; `None`
            where it is about the whole Service. Of a workload, the container's port.
        before: What it was; `None` if there was nothing.
        after: What it has become; `None` if there is nothing.
        code: What happened, such as `port-renamed`; for what a server would refuse, the
            code of the violation.
        severity: What it does to clients.
        message: The same for people.
        hint: What to do about it, if one thing helps.
        users: What refers to the port by what changed: `Ingress shop/web: spec.rules[0]…`.
        workloads: The workloads that it is about: `Deployment/web`.

    Example:
        >>> moved = Service("web", selector={"app": "web"}, ports=[ServicePort(81, name="http", target_port="http")])
        >>> [change] = contract([web, pod], [moved, pod]).of("breaking")
        >>> change.code, change.before, change.after
        ('port-number-changed', 80, 81)
        >>> print(change)
        breaking: web http 80/TCP: clients that dial 80 reach nothing: it is 81 now  [port-number-changed]
            hint: keep 80 beside 81, under another name, until no client dials it
    """

    __module__ = "portmap"

    kind: Kind
    service: str | None
    port: str | None = None
    before: Value = None
    after: Value = None
    code: str
    severity: Severity
    message: str
    hint: str | None = None
    users: tuple[str, ...] = ()
    workloads: tuple[str, ...] = ()

    def __str__(self) -> str:
        about = " ".join(part for part in (self.service, self.port) if part)
        text = f"{self.severity}: {about}: {self.message}  [{self.code}]"
        return f"{text}\n    hint: {self.hint}" if self.hint else text


@final
@attrs.frozen
class Step:
    """One step on the way from before to after that does not disturb clients.

    Attributes:
        service: The Service that it is about, as in `Change`.
        action: What to do, and what to wait for.
        codes: The changes for whose sake it is there.

    Example:
        >>> moved = Service("web", selector={"app": "web"}, ports=[ServicePort(81, name="http", target_port="http")])
        >>> for step in contract([web, pod], [moved, pod]).plan:
        ...     print(step.action)
        ...
        add port 81 beside http 80/TCP, each with a name of its own
        whenever the ports change, use kubectl apply --server-side or kubectl replace
        move the clients of 80 to 81
        remove port 80, and let 81 have its name
    """

    __module__ = "portmap"

    service: str | None
    action: str
    codes: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.service}: {self.action}" if self.service else self.action


@final
@attrs.frozen
class Contract:
    """What two sets of objects are to the clients of their Services.

    Attributes:
        changes: What differs: by Service, then by severity, the worst first.
        plan: The steps, in order, that lead from before to after without disturbing
            clients, where the changes need an order and there is one.
        services: How many Services are in both.

    Example:
        >>> moved = Service("web", selector={"app": "web"}, ports=[ServicePort(81, name="http", target_port="http")])
        >>> found = contract([web, pod], [moved, pod])
        >>> [(change.severity, change.code) for change in found.changes]
        [('breaking', 'port-number-changed'), ('disturbing', 'merge-appends')]
    """

    __module__ = "portmap"

    changes: tuple[Change, ...]
    plan: tuple[Step, ...]
    services: int

    @property
    def kept(self) -> bool:
        """Whether nothing broke that clients see.

        Example:
            >>> found.kept
            False
        """
        return not self.of("breaking")

    def of(self, severity: Severity) -> tuple[Change, ...]:
        """The changes of this severity.

        Example:
            >>> [change.code for change in found.of("breaking")]
            ['port-number-changed']
        """
        return tuple(change for change in self.changes if change.severity == severity)


class Row(NamedTuple):
    """One kind of change."""

    code: str
    severity: Severity
    kind: Kind
    summary: str


@final
class What:
    """Every kind of change that portmap finds itself."""

    # What clients see, and had.
    SERVICE_REMOVED = Row("service-removed", "breaking", "removed", "A Service is gone.")
    HEADLESS = Row(
        "headless-changed",
        "breaking",
        "changed",
        "A Service became headless, or stopped being so: its name gives others.",
    )
    EXTERNAL_NAME = Row(
        "external-name-changed", "breaking", "changed", "A Service stands for another DNS name, or began or ceased to."
    )
    NODE_PORTS_DROPPED = Row("node-ports-dropped", "breaking", "removed", "A Service has no node ports any more.")
    BALANCER_DROPPED = Row("load-balancer-dropped", "breaking", "removed", "A Service has no load balancer any more.")
    EXTERNAL_IP_REMOVED = Row("external-ip-removed", "breaking", "removed", "An external IP is gone.")
    RANGES_NARROWED = Row(
        "source-ranges-narrowed", "breaking", "changed", "A load balancer refuses clients that it took."
    )
    PORT_REMOVED = Row("port-removed", "breaking", "removed", "A Service port is gone.")
    PORT_RENAMED = Row("port-renamed", "breaking", "changed", "A Service port lost its name, or has another.")
    PORT_NUMBER = Row("port-number-changed", "breaking", "changed", "A Service port of this name has another number.")
    PORT_PROTOCOL = Row(
        "port-protocol-changed", "breaking", "changed", "A Service port of this name has another protocol."
    )
    APP_PROTOCOL = Row("app-protocol-changed", "breaking", "changed", "A port's appProtocol is another, or gone.")
    NODE_PORT = Row("node-port-changed", "breaking", "changed", "An authored node port has another number.")
    NODE_PORT_UNPINNED = Row(
        "node-port-unpinned", "breaking", "removed", "A node port was authored and is left to the cluster now."
    )
    LEADS_NOWHERE = Row("leads-nowhere", "breaking", "changed", "A port that led somewhere leads nowhere.")
    POD_PORT = Row(
        "pod-port-changed",
        "breaking",
        "changed",
        "Behind a headless Service, where clients dial pods, a number changed.",
    )
    REFERENCE_BROKEN = Row(
        "reference-broken",
        "breaking",
        "changed",
        "An object still refers to a Service that is gone, or to a port by what it was before.",
    )
    # What disturbs on the way.
    TARGET_MOVED = Row(
        "target-moved",
        "disturbing",
        "changed",
        "targetPort and container port change together: pods drop out meanwhile.",
    )
    SELECTOR_MOVED = Row(
        "selector-moved", "disturbing", "changed", "Selector and labels change together: pods drop out meanwhile."
    )
    BACKEND_REPLACED = Row(
        "backend-replaced", "disturbing", "changed", "Other workloads take over: for a while there may be none."
    )
    NODE_PORT_PINNED = Row(
        "node-port-pinned",
        "disturbing",
        "added",
        "A node port that the cluster had picked is replaced by an authored one.",
    )
    NODE_PORT_REASSIGNED = Row(
        "node-port-reassigned",
        "disturbing",
        "changed",
        "The cluster picks another node port, for node ports follow the name of the port.",
    )
    NODE_PORT_REDRAWN = Row(
        "node-port-redrawn",
        "disturbing",
        "changed",
        "A Service that is created anew gets another node port from the cluster.",
    )
    HANDED_OVER = Row(
        "node-port-handed-over",
        "disturbing",
        "changed",
        "Another Service had this node port, and must let go of it first.",
    )
    STAYS_HEADLESS = Row(
        "stays-headless", "disturbing", "changed", "An update that leaves clusterIP out does not end headlessness."
    )
    TYPE_ALONE = Row(
        "type-patch-refused", "disturbing", "changed", "A patch of the type alone is refused: other fields go with it."
    )
    MERGED = Row(
        "merged-by-number",
        "disturbing",
        "changed",
        "One number for several protocols: client-side apply merges ports by number alone.",
    )
    APPENDED = Row(
        "merge-appends",
        "disturbing",
        "changed",
        "A port of the same name has another number: a merge patch keeps the old one beside it.",
    )
    # What is behind.
    SELECTOR = Row("selector-changed", "behind", "changed", "The Service selects pods by other labels.")
    TARGET = Row("target-port-changed", "behind", "changed", "A port has another targetPort.")
    BACKENDS = Row("backends-changed", "behind", "changed", "Other workloads, containers or numbers answer a port.")
    ADDRESS = Row("address-changed", "behind", "changed", "An authored address of the Service is another.")
    TRAFFIC = Row("traffic-changed", "behind", "changed", "Traffic is spread over the pods in another way.")
    FIRST_PORT = Row(
        "first-port-changed",
        "behind",
        "changed",
        "Another port comes first, to which some load balancers look, and pods in their environment.",
    )
    NOT_SHARED = Row(
        "node-port-not-shared",
        "behind",
        "added",
        "A second protocol gets a node port of its own by an update, and the first one's by a create.",
    )
    # What clients see, and did not have.
    SERVICE_ADDED = Row("service-added", "compatible", "added", "A Service is new.")
    PORT_ADDED = Row("port-added", "compatible", "added", "A Service port is new.")
    PORT_NAMED = Row("port-named", "compatible", "changed", "A port without a name has one.")
    APP_PROTOCOL_ADDED = Row("app-protocol-added", "compatible", "added", "A port has an appProtocol, and had none.")
    NODE_PORTS_ADDED = Row("node-ports-added", "compatible", "added", "A Service has node ports, and had none.")
    BALANCER_ADDED = Row("load-balancer-added", "compatible", "added", "A Service has a load balancer, and had none.")
    EXTERNAL_IP_ADDED = Row("external-ip-added", "compatible", "added", "An external IP is new.")
    RANGES_WIDENED = Row(
        "source-ranges-widened", "compatible", "changed", "A load balancer takes clients that it refused."
    )
    LEADS_SOMEWHERE = Row("leads-somewhere", "compatible", "changed", "A port that led nowhere leads somewhere.")


def rows() -> Iterator[Row]:
    """Every row of the table."""
    return (row for row in vars(What).values() if isinstance(row, Row))


def made(
    what: Row,
    service: str | None,
    message: str,
    *,
    port: str | None = None,
    before: Value = None,
    after: Value = None,
    hint: str | None = None,
    users: tuple[str, ...] = (),
    workloads: tuple[str, ...] = (),
) -> Change:
    """A change of this kind."""
    return Change(
        kind=what.kind,
        service=service,
        port=port,
        before=before,
        after=after,
        code=what.code,
        severity=what.severity,
        message=message,
        hint=hint,
        users=users,
        workloads=workloads,
    )
