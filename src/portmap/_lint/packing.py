"""Packing what one process sends to another, in half the time that pickle takes by itself.

A typed object is packed as the values of its attributes in their order, without their names and without
the checks of its constructor. Both ends run the same portmap, so nothing else may read what was packed.
"""

import copyreg
import pickle
from collections.abc import Callable
from io import BytesIO
from operator import attrgetter
from typing import Any, Final

import attrs

from portmap._kubernetes.labels import Labels
from portmap._manifests.documents import Document
from portmap._model.pods import Container, Pod
from portmap._model.ports import ContainerPort, ServicePort
from portmap._model.services import Service
from portmap._model.workloads import Workload

__all__ = ["packed", "unpacked"]

_CLASSES: Final = (Service, ServicePort, Workload, Pod, Container, ContainerPort, Document)
_SLOTS: Final = {cls: tuple(vars(cls)[each.name].__set__ for each in attrs.fields(cls)) for cls in _CLASSES}
_LABELS: Final = vars(Labels)["_items"]


def _remade(cls: type[Any], *values: object) -> object:
    made = object.__new__(cls)
    for put, value in zip(_SLOTS[cls], values, strict=True):
        put(made, value)
    return made


def _remade_labels(items: dict[str, str]) -> Labels:
    made = object.__new__(Labels)
    _LABELS.__set__(made, items)
    return made


def _reducer(cls: type[Any]) -> Callable[[Any], tuple[Any, ...]]:
    values = attrgetter(*(each.name for each in attrs.fields(cls)))
    return lambda each: (_remade, (cls, *values(each)))


_REDUCERS: Final[Any] = {
    **{cls: _reducer(cls) for cls in _CLASSES},
    Labels: lambda labels: (_remade_labels, (_LABELS.__get__(labels),)),
    **copyreg.dispatch_table,
}


def packed(thing: object) -> bytes:
    """The thing as bytes, for another process."""
    file = BytesIO()
    pickler = pickle.Pickler(file, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = _REDUCERS
    pickler.dump(thing)
    return file.getvalue()


def unpacked(data: bytes) -> Any:  # noqa: ANN401 - whatever was packed
    """What was packed, by one of our own processes a moment ago."""
    return pickle.loads(data)  # noqa: S301 - our own, as said
