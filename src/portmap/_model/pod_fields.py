"""The fields of containers and pods, as far as portmap models them."""

from typing import Final

from portmap._kubernetes.schema import BOOLEAN, TEXT, TEXT_MAP, TEXTS, TIME
from portmap._kubernetes.wire import Field, FieldTable

CONTAINER_FIELDS: Final = FieldTable(
    Field("name", ("name",), TEXT, required=True),
    Field("image", ("image",), TEXT),
    Field("restart_policy", ("restartPolicy",), TEXT),
)
POD_METADATA_FIELDS: Final = FieldTable(
    Field("name", ("name",), TEXT, required=True),
    Field("namespace", ("namespace",), TEXT),
    Field("labels", ("labels",), TEXT_MAP, required=True),
    Field("annotations", ("annotations",), TEXT_MAP),
    Field("deletion_timestamp", ("deletionTimestamp",), TIME),
)
POD_SPEC_FIELDS: Final = FieldTable(
    Field("host_network", ("hostNetwork",), BOOLEAN),
    Field("hostname", ("hostname",), TEXT),
    Field("subdomain", ("subdomain",), TEXT),
    Field("node_name", ("nodeName",), TEXT),
)
POD_STATUS_FIELDS: Final = FieldTable(
    Field("phase", ("phase",), TEXT),
    Field("addresses", ("podIPs",), TEXTS),
    Field("ready", ("conditions",), BOOLEAN),
    Field("template", ("template",), BOOLEAN),
)
"""For type checks only: the status in a manifest has another form."""
