"""Which port leads to which in a set of objects: references, index, maps and traces."""
