"""`portmap set FILE|- OBJECT CHANGE…`: change fields of one object in a file and leave every other byte as it is."""

import argparse
from typing import Any

from portmap._cli.arguments import STDIN, Commands, add_cluster, cluster_of, namespace_argument
from portmap._kubernetes.errors import ManifestError, ValidationError
from portmap._reports.console import CommandError, Console


def add_set(commands: Commands) -> None:
    """Add the sub-command to the command."""
    parser = commands.add_parser(
        "set",
        allow_abbrev=False,
        help="change fields of one object in a file, and leave every other byte as it is",
        description="Change, add or remove fields of one object in a YAML or JSON file. Comments and formatting "
        "stay. Nothing is written if another part of the file would read differently, or if a server would refuse "
        "the object: a Service is validated as a whole, workloads and pods as far as ports are concerned, other "
        "kinds not at all. For standard input, the result is written to standard output.",
        epilog="Exit codes: 0 the fields have these values; 1 with --check, the file would change; "
        "2 bad usage, or the change is refused: the file is unchanged.",
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
    parser.add_argument("--diff", action="store_true", help="write nothing; show the changes as a diff")
    parser.add_argument("--string", action="store_true", help="read each VALUE as text, even if it looks like a number")
    parser.add_argument(
        "--namespace", type=namespace_argument, metavar="NAME", help="the namespace of the object (default: any)"
    )
    add_cluster(parser)
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace, console: Console) -> int:
    from portmap._manifests.edit import edit, edit_content
    from portmap._manifests.text_files import read_stream

    settings: dict[str, Any] = {
        "namespace": options.namespace,
        "string": options.string,
        "cluster": cluster_of(options),
    }
    try:
        if options.file == STDIN:
            result = edit_content(
                "<stdin>", lambda: read_stream(console.source).encode(), options.object, *options.changes, **settings
            )
        else:
            result = edit(options.file, options.object, *options.changes, **settings)
        if options.diff:
            console.write(result.diff())
        elif not options.check:
            if options.file == STDIN:
                console.write_content(result.after)
            else:
                result.write()
    except (ManifestError, ValidationError) as error:
        notes = getattr(error, "__notes__", ())
        raise CommandError(*str(error).splitlines(), *notes, "portmap set: nothing was written") from None
    if not result.changes:
        console.note(f"{result.path}: {options.object}: nothing to change")
    elif options.check:
        console.note(f"{result.path}: would change")
        return 1
    return 0
