"""A plugin for mypy: arguments that are written out are judged while types are checked.

`plugins = ["portmap.mypy"]` below `[tool.mypy]` turns it on, and `docs/typing.md` shows what it says.

`ServicePort(0)` is then an error of mypy, on the line of the `0`, in the words of the exception that
the program would raise, since it is this exception: the plugin calls the real constructors with the
arguments that it can read. Where an argument is only known when the program runs, an error is
reported if it comes up whatever that argument may be, and else nothing. The cluster is that of the
project's configuration (`kubernetes-version` and `node-port-range` in `portmap.toml` or
`[tool.portmap]`), else `Cluster()`.

The code of these errors is `portmap`: `# type: ignore[portmap]` silences one.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeAlias, final

from mypy.errorcodes import ErrorCode
from mypy.nodes import CallExpr, Context
from mypy.plugin import FunctionContext, MethodContext, Plugin, ReportConfigContext
from mypy.types import Type

from portmap._cli_configuration import find_configuration
from portmap._cluster import Cluster
from portmap._literal_calls import Makers, expression_at, violations_of
from portmap._pods import Container, Pod
from portmap._ports import ContainerPort, ServicePort
from portmap._render._console import CommandError
from portmap._services import Service

__all__ = ["PORTMAP", "PortmapPlugin", "plugin"]

PORTMAP: Final = ErrorCode("portmap", "Arguments that a Kubernetes API server would refuse", "Kubernetes")

_Call: TypeAlias = FunctionContext | MethodContext

_CLASSES: Final = (Cluster, Container, ContainerPort, Pod, Service, ServicePort)
_FACTORIES: Final = {
    Service: ("alias_of", "headless", "internal", "load_balancer", "node_port"),
    ServicePort: ("targeting",),
}


def _makers() -> Makers:
    """What makes objects, by the name that mypy knows it under."""
    found: dict[str, Callable[..., object]] = {}
    for each in _CLASSES:
        name = f"{each.__module__}.{each.__qualname__}"
        found[name] = each
        for factory in _FACTORIES.get(each, ()):
            found[f"{name}.{factory}"] = getattr(each, factory)
    return found


@final
class PortmapPlugin(Plugin):
    """What mypy makes and asks.

    Example:
        >>> from mypy.options import Options
        >>> from portmap.mypy import PortmapPlugin
        >>> judge = PortmapPlugin(Options())
    """

    _MAKERS: Final = _makers()

    def get_function_hook(self, fullname: str) -> Callable[[FunctionContext], Type] | None:
        """Called for constructors.

        Example:
            >>> judge.get_function_hook("portmap._ports.ServicePort") is not None
            True
            >>> judge.get_function_hook("builtins.int") is None
            True
        """
        return self._judge if fullname in self._MAKERS else None

    def get_method_hook(self, fullname: str) -> Callable[[MethodContext], Type] | None:
        """Called for factories.

        Example:
            >>> judge.get_method_hook("portmap._services.Service.headless") is not None
            True
        """
        return self._judge if fullname in self._MAKERS else None

    def report_config_data(self, ctx: ReportConfigContext) -> Mapping[str, str]:
        """What makes mypy's cache of earlier verdicts invalid when it changes.

        Example:
            >>> from mypy.plugin import ReportConfigContext
            >>> judge.report_config_data(ReportConfigContext("shop", "shop.py", is_check=False))["kubernetes_version"]
            '1.36'
        """
        del ctx
        cluster = _cluster()
        return {"kubernetes_version": cluster.version, "node_port_range": str(cluster.node_port_range)}

    def _judge(self, ctx: _Call) -> Type:
        call = ctx.context
        if isinstance(call, CallExpr):
            for violation in violations_of(call, self._MAKERS, _cluster()):
                place: Context = expression_at(call, violation.field, self._MAKERS)
                ctx.api.fail(str(violation).replace("\n    hint: ", "; hint: "), place, code=PORTMAP)
        return ctx.default_return_type


def _cluster() -> Cluster:
    try:
        found = find_configuration(Path.cwd())
    except CommandError:  # The command line says what is wrong with it.
        return Cluster()
    cluster = Cluster() if found.kubernetes_version is None else Cluster(found.kubernetes_version)
    return cluster if found.node_port_range is None else Cluster(cluster.version, node_port_range=found.node_port_range)


def plugin(version: str) -> type[Plugin]:
    """The plugin, for any version of mypy.

    Example:
        >>> from portmap.mypy import plugin
        >>> plugin("2.4").__name__
        'PortmapPlugin'
    """
    del version
    return PortmapPlugin
