"""Sets of objects that have to do with ports, from names and numbers so few that they often meet."""

from typing import Any

from hypothesis import strategies as st

from strategies_for_tests import Strategy

Manifest = dict[str, Any]

# Few of everything, so that names, numbers and labels often meet.
NAMES = st.sampled_from(["web", "wep", "api"])
NAMESPACES = st.sampled_from([None, "shop", "prod"])
PORT_NAMES = st.sampled_from(["http", "htpp", "metrics"])
NUMBERS = st.sampled_from([80, 443, 8080])
PORTS = PORT_NAMES | NUMBERS
PROTOCOLS = st.sampled_from(["TCP", "TCP", "UDP"])
LABELS = st.sampled_from([{"app": "web"}, {"app": "api"}, {"app": "web", "tier": "front"}, {}])


def an_object(api: str, kind: str, spec: Strategy[Manifest]) -> Strategy[Manifest]:
    """An object of this kind, with a name and labels out of few."""

    def made(name: str, namespace: str | None, labels: Manifest, given: Manifest) -> Manifest:
        metadata = {"name": name, "labels": labels} | ({} if namespace is None else {"namespace": namespace})
        return {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": given}

    return st.builds(made, NAMES, NAMESPACES, LABELS, spec)


def some(of: Strategy[Any], least: int = 0) -> Strategy[list[Any]]:
    """A few of these."""
    return st.lists(of, min_size=least, max_size=2)


service_ports = st.fixed_dictionaries(
    {"port": NUMBERS}, optional={"name": PORT_NAMES, "targetPort": PORTS, "protocol": PROTOCOLS}
)
# Some of them are invalid: two ports without names, or with one.
services = an_object(
    "v1",
    "Service",
    st.fixed_dictionaries(
        {"ports": some(service_ports, 1)},
        optional={"selector": LABELS, "type": st.sampled_from(["NodePort", "LoadBalancer"])},
    ),
)
containers = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["app", "proxy"]),
        "ports": some(
            st.fixed_dictionaries(
                {"containerPort": NUMBERS}, optional={"name": PORT_NAMES, "protocol": PROTOCOLS, "hostPort": NUMBERS}
            )
        ),
    },
    optional={"readinessProbe": st.builds(lambda port: {"httpGet": {"port": port}}, PORTS)},
)
templates = st.builds(
    lambda labels, boxes: {"metadata": {"labels": labels}, "spec": {"containers": boxes}}, LABELS, some(containers)
)
deployments = an_object(
    "apps/v1", "Deployment", st.fixed_dictionaries({"template": templates}, optional={"replicas": st.just(0)})
)
backends = st.builds(
    lambda name, port: {
        "service": {"name": name, "port": {"name": port} if isinstance(port, str) else {"number": port}}
    },
    NAMES,
    PORTS,
)
ingresses = an_object(
    "networking.k8s.io/v1",
    "Ingress",
    st.fixed_dictionaries(
        {
            "rules": some(
                st.builds(
                    lambda host, found: {"host": host, "http": {"paths": found}},
                    st.sampled_from(["a.example", "*.example"]),
                    some(st.builds(lambda path, each: {"path": path, "backend": each}, st.just("/"), backends)),
                )
            )
        },
        optional={"defaultBackend": backends},
    ),
)
routes = an_object(
    "gateway.networking.k8s.io/v1",
    "HTTPRoute",
    st.builds(
        lambda found: {"rules": [{"backendRefs": found}]},
        some(st.fixed_dictionaries({"name": NAMES, "port": NUMBERS}, optional={"namespace": st.just("prod")})),
    ),
)
monitors = an_object(
    "monitoring.coreos.com/v1",
    "ServiceMonitor",
    st.builds(
        lambda labels, port, key: {"selector": {"matchLabels": labels}, "endpoints": [{key: port}]},
        LABELS,
        PORT_NAMES,
        st.sampled_from(["port", "targetPort"]),
    ),
)
policies = an_object(
    "networking.k8s.io/v1",
    "NetworkPolicy",
    st.builds(
        lambda labels, port, last: {
            "podSelector": {"matchLabels": labels},
            "ingress": [{"ports": [{"port": port} | ({} if last is None else {"endPort": last})]}],
        },
        LABELS,
        PORTS,
        st.sampled_from([None, 8079, 8080]),
    ),
)
sets = st.lists(services | deployments | ingresses | routes | monitors | policies, max_size=12)
