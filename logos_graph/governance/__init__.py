"""Governance: the verbs there are, and what policy says to each act. Pure.

What the gate uses, and the files that hold it:

    parse_verb, check_this       a verb's schema judges the payload   verbs, schema, pattern
    Policy(text).judge(request)  Cedar judges the act                 policy, cedar, request
    misfits, cedar_schema        a policy that speaks of what is not  validation, cedar_schema
    find_lockout                 a policy nobody could replace        lockout
    parse_rule, resolve_signers  consents are counted                 quorum
    judge, new_holders           a change of policy asks old and new  succession
    check_consent                each is bound to one question        consent
    Allow | Require | Deny       the answer, as the ledger keeps it   decision
    Conducts.trajectory          what acts come to, and what is spent trajectory, conduct, amounts
"""

from logos_graph.governance.cedar import DEFAULT_REQUIREMENT, Requirement, Rule
from logos_graph.governance.cedar_schema import cedar_schema
from logos_graph.governance.conduct import Conducts, check_trajectory
from logos_graph.governance.consent import (
    Consent,
    Consenter,
    Waiting,
    check_consent,
    check_current,
    parse_consent,
)
from logos_graph.governance.decision import (
    POLICY_REASONS,
    Allow,
    Basis,
    Decision,
    Deny,
    DenyReason,
    Outcome,
    Require,
    asked_in_order,
    parse_decision,
    same_decision,
)
from logos_graph.governance.lockout import (
    Lockout,
    find_lockout,
    locked_out,
    refuse_lockout,
    way_back,
)
from logos_graph.governance.policy import Policy
from logos_graph.governance.quorum import (
    All,
    Consents,
    KOfN,
    Majority,
    People,
    Person,
    QuorumRule,
    Weighted,
    parse_rule,
    resolve_signers,
)
from logos_graph.governance.request import Request
from logos_graph.governance.succession import judge, new_holders
from logos_graph.governance.trajectory import (
    FULL_VOLUME,
    HISTORY,
    LOOK_BACK_DAYS,
    WEIGHTS,
    Conduct,
    Day,
    Kind,
    Trajectory,
    counted,
    day_of,
    trajectory_of,
)
from logos_graph.governance.validation import Misfit, misfits, refuse_misfits
from logos_graph.governance.verbs import (
    RESERVED_FAMILIES,
    EffectKind,
    Risk,
    Verb,
    check_registrable,
    check_this,
    examples_of,
    parse_verb,
)

__all__ = [
    "DEFAULT_REQUIREMENT",
    "FULL_VOLUME",
    "HISTORY",
    "LOOK_BACK_DAYS",
    "POLICY_REASONS",
    "RESERVED_FAMILIES",
    "WEIGHTS",
    "All",
    "Allow",
    "Basis",
    "Conduct",
    "Conducts",
    "Consent",
    "Consenter",
    "Consents",
    "Day",
    "Decision",
    "Deny",
    "DenyReason",
    "EffectKind",
    "KOfN",
    "Kind",
    "Lockout",
    "Majority",
    "Misfit",
    "Outcome",
    "People",
    "Person",
    "Policy",
    "QuorumRule",
    "Request",
    "Require",
    "Requirement",
    "Risk",
    "Rule",
    "Trajectory",
    "Verb",
    "Waiting",
    "Weighted",
    "asked_in_order",
    "cedar_schema",
    "check_consent",
    "check_current",
    "check_registrable",
    "check_this",
    "check_trajectory",
    "counted",
    "day_of",
    "examples_of",
    "find_lockout",
    "judge",
    "locked_out",
    "misfits",
    "new_holders",
    "parse_consent",
    "parse_decision",
    "parse_rule",
    "parse_verb",
    "refuse_lockout",
    "refuse_misfits",
    "resolve_signers",
    "same_decision",
    "trajectory_of",
    "way_back",
]
