"""What an API server warns about in objects of all kinds.

Source: kubernetes/kubernetes 1.36.2, `staging/src/k8s.io/apiserver/pkg/endpoints/handlers/`.
"""

from typing import Final

from portmap._apiserver.object_kind import DecodedObject
from portmap._apiserver.rule import RuleGroup, Stage
from portmap._apiserver.service_warnings import duplicate_owner

OBJECT_WARNINGS: Final = RuleGroup[DecodedObject]("warnings about objects", stage=Stage.WARNINGS)
OBJECT_WARNINGS.include(duplicate_owner)
