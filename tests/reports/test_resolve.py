"""The text reports of `portmap resolve`, in full."""

import json
from pathlib import Path

import pytest

from command_line import portmap, same, write
from manifest_texts import WEB, deployment, service


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_ports_with_endpoints() -> None:
    """Each port has a line for its backend; a number need not be declared."""
    write("k8s/web.yaml", WEB)
    write(
        "k8s/db.yaml",
        service("db", "app: db", "{port: 5432, targetPort: postgres}"),
        deployment("db", "app: db", "{name: postgres, containerPort: 5432}", kind="StatefulSet"),
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: db}\n",
    )
    run = portmap("resolve", "k8s")
    same(
        run.out,
        """\
        Service shop/db (k8s/db.yaml:1)
          5432/TCP        → StatefulSet/db  app             5432/TCP

        Service shop/web (k8s/web.yaml:1)
          http 80/TCP     ← node port 30080
          http 80/TCP     → Deployment/web  app             8080/TCP
          debug 6060/TCP  ← node port picked by the cluster
          debug 6060/TCP  → Deployment/web  (not declared)  6060/TCP
        """,
    )
    assert (run.code, run.err) == (0, "2 Services, 2 workloads, 1 other object\n")


def test_a_misspelt_target_port() -> None:
    """A miss lists the declared ports, and has a hint."""
    write("web.yaml", WEB.replace("targetPort: http", "targetPort: htpp"))
    run = portmap("resolve", "web.yaml")
    same(
        run.out,
        """\
        Service shop/web (web.yaml:1)
          http 80/TCP     ← node port 30080
          http 80/TCP     ✗ no container port named 'htpp' for TCP in Deployment/web: \
it declares http/TCP → 8080 in app, dns/UDP → 53 in app
                            hint: did you mean 'http'?
          debug 6060/TCP  ← node port picked by the cluster
          debug 6060/TCP  → Deployment/web  (not declared)  6060/TCP
        """,
    )
    assert (run.code, run.err) == (1, "1 Service, 1 workload, 0 other objects; 1 port without endpoints\n")


def test_another_protocol() -> None:
    """A miss says if the name is declared for another protocol."""
    write(
        "dns.yaml",
        service("dns", "app: dns", "{name: dns-tcp, port: 53, targetPort: dns}"),
        deployment("dns", "app: dns", "{name: dns, containerPort: 5353, protocol: UDP}"),
    )
    run = portmap("resolve", "dns.yaml")
    same(
        run.out,
        """\
        Service shop/dns (dns.yaml:1)
          dns-tcp 53/TCP  ✗ no container port named 'dns' for TCP in Deployment/dns: it declares dns/UDP → 5353 in app
                            hint: 'dns' is UDP there: set protocol UDP on this Service port, or declare a TCP port
        """,
    )
    assert run.code == 1


def test_a_selector_that_matches_nothing() -> None:
    """Each port of a Service without pods has a miss; the hint is given once."""
    write(
        "web.yaml",
        service("web", "app: wbe", "{name: http, port: 80}, {name: metrics, port: 9090}"),
        deployment("web", "app: web", ""),
    )
    run = portmap("resolve", "web.yaml")
    same(
        run.out,
        """\
        Service shop/web (web.yaml:1)
          http 80/TCP       ✗ no pod has the labels app=wbe
                              hint: Deployment/web has app=web instead
          metrics 9090/TCP  ✗ no pod has the labels app=wbe
        """,
    )
    assert (run.code, run.err) == (1, "1 Service, 1 workload, 0 other objects; 2 ports without endpoints\n")


def test_an_invalid_service() -> None:
    """An invalid Service is not resolved; each violation has its line and column."""
    write("web.yaml", WEB.replace("targetPort: http", 'targetPort: "8080"').replace("NodePort", "ClusterIP"))
    run = portmap("resolve", "web.yaml")
    same(
        run.out,
        """\
        Service shop/web (web.yaml:1) is invalid
          web.yaml:8:58: spec.ports[0].nodePort: Forbidden: may not be used when type is ClusterIP  \
[node-port-forbidden]
              hint: make the type NodePort or LoadBalancer, or drop the nodePort
          web.yaml:8:40: spec.ports[0].targetPort: Invalid value: "8080": must contain at least one letter (a-z)  \
[target-port-name-syntax]
              hint: for port number 8080 write the integer, without quotes
        """,
    )
    assert (run.code, run.err) == (1, "1 Service, 1 workload, 0 other objects; 1 invalid Service\n")


def test_a_broken_file_in_a_folder() -> None:
    """A file that cannot be read is reported on standard error, with its place; the rest is resolved."""
    write("k8s/web.yaml", WEB)
    write("k8s/broken.yaml", "kind: Service\nmetadata: {name: web\n")
    run = portmap("resolve", "k8s", "service/web")
    same(
        run.out,
        """\
        Service shop/web (k8s/web.yaml:1)
          http 80/TCP     ← node port 30080
          http 80/TCP     → Deployment/web  app             8080/TCP
          debug 6060/TCP  ← node port picked by the cluster
          debug 6060/TCP  → Deployment/web  (not declared)  6060/TCP
        """,
    )
    same(
        run.err,
        """\
        k8s/broken.yaml:2:11: the mapping that `{` opens here is not closed, or lacks a comma
        1 Service, 1 workload, 0 other objects; 1 file unreadable
        """,
    )
    assert run.code == 0


def test_services_whose_endpoints_are_elsewhere() -> None:
    """A Service without a selector or with an external name is no failure."""
    write(
        "k8s.yaml",
        "apiVersion: v1\nkind: Service\nmetadata: {name: db}\nspec: {ports: [{port: 5432}]}\n",
        "apiVersion: v1\nkind: Service\nmetadata: {name: mail}\n"
        "spec: {type: ExternalName, externalName: mail.example.com}\n",
    )
    run = portmap("resolve", "k8s.yaml")
    same(
        run.out,
        """\
        Service db (k8s.yaml:1)
          without a selector, its endpoints are managed by another program

        Service mail (k8s.yaml:6)
          an ExternalName Service stands for mail.example.com and has no pods
        """,
    )
    assert (run.code, run.err) == (0, "2 Services, 0 workloads, 0 other objects\n")


def test_endpoints_written_by_hand() -> None:
    """Addresses of hand-written endpoints are shown; a port that they lack is a miss."""
    write(
        "k8s.yaml",
        "apiVersion: v1\nkind: Service\nmetadata: {name: db}\n"
        "spec: {type: NodePort, ports: [{name: sql, port: 80, nodePort: 30080}, {name: admin, port: 81}]}\n",
        "apiVersion: v1\nkind: Endpoints\nmetadata: {name: db}\n"
        "subsets: [{addresses: [{ip: 192.0.2.1}, {ip: fd00::1}], ports: [{name: sql, port: 5432}]}]\n",
    )
    run = portmap("resolve", "k8s.yaml")
    same(
        run.out,
        """\
        Service db (k8s.yaml:1)
          without a selector, its endpoints are managed by another program
          sql 80/TCP    ← node port 30080
          sql 80/TCP    → 192.0.2.1:5432, [fd00::1]:5432 (Endpoints db)
          admin 81/TCP  ← node port picked by the cluster
          admin 81/TCP  ? Endpoints db has no TCP port named 'admin', and the Service has no selector
                          in doubt: its endpoints are written by hand, and those of this port may be elsewhere
        """,
    )
    assert (run.code, run.err) == (0, "1 Service, 0 workloads, 1 other object; 1 port in doubt\n")
    report = json.loads(portmap("resolve", "k8s.yaml", "--format=json").out)
    sql, admin = report["services"][0]["ports"]
    assert (sql["beyond"], sql["misses"]) == ("192.0.2.1:5432, [fd00::1]:5432 (Endpoints db)", [])
    assert (admin["beyond"], admin["misses"][0]["code"]) == (None, "no-endpoints-for-port")


def test_an_invalid_workload() -> None:
    """The pods of an invalid workload are unknown, which is a miss of its own."""
    write(
        "web.yaml",
        service("web", "app: web, version: '2'", "{port: 80}"),
        deployment("web", "app: web, version: 2", "{containerPort: 80}").replace(
            "matchLabels: {app: web, version: 2}", "matchLabels: {app: web}"
        ),
    )
    run = portmap("resolve", "web.yaml")
    same(
        run.out,
        """\
        Service shop/web (web.yaml:1)
          80/TCP  ✗ its pods are unknown: Deployment shop/web (web.yaml:8) is invalid
                    hint: spec.template.metadata.labels[version]: Wrong type: 2: must be text, not an integer
        """,
    )
    same(
        run.err,
        """\
        web.yaml:13:44: Deployment web: spec.template.metadata.labels[version]: Wrong type: 2: \
must be text, not an integer  [wrong-type]
        1 Service, 1 workload, 0 other objects; 1 invalid workload or pod; 1 port without endpoints
        """,
    )
    assert run.code == 1


def test_some_of_several_workloads() -> None:
    """A port with endpoints in one workload and a miss in another shows both, and is no failure."""
    write(
        "web.yaml",
        service("web", "app: web", "{name: http, port: 80, targetPort: http}"),
        deployment("web", "app: web", "{name: http, containerPort: 8080}"),
        deployment("web", "app: web", "{name: http, containerPort: 8081}"),
        deployment("migrate", "app: web", "", kind="ReplicaSet"),
        deployment("broken", "app: web", "{containerPort: x}"),
    )
    run = portmap("resolve", "web.yaml")
    same(
        run.out,
        """\
        Service shop/web (web.yaml:1)
          http 80/TCP  → Deployment/web  app  8080/TCP  (web.yaml:8)
          http 80/TCP  → Deployment/web  app  8081/TCP  (web.yaml:19)
          http 80/TCP  ✗ no container port named 'http' for TCP in ReplicaSet/migrate: its containers declare no ports
          http 80/TCP  ✗ some of its pods are unknown: Deployment shop/broken (web.yaml:41) is invalid
                         hint: spec.template.spec.containers[0].ports[0].containerPort: Wrong type: "x": \
must be an integer, not text
        """,
    )
    assert run.code == 0


def test_pods() -> None:
    """A pod that is not ready is a backend; one that has ended is a miss."""
    pod = """\
        apiVersion: v1
        kind: Pod
        metadata: {{name: {name}, labels: {{app: web}}}}
        spec: {{containers: [{{name: app}}]}}
        status: {{phase: {phase}, podIP: 10.0.0.{number}, conditions: [{{type: Ready, status: "{ready}"}}]}}
        """
    write(
        "web.yaml",
        service("web", "app: web", "{port: 80}"),
        pod.format(name="web-0", phase="Running", number=1, ready="True"),
        pod.format(name="web-1", phase="Running", number=2, ready="False"),
        pod.format(name="web-2", phase="Succeeded", number=3, ready="False"),
    )
    run = portmap("resolve", "web.yaml")
    same(
        run.out,
        """\
        Service shop/web (web.yaml:1)
          80/TCP  → Pod/web-0  (not declared)  80/TCP
          80/TCP  → Pod/web-1  (not declared)  80/TCP, not ready
          80/TCP  ✗ Pod/web-2 gets no traffic: it has ended (Succeeded)
        """,
    )
    assert (run.code, run.err) == (0, "1 Service, 0 workloads, 3 pods, 0 other objects\n")


def test_a_headless_service_without_ports() -> None:
    """The backends of a headless Service without ports are its pods."""
    headless = "apiVersion: v1\nkind: Service\nmetadata: {name: %s}\nspec: {clusterIP: None, selector: {app: %s}}\n"
    ended = "kind: Pod\nmetadata: {name: db-0, labels: {app: db}}\nstatus: {phase: Failed}\n"
    write("db.yaml", headless % ("db", "db"), headless % ("none", "x"), deployment("db", "app: db", ""), ended)
    run = portmap("resolve", "db.yaml")
    same(
        run.out,
        """\
        Service db (db.yaml:1)
          no ports  → Deployment/db
          no ports  ✗ Pod/db-0 gets no traffic: it has ended (Failed)

        Service none (db.yaml:6)
          no ports  ? no pod has the labels app=x
                      in doubt: the pods may be created elsewhere: Service db selects those of Pod db-0
        """,
    )
    assert run.code == 0
    [db, none] = json.loads(portmap("resolve", "db.yaml", "--format=json").out)["services"]
    assert (db["leadsNowhere"], db["ports"][0]["port"], db["ports"][0]["endpoints"][0]["port"]) == (False, None, None)
    assert (none["leadsNowhere"], none["ports"][0]["misses"][0]["code"]) == (False, "selector-matches-nothing")


def test_no_pods_at_all() -> None:
    """The summary says if the input has no pods at all."""
    run = portmap("resolve", "-", stdin=service("web", "app: web", "{port: 80}"))
    same(
        run.out,
        """\
        Service shop/web (<stdin>:1)
          80/TCP  ? no pod has the labels app=web
                    in doubt: this part of the input creates no long-running pods
        """,
    )
    same(
        run.err,
        """\
        1 Service, 0 workloads, 0 other objects; 1 port in doubt; there are no pods or workloads in the input
        """,
    )
    assert run.code == 0
