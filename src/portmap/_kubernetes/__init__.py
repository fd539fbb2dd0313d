"""The vocabulary of the Kubernetes API: paths, names, addresses, kinds, versions, JSON types. It knows no object."""
