"""What a script costs that builds one Service and prints it as YAML, from its start to its end.

    python benchmarks/cold_start.py [--rounds N]

Each script is a process of its own, in turn with the others, and the cheapest run of each counts:
processor time, wall time, and the largest memory. This program imports none of the libraries,
so that its own memory is smaller than that of any script.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

SCRIPTS: Final = {
    "portmap": """
from portmap import ContainerPort, Service, ServicePort, to_yaml
http = ContainerPort(8080, name="http")
print(to_yaml(Service("web", selector={"app": "web"}, ports=[ServicePort.targeting(http, port=80)])))
""",
    "dict": """
import yaml
port = {"name": "http", "port": 80, "targetPort": "http"}
spec = {"selector": {"app": "web"}, "ports": [port]}
web = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec}
print(yaml.dump(web, Dumper=yaml.CSafeDumper, sort_keys=False))
""",
    "official": """
import yaml
from kubernetes import client
spec = client.V1ServiceSpec(selector={"app": "web"}, ports=[client.V1ServicePort(port=80, target_port="http")])
web = client.V1Service(api_version="v1", kind="Service", metadata=client.V1ObjectMeta(name="web"), spec=spec)
plain = client.ApiClient().sanitize_for_serialization(web)
print(yaml.dump(plain, Dumper=yaml.CSafeDumper, sort_keys=False))
""",
    "lightkube": """
from lightkube import codecs
from lightkube.models.core_v1 import ServicePort, ServiceSpec
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Service
spec = ServiceSpec(selector={"app": "web"}, ports=[ServicePort(port=80, targetPort="http")])
print(codecs.dump_all_yaml([Service(metadata=ObjectMeta(name="web"), spec=spec)]))
""",
}


MEASURES: Final = (("processor", 1e3, "ms"), ("wall", 1e3, "ms"), ("memory", 1 / 1024, "MiB"))


# Byte code is compiled once, as where a library is installed, and not anew in each process.
ENVIRONMENT: Final = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def cold_start(script: Path) -> tuple[float, float, int]:
    """Processor time, wall time and the largest memory in KiB of one process."""
    start = time.perf_counter()
    silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    process = os.posix_spawn(sys.executable, [sys.executable, str(script)], ENVIRONMENT, file_actions=silent)
    _, status, used = os.wait4(process, 0)
    if status:
        raise SystemExit(f"{script} failed")
    return used.ru_utime + used.ru_stime, time.perf_counter() - start, used.ru_maxrss


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15, help="how often each script is run (default: 15)")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        scripts = {name: Path(folder, f"with_{name}.py") for name in SCRIPTS}
        for name, script in scripts.items():
            script.write_text(SCRIPTS[name], encoding="utf-8")
        for script in scripts.values():
            cold_start(script)
        runs = [{name: cold_start(script) for name, script in scripts.items()} for _ in range(rounds)]
    print("| Cold start | portmap | dict and PyYAML | official client | lightkube |")
    print("| --- | --- | --- | --- | --- |")
    for place, (measure, factor, unit) in enumerate(MEASURES):
        best = {name: min(run[name][place] for run in runs) for name in SCRIPTS}
        mine = best.pop("portmap")
        ratios = " | ".join(f"{other / mine:.2g} x" for other in best.values())
        print(f"| {measure} | {mine * factor:.0f} {unit} | {ratios} |")


if __name__ == "__main__":
    main()
