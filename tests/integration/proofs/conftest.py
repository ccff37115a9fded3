"""Proof files of four real runs, and whoever can forge them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from logos_graph.cli.proving import prove_run
from tests.integration.asking import serving, set_up
from tests.integration.conftest import EXAMPLE
from tests.integration.proofs.forging import Forger, Proofs
from tests.integration.proofs.test_proofs import approval, run_of, transfer

if TYPE_CHECKING:
    from tests.integration.conftest import Cast


@pytest.fixture(scope="session")
def proofs(example: Cast, tmp_path_factory: pytest.TempPathFactory) -> Proofs:
    system, made = example.system, {}
    small, large = (
        json.loads((EXAMPLE / "payments" / f"{name}.json").read_text()) for name in ("ok", "large")
    )
    with serving() as server:
        asking = set_up(example, server)
        runs = {
            "approval": run_of(approval(example, small)),
            "transfer": run_of(transfer(example, large)),
            "pays": run_of(asking.run("counts-pays")),
            "ticks": run_of(asking.run("ticks-counts")),
        }
        for name, run in runs.items():
            made[name] = prove_run(system, run, with_modules=True).data
    forger = Forger(example.operator, (example.operator, example.agent, *example.treasury))
    return Proofs(
        **made, forger=forger, cache=tmp_path_factory.mktemp("c"), supervisor=forger.supervisor.did
    )
