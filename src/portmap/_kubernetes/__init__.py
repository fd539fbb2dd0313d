"""The vocabulary of the Kubernetes API: paths, names, addresses, kinds, versions, JSON types. It knows no object."""

import sys

# The distribution `portmap` is another project. Its `portmap/__init__.py` is empty and replaces the one of
# portmap-k8s if it is installed later; uninstalling it removes the file.
if all(name.startswith("_") for name in vars(sys.modules["portmap"])):
    raise ImportError(
        "the distribution 'portmap', which is another project, has replaced files of portmap-k8s: "
        "run `pip uninstall portmap`, then `pip install --force-reinstall portmap-k8s`"
    )
