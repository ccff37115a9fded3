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
from logos_graph.execution.given import Given, encode_given
from logos_graph.execution.plan import Plan, PlannedStep
from logos_graph.execution.record import (
    Carried,
    Failure,
    ForkPoint,
    HostCall,
    LogRecord,
    RunRecord,
    RunStatus,
    StepRecord,
    StepStatus,
    run_digest,
)
from logos_graph.execution.replay import Aspect, Difference, ReplayReport, compare

__all__ = [
    "Answer",
    "Aspect",
    "Carried",
    "Difference",
    "Failure",
    "ForkPoint",
    "Given",
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
    "encode_given",
    "encode_inputs",
    "execute",
    "run_digest",
]
