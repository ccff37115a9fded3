"""The five formal properties of the protocol on the real server: two short random histories.

The machine and its model are those of tests/supervisor/test_five_properties.py, which runs many on
paper; here the clock stands as it does, and in the end the graph is compared with the ledger.
"""

from __future__ import annotations

from contextlib import ExitStack
from itertools import count
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase
from hypothesis import settings as bounds
from hypothesis.stateful import run_state_machine_as_test

from logos_graph.wiring import open_system
from tests.integration.asking import check_ledger
from tests.integration.conftest import EXAMPLE
from tests.supervisor.codes import verbs
from tests.supervisor.founded import DeadError, compose
from tests.supervisor.obeying import FIRST, FiveProperties

if TYPE_CHECKING:
    from logos_graph.ledger import Entry
    from logos_graph.logline import SignedIntent
    from logos_graph.settings import Settings
    from logos_graph.supervisor import Outcome
    from tests.integration.conftest import Cast

_HISTORIES = count()


class RealWorld:
    """The gate over the shared database, in processes' stead systems of their own."""

    movable = False

    def __init__(self, example: Cast, settings: Settings) -> None:
        self.example, self.settings = example, settings
        self.clock, self.operator = example.system.clock, example.operator
        self._open, self._die_at = ExitStack(), ""
        self.restart()

    def restart(self) -> None:
        """Another process; what died left is finished by it at once."""
        self._open.close()
        system = self._open.enter_context(open_system(self.settings, watch=self._watch))
        self.supervisor = system.supervisor

    def _watch(self, step: str, _of: object) -> None:
        if step == self._die_at:
            self._die_at = ""
            raise DeadError

    def execute(self, signed: SignedIntent, die_at: str = "") -> Outcome | None:
        """As PaperWorld's."""
        self._die_at = die_at
        try:
            return self.supervisor.execute(signed)
        except DeadError:
            self.restart()
            return None
        finally:
            self._die_at = ""

    def sign(self, who: Any, did: str, this: dict[str, Any], **fields: Any) -> SignedIntent:
        ledger, nonce = self.example.system.ledger, self.clock.fresh_id()
        told: dict[str, Any] = {"ledger": ledger, "nonce": nonce, "when": self.clock.now_ns()}
        return compose(who, did, this, **told | fields)

    def entries(self, first: int = 0) -> list[Entry]:
        return self.example.entries(first)

    def close(self) -> None:
        """What the graph holds is what the ledger tells."""
        check_ledger(self.example.system)
        self._open.close()


def test_the_five_properties_hold_on_the_real_server(example: Cast, settings: Settings) -> None:
    for verb in verbs():
        assert example.submit(example.operator, "verb.register", verb.to_json()).result

    class OnServer(FiveProperties):
        def begin(self) -> tuple[Any, str, set[str]]:
            self.prefix = f"five-{next(_HISTORIES)}-"
            example.activate(FIRST.text)
            return RealWorld(example, settings), "", {example.operator.did}

    try:
        short = bounds(
            max_examples=2, stateful_step_count=25, deadline=None, database=None,
            phases=[Phase.generate], suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        run_state_machine_as_test(OnServer, settings=short)
    finally:
        example.activate((EXAMPLE / "policy.cedar").read_text())
