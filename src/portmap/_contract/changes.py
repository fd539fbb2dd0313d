"""The changes between two sets of objects: the values of a comparison, and the table of their codes.

To add a code, add a row to `Codes` and let the module of its subject yield changes of it.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple, TypeAlias, final

import attrs

from portmap._kubernetes.plain_data import plain_data

Severity: TypeAlias = Literal["breaking", "refused", "disturbing", "behind", "compatible"]
"""The effect of a change. `breaking`: something that worked for clients no longer does. `refused`: an
API server would refuse the update. `disturbing`: before and after all is well, but traffic is lost
during the change. `behind`: clients cannot see it. `compatible`: clients gain something."""

SEVERITIES: Final[tuple[Severity, ...]] = ("breaking", "refused", "disturbing", "behind", "compatible")

Kind: TypeAlias = Literal["added", "changed", "removed"]

Value: TypeAlias = str | int | bool | tuple[str, ...] | None


@final
@attrs.frozen(kw_only=True)
class Change:
    """One difference between two sets of objects.

    Attributes:
        kind: `"added"`, `"removed"` or `"changed"`.
        service: The name of the Service, `shop/web`, in the namespace that it had before;
            `None` for a change of a workload alone.
        port: The Service port, `http 80/TCP`, as it was before if it existed; `None` for a
            change of the whole Service. For a workload, the container port.
        before: The value before; `None` if there was none.
        after: The value after; `None` if there is none.
        code: The code of the change, such as `port-renamed`, or the code of the violation that a server would report.
        severity: The effect on clients.
        message: What changed, for people.
        hint: How to avoid the effect, if there is one way.
        users: The references that use the changed value: `Ingress shop/web: spec.rules[0]…`.
        workloads: The workloads that change: `Deployment/web`.

    Example:
        >>> moved = Service("web", selector={"app": "web"}, ports=[ServicePort(81, name="http", target_port="http")])
        >>> [change] = contract([web, pod], [moved, pod]).of("breaking")
        >>> change.code, change.before, change.after
        ('port-number-changed', 80, 81)
        >>> print(change)
        breaking: web http 80/TCP: clients that dial 80 reach nothing: the number is now 81  [port-number-changed]
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

    def as_dict(self) -> dict[str, Any]:
        """Return the change as plain data.

        Example:
            >>> change.as_dict()["before"]
            80
        """
        return plain_data(self)

    def __str__(self) -> str:
        subject = " ".join(part for part in (self.service, self.port) if part)
        text = f"{self.severity}: {subject}: {self.message}  [{self.code}]"
        return f"{text}\n    hint: {self.hint}" if self.hint else text


@final
@attrs.frozen
class Step:
    """One step of a plan that does not disturb clients.

    Attributes:
        service: The Service, as in `Change`.
        action: What to do, and what to wait for.
        codes: The codes of the changes that need this step.
        manifest: The Service that this step writes; `None` if it writes none, or if a value in it is known
            to the cluster alone.
        write: How the step writes it: as the comparison assumes, or in another way if that would be refused
            or do something else.

    Example:
        >>> moved = Service("web", selector={"app": "web"}, ports=[ServicePort(81, name="http", target_port="http")])
        >>> for step in contract([web, pod], [moved, pod]).plan:
        ...     print(step.action)
        ...
        add port 81 beside http 80/TCP, each with a name of its own
        move the clients of 80 to 81
        remove port 80, and give its name to 81
    """

    __module__ = "portmap"

    service: str | None
    action: str
    codes: tuple[str, ...]
    manifest: Mapping[str, Any] | None = attrs.field(default=None, hash=False, repr=False)
    write: str | None = None

    def __str__(self) -> str:
        return f"{self.service}: {self.action}" if self.service else self.action


@final
@attrs.frozen
class Contract:
    """Two sets of objects compared, as the clients of their Services see them.

    Attributes:
        changes: The differences, sorted by Service, then by severity, the worst first.
        plan: The steps from before to after that do not disturb clients, in order, if the
            changes need an order and there is one.
        services: How many Services are in both sets.

    Example:
        >>> moved = Service("web", selector={"app": "web"}, ports=[ServicePort(81, name="http", target_port="http")])
        >>> found = contract([web, pod], [moved, pod])
        >>> [(change.severity, change.code) for change in found.changes]
        [('breaking', 'port-number-changed')]
    """

    __module__ = "portmap"

    changes: tuple[Change, ...]
    plan: tuple[Step, ...]
    services: int

    @property
    def kept(self) -> bool:
        """Return whether nothing breaks that clients see.

        Example:
            >>> found.kept
            False
        """
        return not self.of("breaking")

    def of(self, severity: Severity) -> tuple[Change, ...]:
        """Return the changes of this severity.

        Example:
            >>> [change.code for change in found.of("breaking")]
            ['port-number-changed']
        """
        return tuple(change for change in self.changes if change.severity == severity)


class ChangeCode(NamedTuple):
    """A row of the table: a code with its severity, its kind, and a sentence for the documentation."""

    code: str
    severity: Severity
    kind: Kind
    summary: str

    def change(
        self,
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
        """Return a change of this code."""
        return Change(
            kind=self.kind,
            service=service,
            port=port,
            before=before,
            after=after,
            code=self.code,
            severity=self.severity,
            message=message,
            hint=hint,
            users=users,
            workloads=workloads,
        )


@final
class Codes:
    """The table of all codes, but for those of violations that an update would cause."""

    # What clients lose.
    SERVICE_REMOVED = ChangeCode("service-removed", "breaking", "removed", "A Service was removed.")
    HEADLESS = ChangeCode(
        "headless-changed",
        "breaking",
        "changed",
        "A Service became headless or stopped being headless: its DNS name resolves to other addresses.",
    )
    EXTERNAL_NAME = ChangeCode(
        "external-name-changed",
        "breaking",
        "changed",
        "The external name of a Service changed, or it became or stopped being an ExternalName Service.",
    )
    NODE_PORTS_DROPPED = ChangeCode("node-ports-dropped", "breaking", "removed", "A Service no longer has node ports.")
    BALANCER_DROPPED = ChangeCode(
        "load-balancer-dropped", "breaking", "removed", "A Service no longer has a load balancer."
    )
    EXTERNAL_IP_REMOVED = ChangeCode("external-ip-removed", "breaking", "removed", "An external IP was removed.")
    RANGES_NARROWED = ChangeCode(
        "source-ranges-narrowed", "breaking", "changed", "A load balancer refuses clients that it accepted."
    )
    PORT_REMOVED = ChangeCode("port-removed", "breaking", "removed", "A Service port was removed.")
    PORT_RENAMED = ChangeCode(
        "port-renamed", "breaking", "changed", "The name of a Service port changed or was removed."
    )
    PORT_NUMBER = ChangeCode("port-number-changed", "breaking", "changed", "The number of a Service port changed.")
    PORT_PROTOCOL = ChangeCode(
        "port-protocol-changed", "breaking", "changed", "The protocol of a Service port changed."
    )
    APP_PROTOCOL = ChangeCode(
        "app-protocol-changed", "breaking", "changed", "The appProtocol of a port changed or was removed."
    )
    NODE_PORT = ChangeCode("node-port-changed", "breaking", "changed", "A node port in the manifest changed.")
    NODE_PORT_UNPINNED = ChangeCode(
        "node-port-unpinned",
        "breaking",
        "removed",
        "A node port is no longer in the manifest, so that the cluster picks one.",
    )
    FAMILY_REMOVED = ChangeCode(
        "ip-family-removed", "breaking", "removed", "A Service no longer has an address of an IP family."
    )
    LEADS_NOWHERE = ChangeCode("leads-nowhere", "breaking", "changed", "A port that had endpoints has none.")
    POD_PORT = ChangeCode(
        "pod-port-changed",
        "breaking",
        "changed",
        "A container port behind a headless Service changed, where clients dial pods.",
    )
    REFERENCE_BROKEN = ChangeCode(
        "reference-broken",
        "breaking",
        "changed",
        "An object still refers to a Service that was removed, or to a port as it was before.",
    )
    # What a server refuses, besides violations.
    WORKLOAD_FIELD = ChangeCode(
        "workload-field-immutable",
        "refused",
        "changed",
        "An immutable field of a workload changed: it takes another workload.",
    )
    # What disturbs traffic during the change.
    TARGET_MOVED = ChangeCode(
        "target-moved",
        "disturbing",
        "changed",
        "targetPort and container port change together: pods get no traffic during the rollout.",
    )
    SELECTOR_MOVED = ChangeCode(
        "selector-moved",
        "disturbing",
        "changed",
        "Selector and labels change together: pods get no traffic during the rollout.",
    )
    BACKEND_REPLACED = ChangeCode(
        "backend-replaced",
        "disturbing",
        "changed",
        "Other workloads take over: during the change there may be no endpoints.",
    )
    NODE_PORT_PINNED = ChangeCode(
        "node-port-pinned", "disturbing", "added", "A node port in the manifest replaces one that the cluster picked."
    )
    NODE_PORT_REASSIGNED = ChangeCode(
        "node-port-reassigned", "disturbing", "changed", "The write loses a node port that the cluster picked."
    )
    NODE_PORT_REDRAWN = ChangeCode(
        "node-port-redrawn",
        "disturbing",
        "changed",
        "A Service that is created again gets another node port from the cluster.",
    )
    HANDED_OVER = ChangeCode(
        "node-port-handed-over",
        "disturbing",
        "changed",
        "Another Service has this node port, and must release it first.",
    )
    STAYS_HEADLESS = ChangeCode(
        "stays-headless", "disturbing", "changed", "A Service stays headless after an update without clusterIP."
    )
    TYPE_ALONE = ChangeCode(
        "type-patch-refused",
        "disturbing",
        "changed",
        "A patch of the type alone is refused: other fields must change with it.",
    )
    MERGED = ChangeCode(
        "merged-by-number",
        "disturbing",
        "changed",
        "Several protocols share a number: client-side apply merges ports by number alone.",
    )
    APPENDED = ChangeCode(
        "merge-appends",
        "disturbing",
        "changed",
        "The number of a named port changed: the write keeps the old port beside it.",
    )
    NOT_APPLIED = ChangeCode(
        "not-applied", "disturbing", "changed", "The write is accepted, and does not do all that the manifest says."
    )
    MUST_MATCH = ChangeCode(
        "must-match-pick",
        "disturbing",
        "added",
        "The manifest has a value that the cluster picked before: another value is refused.",
    )
    # What clients do not see.
    SELECTOR = ChangeCode("selector-changed", "behind", "changed", "The selector of a Service changed.")
    TARGET = ChangeCode("target-port-changed", "behind", "changed", "The targetPort of a port changed.")
    BACKENDS = ChangeCode(
        "backends-changed", "behind", "changed", "Other workloads, containers or numbers serve a port."
    )
    ADDRESS = ChangeCode("address-changed", "behind", "changed", "An address in the manifest changed.")
    TRAFFIC = ChangeCode("traffic-changed", "behind", "changed", "Traffic is distributed to the pods in another way.")
    FIRST_PORT = ChangeCode(
        "first-port-changed",
        "behind",
        "changed",
        "Another port is first, which some load balancers probe and an environment variable of pods names.",
    )
    NOT_SHARED = ChangeCode(
        "node-port-not-shared",
        "behind",
        "added",
        "In an update, a second protocol gets a node port of its own; in a create, both share one.",
    )
    # What clients gain.
    SERVICE_ADDED = ChangeCode("service-added", "compatible", "added", "A Service was added.")
    PORT_ADDED = ChangeCode("port-added", "compatible", "added", "A Service port was added.")
    PORT_NAMED = ChangeCode("port-named", "compatible", "changed", "A port without a name got one.")
    APP_PROTOCOL_ADDED = ChangeCode(
        "app-protocol-added", "compatible", "added", "A port without an appProtocol got one."
    )
    NODE_PORTS_ADDED = ChangeCode("node-ports-added", "compatible", "added", "A Service got node ports.")
    BALANCER_ADDED = ChangeCode("load-balancer-added", "compatible", "added", "A Service got a load balancer.")
    EXTERNAL_IP_ADDED = ChangeCode("external-ip-added", "compatible", "added", "An external IP was added.")
    FAMILY_ADDED = ChangeCode(
        "ip-family-added", "compatible", "added", "A Service got an address of another IP family."
    )
    RANGES_WIDENED = ChangeCode(
        "source-ranges-widened", "compatible", "changed", "A load balancer accepts more clients."
    )
    LEADS_SOMEWHERE = ChangeCode("leads-somewhere", "compatible", "changed", "A port that had no endpoints has some.")


def change_codes() -> Iterator[ChangeCode]:
    """Yield every row of the table."""
    return (row for row in vars(Codes).values() if isinstance(row, ChangeCode))
