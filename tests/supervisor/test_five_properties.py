"""The five formal properties of the protocol, over random histories, on a ledger on paper."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, settings

from tests.supervisor.again import audited
from tests.supervisor.codes import ADMIN, ANSWERS, verbs
from tests.supervisor.founded import PaperWorld, bundled
from tests.supervisor.obeying import FIRST, FiveProperties

EXAMPLES = int(os.environ.get("LOGOS_PROPERTY_EXAMPLES", "15"))
"""Histories; their number in the environment for a longer search."""


class OnPaper(FiveProperties):
    """With a clock that goes as it likes; the auditors of the product must agree in the end."""

    def begin(self) -> tuple[Any, str, set[str]]:
        world = PaperWorld(FIRST.text, [*bundled((*ADMIN, *ANSWERS)), *verbs()])
        return world, "", {world.operator.did}

    def teardown(self) -> None:
        super().teardown()
        if self.sound:
            report = audited(self.world.entries(), self.world.store.state)
            assert report.ok, report.json


OnPaper.TestCase.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=30,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
TestTheFiveProperties = OnPaper.TestCase
