"""What linting costs, as ratios to PyYAML's C loader making dicts of the same files, in one run.

    python benchmarks/lint.py [--rounds N] [FOLDER…]

Without folders, an input of 10,000 Services and their Deployments is generated, about 30 MB in
500 folders, and half of it, to show how the cost grows. Each ratio is that of the fastest
rounds. How much faster two processes are than one is told in elapsed time, and, since that says
little of a machine on which others work too, in processor time: that of this process and half of
that of the two, which nothing can make shorter. Where checkov is on the path, its Kubernetes
framework judges the folders, or some of the generated ones, beside the command, in processor
time, the start of both included.
"""

import argparse
import gc
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from portmap.lint import lint_paths

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
SUFFIXES = {".json", ".yaml", ".yml"}
A_FOLDER = 20

OBJECTS = """\
apiVersion: v1
kind: Service
metadata:
  name: {name}
  namespace: team-{folder}
  labels:
    app.kubernetes.io/name: {name}
    app.kubernetes.io/part-of: shop
spec:
  type: {type}
  selector:
    app.kubernetes.io/name: {name}
    app.kubernetes.io/instance: {name}
  ports:
  - name: http
    port: 80
    targetPort: http
    protocol: TCP
  - name: metrics
    port: 9090
    targetPort: {metrics}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: team-{folder}
  labels:
    app.kubernetes.io/name: {name}
    app.kubernetes.io/part-of: shop
spec:
  replicas: 3
  selector:
    matchLabels:
      app.kubernetes.io/name: {name}
      app.kubernetes.io/instance: {name}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: {name}
        app.kubernetes.io/instance: {name}
      annotations:
        checksum/config: {checksum}
    spec:
      serviceAccountName: {name}
      securityContext:
        runAsNonRoot: true
        seccompProfile:
          type: RuntimeDefault
      containers:
      - name: server
        image: "registry.example.com/shop/{name}:1.27.{number}"
        imagePullPolicy: IfNotPresent
        args: ["--listen=:8080", "--log-level=info", "--shutdown-timeout=30s"]
        ports:
        - name: http
          containerPort: 8080
          protocol: TCP
        - name: metrics
          containerPort: 9090
        env:
        - name: DATABASE_URL
          valueFrom:
            secretKeyRef:
              name: {name}-database
              key: url
{env}
        readinessProbe:
          httpGet:
            path: /ready
            port: http
          periodSeconds: 5
        livenessProbe:
          httpGet:
            path: /live
            port: http
          initialDelaySeconds: 10
        resources:
          requests: {{cpu: 100m, memory: 128Mi}}
          limits: {{memory: 256Mi}}
        volumeMounts:
        - name: config
          mountPath: /etc/{name}
          readOnly: true
      volumes:
      - name: config
        configMap:
          name: {name}
"""
ENV = """\
        - name: SETTING_{number}
          value: "{value}"
"""


def generate(folder: Path, services: int) -> None:
    """Write so many Services, 20 a folder and one a file; one in a hundred has a misspelt target port."""
    chance = random.Random(5)  # noqa: S311 - the same input every time
    for number in range(services):
        name = f"service-{number:05}"
        home = folder / f"team-{number // A_FOLDER}"
        home.mkdir(parents=True, exist_ok=True)
        env = "".join(
            ENV.format(number=each, value=f"{chance.getrandbits(96):x}") for each in range(chance.randrange(4, 12))
        )
        text = OBJECTS.format(
            name=name,
            number=number,
            folder=number // A_FOLDER,
            type=chance.choice(["ClusterIP", "ClusterIP", "LoadBalancer"]),
            metrics=chance.choices(["metrics", "9090", "metrisc"], [79, 20, 1])[0],
            checksum=f"{chance.getrandbits(256):x}",
            env=env.rstrip("\n"),
        )
        (home / f"{name}.yaml").write_text(text, encoding="utf-8")


def files_of(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.suffix in SUFFIXES and path.is_file()]


def load_with_pyyaml(files: list[Path]) -> int:
    count = 0
    for file in files:
        try:
            count += len(list(yaml.load_all(file.read_bytes(), Loader=LOADER)))
        except yaml.YAMLError:
            continue
    return count


def seconds(work: Callable[[], object], clock: Callable[[], float]) -> float:
    gc.collect()
    # The command does without the collector as well: there are no cycles to be found.
    gc.disable()
    start = clock()
    work()
    spent = clock() - start
    gc.enable()
    return spent


def fastest(rounds: int, clock: Callable[[], float], *works: Callable[[], object]) -> list[float]:
    """The fastest round of each, measured in turn."""
    return [min(each) for each in zip(*([seconds(work, clock) for work in works] for _ in range(rounds)), strict=True)]


def measure(folder: Path, rounds: int) -> float:
    """Print the figures of one input, and return the processor time per byte."""
    files = files_of(folder)
    size = sum(file.stat().st_size for file in files)
    report = lint_paths(folder)
    mine, theirs = fastest(rounds, time.process_time, lambda: lint_paths(folder), lambda: load_with_pyyaml(files))
    print(f"{folder}: {size / 1e6:.1f} MB in {len(files)} files, {report.services} Services, {len(report)} findings")
    print(f"  lint {mine:.2f} s, PyYAML's C loader {theirs:.2f} s: {mine / theirs:.2f} x   (at most 2.5)")
    return mine / size


def measure_processes(folder: Path, rounds: int) -> None:
    """Print what two processes gain, as a command."""

    def lint_with(jobs: int) -> None:
        command = [sys.executable, "-m", "portmap", "lint", "--jobs", str(jobs), "--format", "json", str(folder)]
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)  # noqa: S603 - ours

    def processor_time() -> float:
        spent = os.times()
        return spent.children_user + spent.children_system

    one, two = fastest(rounds, time.perf_counter, lambda: lint_with(1), lambda: lint_with(2))
    print(
        f"  the command in one process {one:.2f} s, in two {two:.2f} s: {one / two:.2f} times as fast   (at least 1.6)"
    )
    one, two = fastest(rounds, processor_time, lambda: lint_with(1), lambda: lint_with(2))
    print(f"  in processor time {one:.2f} s, in both together {two:.2f} s: {two / one:.2f} x")


def measure_checkov(folder: Path) -> None:
    """Print what checkov's Kubernetes framework and `portmap lint` cost, each as a command."""
    checkov = shutil.which("checkov")
    if checkov is None:
        print("  checkov is not on the path: not compared")
        return
    quiet = ["--framework", "kubernetes", "--quiet", "--compact", "--skip-download"]
    theirs = seconds_of_command(checkov, "-d", str(folder), *quiet)
    mine = seconds_of_command(sys.executable, "-m", "portmap", "lint", "--jobs", "1", str(folder))
    files = len(files_of(folder))
    print(
        f"  {files} files: the command lint {mine:.2f} s, checkov {theirs:.2f} s: {mine / theirs:.3f} x   (at most 0.1)"
    )


def seconds_of_command(*command: str) -> float:
    """The processor time of a command and its children."""
    before = os.times()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)  # noqa: S603 - our own
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured (default: 3)")
    parser.add_argument("--services", type=int, default=10_000, help="how many are generated (default: 10000)")
    options = parser.parse_args()
    print(f"{len(os.sched_getaffinity(0))} cores")
    for folder in options.folders:
        measure(folder, options.rounds)
        measure_processes(folder, options.rounds)
        measure_checkov(folder)
    if not options.folders:
        with tempfile.TemporaryDirectory() as where:
            whole, half = Path(where, "whole"), Path(where, "half")
            generate(half, options.services // 2)
            generate(whole, options.services)
            small = measure(half, options.rounds)
            large = measure(whole, options.rounds)
            print(f"  a byte costs {large / small:.2f} times as much in twice the input   (near 1)")
            measure_processes(whole, options.rounds)
            small_part = Path(where, "part")
            generate(small_part, options.services // 20)
            measure_checkov(small_part)


if __name__ == "__main__":
    main()
