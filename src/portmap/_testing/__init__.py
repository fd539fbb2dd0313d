"""Assertions for tests of infrastructure; `portmap.testing` is the public face."""
