"""What intents emit is a stream: in the ledger's order, at least once, with its index as cursor."""

from __future__ import annotations

import json
import subprocess
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from tests.integration.conftest import running

if TYPE_CHECKING:
    from logos_graph.settings import Settings
    from logos_graph.supervisor import Outcome
    from tests.integration.conftest import Cast, Logos


def emitted(cast: Cast, **commitments: str) -> Outcome:
    """An intent that is denied at once."""
    bound = {"if_ok": "abort", "if_doubt": "abort", "if_not": "abort", **commitments}
    signed = cast.system.compose(cast.agent, "principal.register", {"did": "x"}, **bound)
    return cast.system.supervisor.execute(signed)


def following(settings: Settings, *words: str) -> AbstractContextManager[subprocess.Popen[str]]:
    return running(settings, "events", "--follow", "--json", *words)


def head(cast: Cast) -> int:
    found = cast.system.reader.head()
    assert found is not None
    return found.index


def test_an_event_says_what_ended_and_how(example: Cast, logos: Logos) -> None:
    after = head(example)
    ghost = emitted(example, if_not="emit:refused@bank")
    emitted(example, if_not="abort")
    emitted(example, if_not="emit:refused@elsewhere")
    other = emitted(example, if_not="emit:other")
    printed = logos("events", "--after", str(after), "--json").document
    (first, *_, last) = printed["events"]
    entry = example.system.store.entry(first["index"])
    assert entry is not None
    assert first == {
        "index": entry.index, "event": "refused", "target": "bank", "intent": ghost.intent,
        "verb": "principal.register", "who": example.agent.did, "name": "agent-1", "run": None,
        "consequence": "if_not", "outcome": "ghost", "recorded_at": entry.recorded_at,
        "hash": entry.hash,
    }  # fmt: skip
    assert (last["intent"], printed["next"]) == (other.intent, head(example))
    asked = logos("events", "--after", str(after), "--event", "refused", "--json").document
    assert [each["target"] for each in asked["events"]] == ["bank", "elsewhere"]
    asked = logos("events", "--after", str(after), "--target", "bank", "--json").document
    assert [each["intent"] for each in asked["events"]] == [ghost.intent]
    assert "refused" in logos("events", "--after", str(after)).out


def test_a_reader_that_keeps_its_cursor_is_told_each_event_in_its_order(
    example: Cast, logos: Logos
) -> None:
    after = head(example)
    made = [emitted(example, if_not="emit:counted").intent for _ in range(5)]
    found: list[str] = []
    cursor = after
    for _ in range(4):  # each time from where it was, as after a restart
        words = ("events", "--after", str(cursor), "--limit", "2", "--json")
        printed = logos(*words).document
        found += [each["intent"] for each in printed["events"]]
        cursor = printed["next"]
    assert found == made
    assert cursor == head(example)


def test_a_follower_is_told_what_comes_while_it_reads(example: Cast, settings: Settings) -> None:
    after = head(example)
    before = emitted(example, if_not="emit:now").intent
    with following(settings, "--after", str(after), "--limit", "3") as running:
        assert running.stdout is not None
        lines: list[Any] = [json.loads(running.stdout.readline())]
        made = [emitted(example, if_not="emit:now").intent for _ in range(2)]
        lines += [json.loads(line) for line in running.stdout]
        assert running.wait() == 0
    assert [line["intent"] for line in lines] == [before, *made]
    assert [line["index"] for line in lines] == sorted(line["index"] for line in lines)


def test_a_follower_whose_reader_went_away_ends(example: Cast, settings: Settings) -> None:
    after = head(example)
    emitted(example, if_not="emit:last")
    with following(settings, "--after", str(after)) as running:
        assert running.stdout is not None
        assert running.stdout.readline()
        running.stdout.close()
        assert running.wait() == 141
        assert running.stderr is not None
        assert "Traceback" not in running.stderr.read()


def test_reading_on_costs_what_comes_after_the_cursor(example: Cast) -> None:
    end = head(example)
    made = emitted(example, if_not="emit:cheap")
    with example.system.driver.session(database=example.system.connection.database) as session:
        from logos_graph.resources import statement

        given = {
            "ledger": example.system.ledger, "after": end, "until": end + 10,
            "event": None, "target": None, "limit": 500,
        }  # fmt: skip
        result = session.run("PROFILE " + statement("read/events"), given)
        (row,) = result.data()
        profile: Any = result.consume().profile
    assert row["intent"] == made.intent

    def touched(plan: Any) -> int:
        return int(plan.get("rows", 0)) + sum(touched(each) for each in plan.get("children", []))

    assert touched(profile) < 60
