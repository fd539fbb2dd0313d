"""Hypothesis strategies for Services, pods and manifests."""
