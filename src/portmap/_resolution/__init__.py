"""The algorithm of the EndpointSlice controller: selection, named ports, slices, and why a port has no endpoints."""
