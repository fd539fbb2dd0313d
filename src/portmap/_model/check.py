"""Check an object against a cluster."""

from portmap._apiserver.pod_rules import CONTAINER_PORT_RULES, CONTAINER_RULES, POD_RULES
from portmap._apiserver.port_rules import SERVICE_PORT_RULES
from portmap._kubernetes.cluster import Cluster, cluster_in_force
from portmap._kubernetes.field_path import ROOT, FieldPath
from portmap._kubernetes.printable import safe_repr
from portmap._kubernetes.violations import Violation, in_order
from portmap._model.pods import Container, Pod
from portmap._model.ports import ContainerPort, ServicePort
from portmap._model.services import Service, check_service
from portmap._model.workloads import Workload


def check(
    subject: Service | ServicePort | ContainerPort | Container | Pod | Workload, *, cluster: Cluster | None = None
) -> tuple[Violation, ...]:
    """Return everything that a cluster would refuse about an object.

    The constructor checked the object against the cluster that was in force then. This checks it
    against any other, such as one of an older version or with another node port range.

    Args:
        subject: A typed object.
        cluster: The target. The default is the cluster in force.

    Returns:
        Every violation, by field path; `()` if there are none.

    Raises:
        TypeError: An argument is of another type.

    Example:
        >>> public = Service.node_port("web", [ServicePort(80, node_port=30080)])
        >>> on_edge = Cluster("1.33", node_port_range=range(20000, 22768))
        >>> [(violation.field, violation.code) for violation in check(public, cluster=on_edge)]
        [('spec.ports[0].nodePort', 'node-port-out-of-range')]
    """
    target: object = cluster or cluster_in_force()
    if not isinstance(target, Cluster):
        raise TypeError(f"a cluster is a Cluster, not {safe_repr(target)}: write Cluster({safe_repr(target)})")
    return _violations(subject, target)


def _violations(
    subject: Service | ServicePort | ContainerPort | Container | Pod | Workload, cluster: Cluster
) -> tuple[Violation, ...]:
    if isinstance(subject, Service):
        return check_service(subject, cluster)
    if isinstance(subject, ServicePort):
        return in_order(SERVICE_PORT_RULES.violations(subject))
    if isinstance(subject, ContainerPort):
        return in_order(CONTAINER_PORT_RULES.violations(subject))
    if isinstance(subject, Container):
        return in_order(_of_container(subject, ROOT))
    pod: object = subject.pod if isinstance(subject, Workload) else subject
    if not isinstance(pod, Pod):
        raise TypeError(f"check takes portmap's own objects, not {type(pod).__name__}: see portmap.manifests.validate")
    found = POD_RULES.violations(pod)
    for field, containers in (("containers", pod.containers), ("initContainers", pod.init_containers)):
        for index, container in enumerate(containers):
            found += _of_container(container, FieldPath("spec", field, index))
    return in_order(found)


def _of_container(container: Container, root: FieldPath) -> list[Violation]:
    found = CONTAINER_RULES.violations(container, root)
    for position, port in enumerate(container.ports):
        found += CONTAINER_PORT_RULES.violations(port, root.child("ports").index(position))
    return found
