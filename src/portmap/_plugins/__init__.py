"""The plugins for pytest and Hypothesis."""
