"""Places that several rules report or relate to."""

from portmap._lint.bundle import Bundle
from portmap._lint.findings import Place, at
from portmap._model.workloads import Workload


def containers_of(workload: Workload, bundle: Bundle) -> Place:
    """Return the place of the containers of a workload's pods."""
    return at(workload, *bundle.pod_spec(workload), "containers")


def pod_labels_of(workload: Workload, bundle: Bundle) -> Place:
    """Return the place of the labels of a workload's pods."""
    return at(workload, *bundle.pod_spec(workload)[:-1], "metadata", "labels")
