"""The map of a set of objects: where every port leads, and who leads there."""
