"""The graph as it stood at an entry: a database of its own, made of the ledger's beginning.

The ledger alone rebuilds the graph, so the past needs nothing but the entries up to that one; they
are verified as they are read from the present. It lies in `<LOGOS_HOME>/past`, with ports and
passwords of its own and without any key, so nothing can be signed there. It stays for the next
question: a later entry is reached by going on, an earlier one by beginning anew.

Who reads the past holds its lock shared, who moves it alone.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from logos_graph.cli.output import Printer
from logos_graph.errors import NotVerified

if TYPE_CHECKING:
    from logos_graph.canon import ContentId
    from logos_graph.ledger import Entry, Head
    from logos_graph.ledger.contents import Content
    from logos_graph.ledger.merkle import Frontier
    from logos_graph.settings import Settings
    from logos_graph.wiring import System

__all__ = ["FOLDER", "is_there", "past_settings", "standing_at", "stop_past"]

FOLDER = "past"
_COMMIT_SECONDS = 600
"""Of one batch: nobody waits for it but who asked, and it would only be asked for again."""


def past_settings(settings: Settings) -> Settings:
    """Of the past of this home's present; a managed database, whatever the present is in."""
    home = settings.home / FOLDER
    return replace(settings, home=home, external=None, commit_timeout=_COMMIT_SECONDS)


def is_there(settings: Settings) -> bool:
    """Whether this home has a past that was looked at."""
    return (settings.home / FOLDER / "neo4j").exists()


def stop_past(settings: Settings) -> bool:
    """Stops the database of the past; whether it was running."""
    from logos_graph.wiring import stop_database

    return is_there(settings) and stop_database(past_settings(settings))


@contextmanager
def standing_at(out: Printer, present: System, head: Head) -> Iterator[Settings]:
    """The past, with this head of the present's ledger, for as long as the block lasts.

    Raises NotVerified E_CHAIN_… for a present that is no chain up to there, and what starting a
    database and Store.append raise.
    """
    past = past_settings(present.settings)
    past.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(past.home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        while _head_of(past) != head:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            _move(out, present, past, head)
            fcntl.flock(descriptor, fcntl.LOCK_SH)  # others may come in between: look again
        yield past
    finally:
        os.close(descriptor)


def _head_of(past: Settings) -> Head | None:
    """Where the past stands; None if it is not running."""
    from logos_graph.database import DatabaseState, ManagedDatabase
    from logos_graph.wiring import open_system

    if ManagedDatabase(past.home, past.cache).status().state is not DatabaseState.RUNNING:
        return None
    with open_system(past) as system:
        return system.reader.head()


def _move(out: Printer, present: System, past: Settings, head: Head) -> None:
    """Goes on from where the past is, or begins anew."""
    from logos_graph.wiring import open_system, start_database, stop_database

    start_database(past, out.progress, found=False)
    with open_system(past) as system:
        stands = system.reader.head()
        if _leads_to(present, stands, head):
            _append(out, present, system, stands, head)
            return
    stop_database(past)
    gone = past.home / "gone"
    shutil.rmtree(gone, ignore_errors=True)
    (past.home / "neo4j").rename(gone)  # at once: half a database could not be started
    shutil.rmtree(gone, ignore_errors=True)
    start_database(past, out.progress, found=False)
    with open_system(past) as system:
        _append(out, present, system, None, head)


def _leads_to(present: System, stands: Head | None, head: Head) -> bool:
    """Whether the head is reached from there by appending."""
    if stands is None:
        return True
    if stands.ledger != head.ledger or stands.index > head.index:
        return False
    entry = present.store.entry(stands.index)
    return entry is not None and entry.head == stands


def _append(out: Printer, present: System, past: System, stands: Head | None, head: Head) -> None:
    from logos_graph.governance import Conducts
    from logos_graph.ledger import verify_chain
    from logos_graph.store import restore

    first = 0 if stands is None else stands.index + 1
    total = head.index + 1 - first
    keys = present.reader.supervisor_keys()
    chain = verify_chain(
        islice(present.store.entries(first), total),
        keys.at(head.index + 1),
        after=stands,
        until=head,
        keys=keys.before(first),
    )
    contents = _Contents(present)
    restore(
        past.store,
        contents.seen(out.counted(chain, total, "rebuilding the past")),
        contents.blob,
        after=stands,
        tree=_tree(past, first),
        conducts=Conducts() if stands is None else past.reader.conducts(stands),
    )


def _tree(past: System, size: int) -> Frontier:
    """The tree over what is there already."""
    from logos_graph.ledger.merkle import Frontier, peak_nodes

    peaks = list(peak_nodes(size))
    kept = past.store.tree_nodes(peaks) if peaks else {}
    return Frontier(size, [kept[peak] for peak in peaks])


class _Contents:
    """What the entries name by content id, as the present has it, each checked against its id."""

    def __init__(self, present: System) -> None:
        self._present = present
        self._named: dict[ContentId, Content] = {}

    def seen(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """The same entries; what the last one names can be asked for."""
        from logos_graph.ledger.contents import contents_of

        for entry in entries:
            self._named = {each.id: each for each in contents_of(entry)}
            yield entry

    def blob(self, identity: ContentId) -> bytes:
        """What has this id. Raises NotVerified E_AT_CONTENT."""
        from logos_graph.canon import ContentId, content_id

        named = self._named[identity]
        store, owner = self._present.store, ContentId(named.owner)
        data = store.module(owner) if named.what == "module" else store.source(owner).encode()
        if content_id(data) != identity:
            raise NotVerified(
                "E_AT_CONTENT",
                f"what is stored as the {named.what} of {owner} is not what was recorded",
                hint="`logos ledger verify` says what is wrong with the ledger",
                expected=identity,
                found=content_id(data),
            )
        return data
