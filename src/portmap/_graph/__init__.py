"""The graph of ports in a set of objects: items, index, references, maps and traces."""
