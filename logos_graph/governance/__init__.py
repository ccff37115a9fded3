"""Governance: the verbs there are, and what policy says to each act. Pure.

What the gate uses, and the files that hold it:

    parse_verb, check_this       a verb's schema judges the payload   verbs, schema, pattern
    Policy(text).judge(request)  Cedar judges the act                 policy, cedar, request
    refuse_lockout               a policy nobody could replace        lockout
    parse_rule, resolve_signers  consents are counted                 quorum
    judge, new_holders           a change of policy asks old and new  succession
    check_consent                each is bound to one question        consent
    Allow | Require | Deny       the answer, as the ledger keeps it   decision
"""

from logos_graph.governance.cedar import DEFAULT_REQUIREMENT, Requirement, Rule
from logos_graph.governance.consent import (
    Consent,
    Consenter,
    Waiting,
    check_consent,
    check_current,
    parse_consent,
)
from logos_graph.governance.decision import (
    Allow,
    Basis,
    Decision,
    Deny,
    DenyReason,
    Outcome,
    Require,
    parse_decision,
)
from logos_graph.governance.lockout import refuse_lockout
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
from logos_graph.governance.verbs import (
    RESERVED_FAMILIES,
    Risk,
    Verb,
    check_registrable,
    check_this,
    parse_verb,
)

__all__ = [
    "DEFAULT_REQUIREMENT",
    "RESERVED_FAMILIES",
    "All",
    "Allow",
    "Basis",
    "Consent",
    "Consenter",
    "Consents",
    "Decision",
    "Deny",
    "DenyReason",
    "KOfN",
    "Majority",
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
    "Verb",
    "Waiting",
    "Weighted",
    "check_consent",
    "check_current",
    "check_registrable",
    "check_this",
    "judge",
    "new_holders",
    "parse_consent",
    "parse_decision",
    "parse_rule",
    "parse_verb",
    "refuse_lockout",
    "resolve_signers",
]
