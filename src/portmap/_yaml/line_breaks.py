"""Line breaks of YAML, which are more than those of JSON and of most editors."""

import re
from typing import Final

LINE_BREAK: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""A line break as YAML 1.1 defines it. Positions in YAML count these lines."""
