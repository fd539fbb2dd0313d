"""Show public names in the API reference, although private modules define them."""
# ruff: noqa: INP001

import ast
import inspect
import sys
from importlib import import_module
from typing import Any, Final, get_args, get_type_hints

from docutils import nodes
from sphinx import addnodes

import portmap

PUBLIC_MODULES: Final = (
    "portmap",
    "portmap.lint",
    "portmap.manifests",
    "portmap.mypy",
    "portmap.strategies",
    "portmap.testing",
    "portmap.types",
)

FOREIGN: Final = " | ".join(f"~portmap._model.foreign_protocols._Has{word}" for word in ("Dict", "Raw", "Json"))


def public_names() -> dict[str, str]:
    """Return the public name of each class by the name of its definition, and import all modules of portmap.

    `__module__` of public classes becomes the module that defines them. There autodoc finds the order of members.
    """
    faces = [import_module(name) for name in PUBLIC_MODULES]
    public = {getattr(face, name): f"{face.__name__}.{name}" for face in reversed(faces) for name in face.__all__}
    names = {}
    for name, module in [*sys.modules.items()]:
        for node in ast.parse(inspect.getsource(module)).body if name.startswith("portmap._") else ():
            if isinstance(node, ast.ClassDef):
                defined = getattr(module, node.name)
                defined.__module__ = name
                names[f"{name}.{node.name}"] = public.get(defined, "")
    return {name: shown for name, shown in names.items() if shown}


def expand_arguments() -> None:
    """Give factories with `**fields: Unpack[…]` a signature with an argument for each field."""
    defaults = inspect.signature(portmap.Service).parameters
    for factory in vars(portmap.Service).values():
        function = getattr(factory, "__func__", factory)
        parameters = [*inspect.signature(function).parameters.values()] if inspect.isfunction(function) else []
        if parameters and parameters[-1].kind is parameters[-1].VAR_KEYWORD:
            [fields] = get_args(parameters[-1].annotation)
            expanded = [
                defaults[name].replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hint)
                for name, hint in get_type_hints(fields).items()
            ]
            signature = inspect.signature(function)
            function.__signature__ = signature.replace(parameters=[*parameters[:-1], *expanded])


def shorten_signature(*event: Any) -> tuple[str, str] | None:  # noqa: ANN401 - what autodoc passes
    """Name the union of the protocols of other libraries' objects, and the default of labels."""
    signature, returned = event[-2:]
    if signature is None:
        return None
    signature = signature.replace(FOREIGN, "~portmap._model.foreign.Foreign").replace("= NOTHING", "= Labels()")
    return signature, (returned or "").replace(FOREIGN, "~portmap._model.foreign.Foreign")


def link_sources(_app: object, doctree: nodes.document) -> None:
    """Let viewcode link each class and function to the module that defines it, and back."""
    for node in doctree.findall(addnodes.desc_signature):
        module = sys.modules.get(node.get("module"))
        defined = getattr(module, node["fullname"].partition(".")[0], None)
        known = inspect.isclass(defined) or inspect.isfunction(defined)
        node["module"] = defined.__module__ if known else None
        if known:
            node["ids"].append(f"{node['module']}.{node['fullname']}")


class PublicLinks:
    """Links from names of private modules to the public names."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def resolve(self, app: Any, env: Any, node: nodes.Element, text: nodes.Element) -> Any:  # noqa: ANN401 - Sphinx
        """Return a link to the public name, or `None` if there is none."""
        target = self.names.get(node.get("reftarget", ""))
        if target is None:
            return None
        python = env.get_domain("py")
        return python.resolve_xref(env, node["refdoc"], app.builder, "obj", target, node, text)


def setup(app: Any) -> dict[str, bool]:  # noqa: ANN401 - Sphinx's application
    """Register the functions above."""
    links = PublicLinks(public_names())
    expand_arguments()
    app.connect("autodoc-process-signature", shorten_signature)
    app.connect("doctree-read", link_sources, priority=100)
    app.connect("missing-reference", links.resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
