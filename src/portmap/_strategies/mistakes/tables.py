"""All mistakes that a create can make."""

from typing import Final

from portmap._strategies.mistakes.metadata import METADATA
from portmap._strategies.mistakes.mistake import Mistake
from portmap._strategies.mistakes.services import PORTS, SERVICES
from portmap._strategies.mistakes.stages import ALLOCATION, DECODING, FAMILIES

__all__ = ["MISTAKES"]

MISTAKES: Final[tuple[Mistake, ...]] = (*PORTS, *SERVICES, *FAMILIES, *ALLOCATION, *METADATA, *DECODING)
"""The ones that people make most come first."""
