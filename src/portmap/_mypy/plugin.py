"""A plugin for mypy that validates literal arguments of constructors.

`plugins = ["portmap.mypy"]` in `[tool.mypy]` enables it; `docs/typing.md` shows its errors.

`ServicePort(0)` is then an error of mypy, on the line of the `0`, with the message of the exception
that the program would raise: the plugin calls the constructors with the arguments that it can read.
If an argument is unknown before the program runs, an error is reported only if every value causes it.
The cluster is that of the project's configuration (`kubernetes-version` and `node-port-range` in
`portmap.toml` or `[tool.portmap]`), by default `Cluster()`.

The code of these errors is `portmap`: `# type: ignore[portmap]` silences one.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, TypeAlias, final

from mypy.errorcodes import ErrorCode
from mypy.nodes import CallExpr, Context, MypyFile
from mypy.plugin import FunctionContext, MethodContext, Plugin, ReportConfigContext
from mypy.types import Type

from portmap._cli.configuration import find_configuration
from portmap._kubernetes.cluster import Cluster
from portmap._kubernetes.features import SUPPORTED_VERSIONS
from portmap._model.pods import Container, Pod
from portmap._model.ports import ContainerPort, ServicePort
from portmap._model.services import Service
from portmap._model.workloads import Workload
from portmap._mypy.blocks import Blocks, Expected
from portmap._mypy.calls import expression_at, violations_of
from portmap._mypy.literals import Makers
from portmap._reports.console import CommandError

PORTMAP: Final = ErrorCode("portmap", "Arguments that a Kubernetes API server would refuse", "Kubernetes")

_Call: TypeAlias = FunctionContext | MethodContext

# mypy knows a class by the module that defines it, which its `__module__` need not be.
_CLASSES: Final[Mapping[str, type]] = {
    "portmap._kubernetes.cluster.Cluster": Cluster,
    "portmap._model.pods.Container": Container,
    "portmap._model.pods.Pod": Pod,
    "portmap._model.ports.ContainerPort": ContainerPort,
    "portmap._model.ports.ServicePort": ServicePort,
    "portmap._model.services.Service": Service,
    "portmap._model.workloads.Workload": Workload,
}
_FACTORIES: Final[Mapping[type, Sequence[str]]] = {
    Service: ("alias_of", "exposing", "headless", "internal", "load_balancer", "node_port"),
    ServicePort: ("targeting",),
}


def _makers() -> Makers:
    """Return the classes and their factories, by the names that mypy gives them."""
    makers: dict[str, Callable[..., object]] = dict(_CLASSES)
    for name, kind in _CLASSES.items():
        for factory in _FACTORIES.get(kind, ()):
            makers[f"{name}.{factory}"] = getattr(kind, factory)
    return makers


@final
class _File:
    """A file with its blocks, and the cluster of the configuration."""

    def __init__(self, tree: MypyFile) -> None:
        self.tree = tree
        self._cluster = _cluster()
        self._blocks = Blocks(tree, _MAKERS)

    def clusters(self, call: CallExpr) -> Sequence[Cluster]:
        """Return the clusters that an object may be for; none if an error is expected."""
        match self._blocks.context_of(call):
            case None:
                return (self._cluster,)
            case Expected.AN_ERROR:
                return ()
            case Expected.ANY_CLUSTER:
                return (self._cluster, *_OTHERS)
            case cluster:
                return (cluster,)


_MAKERS: Final = _makers()
# If all of these refuse an object, any cluster does.
_OTHERS: Final = (*(Cluster(version) for version in SUPPORTED_VERSIONS), Cluster(node_port_range=range(1, 65536)))


@final
class PortmapPlugin(Plugin):
    """The plugin that mypy loads.

    Example:
        >>> from mypy.options import Options
        >>> from portmap.mypy import PortmapPlugin
        >>> judge = PortmapPlugin(Options())
    """

    __module__ = "portmap.mypy"

    _file: _File | None = None
    _config: Mapping[str, str] | None = None

    def get_function_hook(self, fullname: str) -> Callable[[FunctionContext], Type] | None:
        """Return the hook for constructors.

        Example:
            >>> judge.get_function_hook("portmap._model.ports.ServicePort") is not None
            True
            >>> judge.get_function_hook("builtins.int") is None
            True
        """
        return self._judge if fullname in _MAKERS else None

    def get_method_hook(self, fullname: str) -> Callable[[MethodContext], Type] | None:
        """Return the hook for factories.

        Example:
            >>> judge.get_method_hook("portmap._model.services.Service.headless") is not None
            True
        """
        return self._judge if fullname in _MAKERS else None

    def report_config_data(self, ctx: ReportConfigContext) -> Mapping[str, str]:
        """Return the data that invalidates mypy's cache when it changes.

        Example:
            >>> from mypy.plugin import ReportConfigContext
            >>> judge.report_config_data(ReportConfigContext("shop", "shop.py", is_check=False))["kubernetes_version"]
            '1.36'
        """
        del ctx
        # mypy calls this for each cached module.
        if self._config is None:
            cluster = _cluster()
            self._config = {
                "kubernetes_version": cluster.version,
                "node_port_range": str(cluster.node_port_range),
                "portmap": _version(),
            }
        return self._config

    def _judge(self, ctx: _Call) -> Type:
        call, tree = ctx.context, getattr(ctx.api, "tree", None)
        if isinstance(call, CallExpr) and isinstance(tree, MypyFile):
            if self._file is None or self._file.tree is not tree:
                self._file = _File(tree)
            for violation in violations_of(call, _MAKERS, self._file.clusters(call)):
                place: Context = expression_at(call, violation.path, _MAKERS)
                ctx.api.fail(str(violation).replace("\n    hint: ", "; hint: "), place, code=PORTMAP)
        return ctx.default_return_type


def _cluster() -> Cluster:
    try:
        found = find_configuration(Path.cwd())
    except CommandError:  # The command line reports what is wrong with it.
        return Cluster()
    cluster = Cluster() if found.kubernetes_version is None else Cluster(found.kubernetes_version)
    return cluster if found.node_port_range is None else Cluster(cluster.version, node_port_range=found.node_port_range)


def _version() -> str:
    try:
        return version("portmap-k8s")
    except PackageNotFoundError:  # It is not installed.
        return ""


def plugin(version: str) -> type[Plugin]:
    """Return the plugin, for any version of mypy.

    Example:
        >>> from portmap.mypy import plugin
        >>> plugin("2.4").__name__
        'PortmapPlugin'
    """
    del version
    return PortmapPlugin
