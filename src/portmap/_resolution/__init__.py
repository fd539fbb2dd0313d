"""Service ports resolved to endpoints, as the EndpointSlice controller does it, with the reason where none exists."""
