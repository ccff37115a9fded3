"""Plans, runs and replays flows. Pure: no database, no clock; nodes run behind a `Host`.

The functions `plan` and `replay` are imported from the modules of their names.
"""

from logos_graph.execution.executor import (
    Host,
    HostResult,
    NodeFailure,
    encode_inputs,
    execute,
)
from logos_graph.execution.plan import Plan, PlannedStep
from logos_graph.execution.record import (
    Carried,
    Failure,
    RunRecord,
    RunStatus,
    StepRecord,
    StepStatus,
)
from logos_graph.execution.replay import Aspect, Difference, ReplayReport, compare

__all__ = [
    "Aspect",
    "Carried",
    "Difference",
    "Failure",
    "Host",
    "HostResult",
    "NodeFailure",
    "Plan",
    "PlannedStep",
    "ReplayReport",
    "RunRecord",
    "RunStatus",
    "StepRecord",
    "StepStatus",
    "compare",
    "encode_inputs",
    "execute",
]
