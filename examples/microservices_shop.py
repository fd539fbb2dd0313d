"""A whole shop: twelve Services and the eleven Deployments behind them, each port written once.

The shop is Online Boutique (github.com/GoogleCloudPlatform/microservices-demo): a web
frontend, nine services that speak gRPC with one another, and a Redis for the carts.
Everything that needs a port takes it from the same object: the container, its probes,
the Service, and the address under which the others find it.

    python examples/microservices_shop.py          # the manifests, as YAML
    python examples/microservices_shop.py --map    # which port leads where

Images, resources and the load generator are left out: they say nothing of ports.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from attrs import field, frozen

from portmap import Container, ContainerPort, Resolution, Service, ServicePort, Workload, resolve, to_manifest, to_yaml
from portmap.manifests import read


@frozen
class Part:
    """One part of the shop: a program that listens on one port, and the parts that it calls.

    `probe` makes the probe of the port: gRPC, unless something else is given.
    `dial` is the port of its Service where that is not the one on which it listens;
    `calls` has the environment variables in which it looks for the others.
    """

    name: str
    port: ContainerPort
    probe: Callable[[ContainerPort], Mapping[str, Any]] = field(default=ContainerPort.grpc, kw_only=True)
    dial: int | None = field(default=None, kw_only=True)
    calls: "Mapping[str, Part]" = field(factory=dict, kw_only=True)

    @property
    def service(self) -> Service:
        """The Service inside the cluster. It points at the container's port by name."""
        port = ServicePort.targeting(self.port, port=self.dial or self.port.container_port)
        return Service.internal(self.name, [port], labels=self.labels, selector=self.labels)

    @property
    def labels(self) -> dict[str, str]:
        """The labels of its pods, its Deployment and its Service."""
        return {"app": self.name}

    @property
    def deployment(self) -> dict[str, Any]:
        """Its Deployment: a plain dict, with portmap's fragment where the ports are."""
        container = Container("server", ports=[self.port], image=f"shop/{self.name}:1.0")
        addresses = {key: part.service.address() for key, part in self.calls.items()}
        settings = {"PORT": str(self.port.container_port)} | addresses
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": self.name, "labels": self.labels},
            "spec": {
                "selector": {"matchLabels": self.labels},
                "template": {
                    "metadata": {"labels": self.labels},
                    "spec": {
                        "containers": [
                            to_manifest(container)
                            | {
                                "env": [{"name": key, "value": value} for key, value in settings.items()],
                                "readinessProbe": self.probe(self.port),
                                "livenessProbe": self.probe(self.port),
                            }
                        ]
                    },
                },
            },
        }


# A part can only call one that stands above it, so no address can be misspelt.
redis = Part("redis-cart", ContainerPort(6379, name="tcp-redis"), probe=ContainerPort.tcp_socket)
ads = Part("adservice", ContainerPort(9555, name="grpc"))
catalog = Part("productcatalogservice", ContainerPort(3550, name="grpc"))
currency = Part("currencyservice", ContainerPort(7000, name="grpc"))
email = Part("emailservice", ContainerPort(8080, name="grpc"), dial=5000)
payment = Part("paymentservice", ContainerPort(50051, name="grpc"))
shipping = Part("shippingservice", ContainerPort(50051, name="grpc"))
cart = Part("cartservice", ContainerPort(7070, name="grpc"), calls={"REDIS_ADDR": redis})
recommendation = Part(
    "recommendationservice", ContainerPort(8080, name="grpc"), calls={"PRODUCT_CATALOG_SERVICE_ADDR": catalog}
)
checkout = Part(
    "checkoutservice",
    ContainerPort(5050, name="grpc"),
    calls={
        "PRODUCT_CATALOG_SERVICE_ADDR": catalog,
        "SHIPPING_SERVICE_ADDR": shipping,
        "PAYMENT_SERVICE_ADDR": payment,
        "EMAIL_SERVICE_ADDR": email,
        "CURRENCY_SERVICE_ADDR": currency,
        "CART_SERVICE_ADDR": cart,
    },
)
frontend = Part(
    "frontend",
    ContainerPort(8080, name="http"),
    probe=lambda port: port.http_get("/_healthz"),
    dial=80,
    calls={
        "PRODUCT_CATALOG_SERVICE_ADDR": catalog,
        "CURRENCY_SERVICE_ADDR": currency,
        "CART_SERVICE_ADDR": cart,
        "RECOMMENDATION_SERVICE_ADDR": recommendation,
        "SHIPPING_SERVICE_ADDR": shipping,
        "CHECKOUT_SERVICE_ADDR": checkout,
        "AD_SERVICE_ADDR": ads,
    },
)
PARTS = (frontend, checkout, recommendation, cart, shipping, payment, email, currency, catalog, ads, redis)

# The way in from outside leads to the same pods as the frontend's own Service.
entrance = Service.load_balancer(
    "frontend-external", frontend.service.ports, labels=frontend.labels, selector=frontend.labels
)
SERVICES = (entrance, *(part.service for part in PARTS))


def manifests() -> Iterator[Service | dict[str, Any]]:
    """Everything to apply: each Deployment behind the Services that lead to it."""
    yield entrance
    for part in PARTS:
        yield part.service
        yield part.deployment


def routes() -> list[Resolution]:
    """Where each Service leads, in the pods that the Deployments will make."""
    workloads = [found for part in PARTS if isinstance(found := read(part.deployment), Workload)]
    return [resolve(service, workloads) for service in SERVICES]


def lines(route: Resolution) -> Iterator[str]:
    """The map of one Service: a line for each port and each workload that it reaches."""
    for port in route.service.ports:
        for end in route.endpoints(port):
            here = f"{route.service.name}:{port.port}"
            yield f"{here:27} {port.target_port:10} {end.workload}, {end.container}: {end.port}/{end.protocol}"


def main() -> int:
    """Write what was asked for; fail where a port leads nowhere."""
    parser = argparse.ArgumentParser(description="The manifests of a shop, or the map of its ports.")
    parser.add_argument("--map", action="store_true", help="show which port leads where, and write no manifests")
    found = routes()
    if parser.parse_args().map:
        print(*(line for route in found for line in lines(route)), sep="\n")
    else:
        print(to_yaml(*manifests()), end="")
    for route in found:
        for miss in route.misses:
            print(f"{route.service}: {miss}", file=sys.stderr)
    return 1 if any(route.misses for route in found) else 0


if __name__ == "__main__":
    sys.exit(main())
