"""One batch on its way into one transaction: what each submission adds, or why it adds nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy

from logos_graph.canon import ContentId
from logos_graph.errors import EnvironmentFault, LogosError
from logos_graph.ledger import Entry
from logos_graph.supervisor.commits import Submission
from logos_graph.supervisor.compose import Compose
from logos_graph.supervisor.ports import NOT_WRITTEN
from logos_graph.supervisor.view import View

__all__ = ["MAX_BYTES", "Batch"]

MAX_BYTES = 8 * 1024 * 1024
"""Of entries and blobs, after which nothing more is added to a transaction."""

Write = Callable[[View, Compose], Sequence[Entry]]
"""The entries that a submission adds to this view; raises its refusal."""


class Batch:
    """Composed on a fork of the view; nobody is told anything before `end` or `tell`.

    view: as it is when all of it has taken hold. entries, blobs: for the store. rest: those that
    another transaction is for.
    """

    def __init__(self, view: View, write: Write) -> None:
        self.view, self._write = view, write
        self.entries: list[Entry] = []
        self.blobs: dict[ContentId, bytes] = {}
        self.rest: list[Submission] = []
        self._composed: list[Submission] = []
        self._adding: list[tuple[Submission, Entry]] = []
        self._refused: list[tuple[Submission, LogosError]] = []

    def compose(self, submissions: Sequence[Submission]) -> None:
        """Composes one after the other, each on the view with those before it."""
        size = 0
        for number, submission in enumerate(submissions):
            if size >= MAX_BYTES:
                self.rest = [*submissions[number:]]
                return
            size += self._compose(submission)

    def _compose(self, submission: Submission) -> int:
        """How many bytes it adds. What is no refusal rests on no view, and is told at once."""
        view = self.view.fork()
        try:
            entries = self._write(view, submission.compose)
            view.apply(entries)
        except EnvironmentFault as fault:
            submission.settle(fault)
        except LogosError as error:
            self._refused.append((submission, error))
            self._composed.append(submission)
        except Exception as bug:  # noqa: BLE001 - its own thread raises it
            submission.settle(bug)
        else:
            self.view = view
            self.entries += entries
            self.blobs.update(submission.blobs)
            self._composed.append(submission)
            if entries:
                self._adding.append((submission, entries[-1]))
            added = sum(len(each.text) for each in entries)
            return added + sum(map(len, submission.blobs.values()))
        return 0

    def end(self) -> None:
        """It took hold: all that was refused was refused on what is durable now."""
        for submission, error in self._refused:
            submission.settle(error)
        for submission in self._composed:
            if not submission.settled:
                submission.settle()

    def tell(self, fault: EnvironmentFault) -> None:
        """It did not take hold, or that is not known: each learns so of its own entries."""
        unknown = fault.code == "E_UNKNOWN_OUTCOME"
        for submission, last in self._adding:
            about = {"index": last.index, "hash": last.hash} if unknown else {}
            submission.settle(
                EnvironmentFault(fault.code, fault.message, hint=fault.hint, **fault.data | about)
            )
        rests = unknown or any(each.open_on is not None for each, _ in self._adding)
        for submission, _ in self._refused:
            submission.settle(_unjudged(fault) if rests else copy(fault))

    def note_tried(self, open_on: ContentId | None = None) -> None:
        """It did not take hold. Should it be found in the ledger after all, it did.

        open_on: the head that it follows, if nobody answered; see Submission.
        """
        for submission, last in self._adding:
            submission.tried.add(last.hash)
            submission.open_on = open_on or submission.open_on

    def halves(self, error: Exception) -> list[list[Submission]]:
        """It was refused: the parts to try again. Who adds alone is told that this is its end."""
        order, middle = self._composed, self._adding[len(self._adding) // 2][0]
        place = order.index(middle)
        if len(self._adding) > 1:
            return [order[:place], order[place:]]
        middle.settle(error)
        others = order[:place] + order[place + 1 :]
        return [others] if others else []


def _unjudged(fault: EnvironmentFault) -> EnvironmentFault:
    return EnvironmentFault(
        NOT_WRITTEN,
        f"what it was to be judged on may not be durable: {fault.message}",
        hint="nothing of it was written: try again",
    )
