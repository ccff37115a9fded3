"""What a proof file shows, step by step. Without a database, without a network, without a key.

     1. form        the file is a proof; its entries are well-formed, of one ledger, in its order
     2. keys        the supervisor's keys, from genesis through every change that is in the file
     3. checkpoint  it is of this ledger, signed by the key in force at its size
     4. entries     each is signed by the key of its index, and in the checkpoint's tree
     5. signers     every intent in it is signed by its principal, who was registered before; every
                    consent rests on its own signed intent, bound to the question  (I3)
     6. decision    the policy in force, by its text, decides as it is recorded
     7. consents    enough distinct principals of the role, in time; the policy then allows  (I2)
     8. run         the flow that the intent asked for, as it was published, of published nodes,
                    each with the grants that it needed; each value is the one of its id  (I2)
     9. receipt     the inputs are the intent's, the result is the run's; the effects and their
                    outcomes are those of the run  (I1)
    10. again       the binaries are the nodes, and run again they give the same; only where the
                    file holds them

Steps 5, 7, 8 and 9 ask the same invariants of the file's entries that `ledger verify` asks of the
whole ledger. The first step that does not hold ends it, by its own code, with `step` and `name`:

    E_PROOF_FORM E_PROOF_ORDER | E_PROOF_KEYS E_PROOF_SUPERVISOR | E_PROOF_CHECKPOINT
    E_PROOF_SIGNATURE E_PROOF_INCLUSION | E_PROOF_SIGNER E_PROOF_STATE E_PROOF_INTENT
    E_PROOF_POLICY E_PROOF_DECISION | E_PROOF_CONSENT | E_PROOF_FLOW E_PROOF_RUN E_PROOF_VALUE
    E_PROOF_GRANT | E_PROOF_RECEIPT E_PROOF_INPUTS E_PROOF_RESULT E_PROOF_INTEGRITY
    E_PROOF_MODULE E_PROOF_REPLAY
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NoReturn

from logos_graph.canon import Json, Tag, shown
from logos_graph.errors import EnvironmentFault, LogosError, NotVerified
from logos_graph.execution import RunRecord
from logos_graph.identity import Did, verify
from logos_graph.ledger import (
    Checkpoint,
    Entry,
    InvariantReport,
    Offender,
    SupervisorKeys,
    check_invariants,
    open_checkpoint,
    parse_checkpoint,
    parse_note,
)
from logos_graph.ledger.merkle import hash_leaf, leaf_data, verify_inclusion
from logos_graph.proof.facts import Facts
from logos_graph.proof.form import ProofFile, parse_proof
from logos_graph.proof.judged import check_decision, check_settlement
from logos_graph.proof.ran import (
    Published,
    check_modules,
    check_receipt,
    check_rights,
    check_run,
    run_again,
)
from logos_graph.supervisor import LoadableHost

__all__ = ["NOT_SHOWN", "Step", "Verification"]

NOT_SHOWN = (
    "that nothing else was recorded: it holds what is in the ledger, not what is missing there",
    "what came after the checkpoint, such as another policy, or the end of a grant or of a key",
    "that the checkpoint is the one that others know: compare its size and root with a kept one",
)
"""What no proof file can show."""

_CHANGED = "the file was changed after it was written, or its ledger does not bear the run out"
_HINTS = {"E_PROOF_SUPERVISOR": "whoever keeps the ledger tells you its DID: `logos key list`"}

_UNSOUND = (AssertionError, AttributeError, KeyError, RecursionError, TypeError, ValueError)
"""What reading signed nonsense comes to; the ledger's form leaves a body's details open."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step. ok: None where there was nothing to check it on. detail: what it showed."""

    number: int
    name: str
    ok: bool | None
    detail: str

    @property
    def json(self) -> dict[str, Json]:
        """The step as the CLI prints it."""
        return {"number": self.number, "name": self.name, "ok": self.ok, "detail": self.detail}


class Verification:
    """Of one file. What its properties tell counts only once `steps` has come to its end.

    supervisor: whose ledger it must be, if that is known; make_host: asked for a host of its own
    when there are modules to run.
    """

    def __init__(
        self, data: bytes, supervisor: Did | None, make_host: Callable[[], LoadableHost]
    ) -> None:
        self._data, self._trusted, self._make_host = data, supervisor, make_host
        self._keys = SupervisorKeys()

    def steps(self) -> Iterator[Step]:
        """Each step as it holds.

        Raises NotVerified with the codes above, InvalidInput E_NOT_A_PROOF, and EnvironmentFault
        for a host that cannot run here.
        """
        table: tuple[tuple[str, str, Callable[[], str | None]], ...] = (
            ("form", "E_PROOF_FORM", self._form),
            ("keys", "E_PROOF_KEYS", self._supervision),
            ("checkpoint", "E_PROOF_CHECKPOINT", self._checkpoint),
            ("entries", "E_PROOF_INCLUSION", self._entries),
            ("signers", "E_PROOF_SIGNER", self._signers),
            ("decision", "E_PROOF_DECISION", self._decision),
            ("consents", "E_PROOF_CONSENT", self._consents),
            ("run", "E_PROOF_RUN", self._run),
            ("receipt", "E_PROOF_RECEIPT", self._receipt),
            ("again", "E_PROOF_MODULE", self._again),
        )
        for number, (name, code, check) in enumerate(table, 1):
            detail = _named(number, name, code, check)
            if detail is None:
                yield Step(number, name, None, "the file holds no modules, so it was not run again")
            else:
                yield Step(number, name, True, detail)

    # what it is about -------------------------------------------------------------------------

    @cached_property
    def proof(self) -> ProofFile:
        """The file."""
        return parse_proof(self._data)

    @cached_property
    def facts(self) -> Facts:
        """What its entries say."""
        return Facts([each.entry for each in self.proof.entries], self.proof.intent)

    @cached_property
    def checkpoint(self) -> Checkpoint:
        """The checkpoint."""
        return parse_checkpoint(parse_note(self.proof.checkpoint).text)

    @property
    def supervisor(self) -> Did:
        """The key that signed the checkpoint."""
        return self._keys.at(self.checkpoint.size)

    @cached_property
    def record(self) -> RunRecord:
        """The run."""
        return check_receipt(self.facts, self._published)

    @cached_property
    def _published(self) -> Published:
        return check_run(self.facts, self.proof.run)

    @cached_property
    def _report(self) -> InvariantReport:
        return check_invariants(self.facts.entries, None)

    # the steps --------------------------------------------------------------------------------

    def _form(self) -> str:  # 1
        entries = [each.entry for each in self.proof.entries]
        if entries[0].index != 0:
            _refuse("E_PROOF_ORDER", "the first entry is not genesis", index=entries[0].index)
        for previous, entry in pairwise(entries):
            _check_order(previous, entry)
        size = f"{len(self._data)} bytes, {len(entries)} entries"
        return f"{size}, {len(self.proof.modules)} modules, of the ledger {entries[0].ledger}"

    def _supervision(self) -> str:  # 2
        for entry in self.facts.entries:
            try:
                self._keys.apply(entry)
            except LogosError as error:
                _refuse("E_PROOF_KEYS", error.message, index=entry.index, cause=error.code)
        keys = self._keys.dids
        told = " then ".join(keys)
        if self._trusted is None:
            return f"{told} (genesis alone: give --supervisor to be sure)"
        if self._trusted not in keys:
            _refuse(
                "E_PROOF_SUPERVISOR",
                f"the ledger was kept by {told}, not by {self._trusted}",
                expected=self._trusted,
                found=[*keys],
            )
        return f"{told} (given)"

    def _checkpoint(self) -> str:  # 3
        ledger = self.facts.entries[0].ledger
        try:
            size = self.checkpoint.size
            opened = open_checkpoint(self.proof.checkpoint, ledger, self._keys)
        except LogosError as error:
            _refuse("E_PROOF_CHECKPOINT", error.message, cause=error.code)
        return f"size {size}, root {opened.root_text}, signed by {self._keys.at(size)}"

    def _entries(self) -> str:  # 4
        size, root = self.checkpoint.size, self.checkpoint.root
        for each in self.proof.entries:
            entry = each.entry
            try:
                key = self._keys.at(entry.index)
                verify(key, Tag.ENTRY_SIGNATURE, entry.text.encode(), entry.signature)
            except LogosError as error:
                message = f"entry {entry.index} is not signed by the key of its index"
                _refuse("E_PROOF_SIGNATURE", message, index=entry.index, cause=error.code)
            try:
                leaf = hash_leaf(leaf_data(entry))
                verify_inclusion(leaf, entry.index, size, each.path, root)
            except LogosError as error:
                message = f"entry {entry.index} is not in the checkpoint's tree: {error.message}"
                _refuse("E_PROOF_INCLUSION", message, index=entry.index, cause=error.code)
        return f"{len(self.proof.entries)} signed by the supervisor, and in the checkpoint's tree"

    def _signers(self) -> str:  # 5
        offender = self._report.I3.first_offender
        if offender is not None:
            _refuse_offender("E_PROOF_SIGNER", offender)
        offender = self._report.I4.first_offender
        if offender is not None:
            _refuse_offender("E_PROOF_STATE", offender)
        line, begun = self.facts.line, self.facts.begun
        count = self._report.counts.intents
        who = self.facts.name(line.who)
        return f"{count} intents and their signatures; {line.did} by {who} at entry {begun.index}"

    def _decision(self) -> str:  # 6
        return check_decision(self.facts)

    def _consents(self) -> str:  # 7
        offender = self._report.I2.first_offender
        if offender is not None and offender.field in ("body.decision", "body.intent"):
            _refuse_offender("E_PROOF_CONSENT", offender)
        return check_settlement(self.facts)

    def _run(self) -> str:  # 8
        plan = self._published.plan
        offender = self._report.I2.first_offender
        if offender is not None:
            _refuse_offender("E_PROOF_GRANT", offender)
        asked = check_rights(self.facts)
        nodes = len({step.node for step in plan.steps})
        granted = f"{asked} answers and log lines, each under a grant"
        return f"the flow {plan.flow}, {nodes} nodes, {granted}"

    def _receipt(self) -> str:  # 9
        offender = self._report.I1.first_offender
        if offender is not None:
            _refuse_offender("E_PROOF_INTEGRITY", offender)
        record, receipt = self.record, self.facts.receipt
        values = f"{len(record.values)} values, each of the id that it goes by"
        end = f"ended in {receipt.body['consequence']} at entry {receipt.index}"
        return f"{record.status.value}: {values}, inputs of the intent, {end}"

    def _again(self) -> str | None:  # 10
        modules = self.proof.modules
        if not modules:
            return None
        check_modules(self._published.plan, modules)
        values, steps = run_again(self.facts, self._published.plan, modules, self._make_host())
        return f"{len(modules)} modules are their nodes; identical: {values} values, {steps} steps"


def _check_order(previous: Entry, entry: Entry) -> None:
    place = f"entry {entry.index} does not come after entry {previous.index}"
    if entry.ledger != previous.ledger:
        message = f"entry {entry.index} is of another ledger, {entry.ledger}"
        _refuse("E_PROOF_ORDER", message, index=entry.index, field="ledger")
    if entry.index <= previous.index:
        _refuse("E_PROOF_ORDER", place, index=entry.index, field="index")
    if entry.recorded_at <= previous.recorded_at:
        _refuse("E_PROOF_ORDER", f"{place} in time", index=entry.index, field="recorded_at")
    if entry.index == previous.index + 1 and entry.prev_hash != previous.hash:
        _refuse("E_PROOF_ORDER", f"{place} by its hash", index=entry.index, field="prev_hash")


def _named(number: int, name: str, code: str, check: Callable[[], str | None]) -> str | None:
    """What the step showed. Raises its refusal, with the step in which it is.

    code: for what is refused further below, where it has a code of its own.
    """
    where: dict[str, object] = {"step": number, "name": name}
    try:
        return check()
    except LogosError as error:
        if isinstance(error, EnvironmentFault) or error.code == "E_NOT_A_PROOF":
            raise
        own = error.code.startswith("E_PROOF_")
        message = f"step {number}, {name}: {error.message}"
        data = error.data if own else {**error.data, "cause": error.code}
        known = error.code if own else code
        refused = NotVerified(known, message, hint=error.hint or _HINTS.get(known, _CHANGED))
        refused.data.update({key: _tellable(value) for key, value in data.items()} | where)
        raise refused from error
    except _UNSOUND as error:
        what = f"{type(error).__name__}: {str(error)[:200]}"
        message = f"step {number}, {name}: an entry holds what none of ours does ({what})"
        refused = NotVerified("E_PROOF_FORM", message, hint=_CHANGED)
        refused.data.update(where)
        raise refused from error


def _tellable(value: object) -> object:
    """The value, unless it cannot be printed as JSON: Python writes no integer of 4,301 digits."""
    try:
        json.dumps(value, default=str)
    except ValueError:
        return shown(value)
    return value


def _refuse_offender(code: str, offender: Offender) -> NoReturn:
    _refuse(
        code,
        offender.message,
        index=offender.index,
        field=offender.field,
        expected=offender.expected,
        found=offender.found,
    )


def _refuse(code: str, message: str, **data: object) -> NoReturn:
    refused = NotVerified(code, message)
    refused.data.update(data)
    raise refused
