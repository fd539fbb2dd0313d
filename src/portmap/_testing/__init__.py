"""Assertions for tests of infrastructure code."""
