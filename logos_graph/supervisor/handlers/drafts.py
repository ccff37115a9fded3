"""node.draft: a source with what came of building it, kept whether it builds or not.

| status | the source | node | failure |
|---|---|---|---|
| unbuilt | did not build | none | the build's code |
| refused | was built, and would not be admitted with any grants | none | the check's code |
| built | was built; with the grants that it needs it would be admitted | the module's id | none |

No module is stored, so nothing can run or place a draft. Its id is its intent's: a draft is an act
of one principal, with what one machine said of it, and so never the same as another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from logos_graph.canon import Json, content_id, recordable
from logos_graph.errors import InvalidInput, LogosError, Rejected
from logos_graph.graph.capabilities import EVERY_CAPABILITY
from logos_graph.identity import Did
from logos_graph.supervisor.building_ports import BuiltModule
from logos_graph.supervisor.effects import Context, Draft, Effect
from logos_graph.supervisor.handlers.building import imports_json
from logos_graph.supervisor.handlers.fields import text
from logos_graph.supervisor.ports import (
    Mutation,
    PendingIntent,
)
from logos_graph.supervisor.view import View

__all__ = ["MAX_DIAGNOSTICS", "MAX_OPEN", "draft"]

MAX_OPEN: Final = 100
"""Drafts of one principal within a day that have not become nodes."""
MAX_DIAGNOSTICS: Final = 100
"""Messages of the compiler that a draft keeps, each text cut to what an entry may quote."""

_DAY_NS: Final = 24 * 60 * 60 * 1_000_000_000


def draft(context: Context, pending: PendingIntent) -> Effect:
    """Rejected E_DRAFT_LIMIT. That the source does not build, or is not admitted, is recorded."""
    who = pending.signed.intent.logline.who
    _check_open(context, who, context.now_ns)

    def check(_view: View, now_ns: int) -> Sequence[Draft]:
        # What the database says now is never older than the head that is compared and swapped.
        _check_open(context, who, now_ns)
        return ()

    source = text(pending, "source").encode()
    mutation: Mutation = {
        "kind": "draft",
        "id": pending.cid,
        "name": text(pending, "name"),
        "by": who,
        "source": content_id(source),
        **_tried(context, source),
    }
    kept = ("name", "status", "node", "needs", "failure")
    result = {"draft": mutation["id"], **{name: mutation[name] for name in kept}}
    return Effect(
        (mutation,), result, blobs={content_id(source): source}, entries=check, asks_store=True
    )


def _check_open(context: Context, who: Did, now_ns: int) -> None:
    """A flood of drafts ends here: so many of one principal, a day, that did not become nodes."""
    if context.store.open_drafts(who, now_ns - _DAY_NS) >= MAX_OPEN:
        raise Rejected(
            "E_DRAFT_LIMIT",
            f"{who} has {MAX_OPEN} drafts of the last 24 hours that are not published",
            hint="publish one that is done, or wait; `logos node check FILE.rs` records nothing",
            limit=MAX_OPEN,
        )


def _tried(context: Context, source: bytes) -> Mutation:
    """What came of building the source, and of asking whether it would be admitted."""
    try:
        built = context.builder.build(source)
    except (Rejected, InvalidInput) as error:
        said = error.data.get("diagnostics")
        return _outcome("unbuilt", None, said if isinstance(said, list) else [], error)
    said = [each.to_json() for each in built.diagnostics]
    try:
        admitted = context.admission.admit(built.module, EVERY_CAPABILITY)
    except (Rejected, InvalidInput) as error:
        return _outcome("refused", built, said, error)
    return _outcome("built", built, said, None) | {
        "node": admitted.id,
        "imports": imports_json(admitted),
        "needs": [*sorted(admitted.needs)],
    }


def _outcome(
    status: str, built: BuiltModule | None, said: Iterable[object], error: LogosError | None
) -> Mutation:
    failure: Json = None
    if error is not None:
        failure = {"code": error.code, "detail": recordable(error.message)}
    diagnostics = [each for each in said if isinstance(each, Mapping)]
    return {
        "status": status,
        "node": None,
        "imports": [],
        "needs": [],
        "failure": failure,
        "diagnostics": [_diagnostic(each) for each in diagnostics[:MAX_DIAGNOSTICS]],
        "toolchain": None if built is None else built.toolchain,
        "flags": None if built is None else [*built.flags],
        "sdk": None if built is None else built.sdk,
    }


def _diagnostic(said: Mapping[str, object]) -> dict[str, Json]:
    """Compilers quote strangers: whatever they hold, it must fit an entry."""
    return {
        name: recordable(value) if isinstance(value, str) else value
        for name, value in said.items()
        if value is None or isinstance(value, str | int)
    }
