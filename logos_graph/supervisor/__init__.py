"""The gate, and one handler per verb; speaks to the outside through Protocols only."""

from logos_graph.graph.capabilities import EVERY_CAPABILITY
from logos_graph.ledger import OPERATOR
from logos_graph.supervisor.answerable import usual_doubt
from logos_graph.supervisor.building_ports import (
    Admission,
    AdmittedModule,
    Builder,
    BuiltModule,
    LoadableHost,
)
from logos_graph.supervisor.claims import lease_end, waits
from logos_graph.supervisor.entries import check_entry
from logos_graph.supervisor.gate import Supervisor
from logos_graph.supervisor.genesis import found_ledger
from logos_graph.supervisor.handlers import BUILT_IN
from logos_graph.supervisor.handlers.flows import check_none_deprecated
from logos_graph.supervisor.outcome import Outcome
from logos_graph.supervisor.ports import (
    NOT_WRITTEN,
    Clock,
    GivenConsent,
    IntentRecord,
    Mutation,
    OpenEscalation,
    Outside,
    PendingIntent,
    Signers,
    Snapshot,
    Store,
    Writers,
)
from logos_graph.supervisor.runner import Runner, run_id
from logos_graph.supervisor.watched import CountedAct, OpenAlarm, RateInForce, WatchedSnapshot

__all__ = [
    "BUILT_IN",
    "EVERY_CAPABILITY",
    "NOT_WRITTEN",
    "OPERATOR",
    "Admission",
    "AdmittedModule",
    "Builder",
    "BuiltModule",
    "Clock",
    "CountedAct",
    "GivenConsent",
    "IntentRecord",
    "LoadableHost",
    "Mutation",
    "OpenAlarm",
    "OpenEscalation",
    "Outcome",
    "Outside",
    "PendingIntent",
    "RateInForce",
    "Runner",
    "Signers",
    "Snapshot",
    "Store",
    "Supervisor",
    "WatchedSnapshot",
    "Writers",
    "check_entry",
    "check_none_deprecated",
    "found_ledger",
    "lease_end",
    "run_id",
    "usual_doubt",
    "waits",
]
