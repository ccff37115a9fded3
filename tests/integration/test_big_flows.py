"""A flow of some thousands of placements goes all the way: nothing on it has a smaller limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bigflows import chain

if TYPE_CHECKING:
    from tests.integration.conftest import Cast, Logos

_SIZE = 2000
"""Its entries have texts of more than a megabyte, which small limits here and there would meet."""


def test_a_flow_of_thousands_of_placements_goes_all_the_way(
    example: Cast, echo: str, logos: Logos
) -> None:
    name = f"chain-{_SIZE}"
    text = chain("echo", _SIZE, ("value", "out"), "u32")
    assert example.publish_flow(text, name).status == "COMMITTED"
    flow = example.system.reader.resolve(name, ("Flow",))

    ran = example.submit(example.operator, "flow.run", {"flow": flow, "inputs": {"value": 7}})

    assert ran.result is not None, ran
    assert ran.result["outputs"] == {"value": 7}
    record = example.system.reader.run(str(ran.result["run"]))
    assert [step["status"] for step in record["steps"]] == ["done"] * _SIZE
    report = example.system.supervisor.runner.replay(record)
    assert (report.same, report.steps, report.values) == (True, _SIZE, _SIZE + 1)
    drawn = logos("flow", "draw", name, "--format", "dot")
    assert drawn.status == 0, drawn.err
    assert drawn.out.count(" -> ") == _SIZE + 1
    verified = logos("ledger", "verify", "--json")
    assert verified.status == 0, verified.err
    assert verified.document["differences"]["found"] == 0
