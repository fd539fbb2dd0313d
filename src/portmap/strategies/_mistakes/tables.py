"""All mistakes that a create can make."""

from typing import Final

from portmap.strategies._mistakes.metadata import METADATA
from portmap.strategies._mistakes.mistake import Mistake
from portmap.strategies._mistakes.services import PORTS, SERVICES
from portmap.strategies._mistakes.stages import ALLOCATION, DECODING, FAMILIES

__all__ = ["MISTAKES"]

MISTAKES: Final[tuple[Mistake, ...]] = (*PORTS, *SERVICES, *FAMILIES, *ALLOCATION, *METADATA, *DECODING)
"""The ones that people make most come first."""
