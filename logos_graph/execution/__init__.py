"""Plans, runs and replays flows. Pure: no database, no clock; nodes run behind a `Host`.

The functions `plan` and `replay` are imported from the modules of their names.
"""

from logos_graph.execution.executor import (
    Answer,
    Host,
    HostResult,
    NodeFailure,
    World,
    encode_inputs,
    execute,
)
from logos_graph.execution.plan import Plan, PlannedStep
from logos_graph.execution.record import (
    Carried,
    Failure,
    HostCall,
    LogRecord,
    RunRecord,
    RunStatus,
    StepRecord,
    StepStatus,
)
from logos_graph.execution.replay import Aspect, Difference, ReplayReport, compare

__all__ = [
    "Answer",
    "Aspect",
    "Carried",
    "Difference",
    "Failure",
    "Host",
    "HostCall",
    "HostResult",
    "LogRecord",
    "NodeFailure",
    "Plan",
    "PlannedStep",
    "ReplayReport",
    "RunRecord",
    "RunStatus",
    "StepRecord",
    "StepStatus",
    "World",
    "compare",
    "encode_inputs",
    "execute",
]
