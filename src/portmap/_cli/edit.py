"""`portmap set FILE|- OBJECT CHANGE…`: fields of one object changed in a file, every other byte left as it is."""

import argparse
from typing import Any, Final

from portmap._cli.arguments import add_kubernetes_version, add_node_port_range, cluster_of, namespace_argument
from portmap._kubernetes.errors import ManifestError, ValidationError
from portmap._reports.console import CommandError, Console

__all__ = ["add_set"]

_FINE: Final = 0
_WOULD_CHANGE: Final = 1


def add_set(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the sub-command to the command."""
    parser = commands.add_parser(
        "set",
        allow_abbrev=False,
        help="change fields of one object in a file, and leave every other byte as it is",
        description="Change, add or remove fields of one object in a YAML or JSON file. Comments and formatting "
        "stay. Nothing is written if anything else in the file would read differently, or if a server would refuse "
        "the object: a Service is judged as a whole, what makes pods as far as ports are concerned, other kinds not "
        "at all. Of standard input, the result is written to standard output.",
        epilog="Exit codes: 0 the file says so now, or did already; 1 with --check, it would change; "
        "2 bad usage, or refused: the file is as it was.",
    )
    parser.add_argument("file", metavar="FILE", help="a YAML or JSON file, or - for standard input")
    parser.add_argument("object", metavar="OBJECT", help="KIND/NAME, such as service/web, or KIND/NAMESPACE/NAME")
    parser.add_argument(
        "changes",
        nargs="+",
        metavar="CHANGE",
        help="PATH=VALUE, or PATH- to remove; such as ports.http.targetPort=metrics, ports[+]={port: 90} or "
        "metadata.labels['a.b/c']=d",
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if the file would change")
    parser.add_argument("--diff", action="store_true", help="write nothing; show what would change")
    parser.add_argument("--string", action="store_true", help="take each VALUE for text, whatever it looks like")
    parser.add_argument(
        "--namespace", type=namespace_argument, metavar="NAME", help="the namespace of the object (default: any)"
    )
    add_kubernetes_version(parser)
    add_node_port_range(parser)
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace, console: Console) -> int:
    from portmap._manifests.edit import edit, edit_content
    from portmap._manifests.text_files import read_stream

    piped = options.file == "-"
    settings: dict[str, Any] = {
        "namespace": options.namespace,
        "string": options.string,
        "cluster": cluster_of(options),
    }
    try:
        if piped:
            found = edit_content(
                "<stdin>", lambda: read_stream(console.source).encode(), options.object, *options.changes, **settings
            )
        else:
            found = edit(options.file, options.object, *options.changes, **settings)
        if options.diff:
            console.write(found.diff())
        elif not options.check:
            if piped:
                console.write_content(found.after)
            else:
                found.write()
    except (ManifestError, ValidationError) as error:
        notes = getattr(error, "__notes__", ())
        raise CommandError(*str(error).splitlines(), *notes, "portmap set: nothing was written") from None
    if not found.changes:
        console.say(f"{found.path}: {options.object}: nothing to change")
    elif options.check:
        console.say(f"{found.path}: would change")
        return _WOULD_CHANGE
    return _FINE
