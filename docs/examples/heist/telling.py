"""How the story is told: line by line to a reader, and as one document."""

from __future__ import annotations

from typing import Any, TextIO

from logos_graph.supervisor import Outcome

__all__ = ["Attempts", "Document", "Story", "dollars", "short", "trust_text"]

Document = dict[str, Any]


class Story:
    """What is told line by line, and as one document at the end."""

    def __init__(self, reader: TextIO) -> None:
        self.document: Document = {}
        self._reader = reader
        self._bold = ("\033[1m", "\033[0m") if reader.isatty() else ("", "")

    def act(self, number: int, text: str) -> None:
        """The line of one act."""
        self._say(f"{self._bold[0]}{number}. {text}{self._bold[1]}")

    def detail(self, name: str, text: object) -> None:
        """One line of what came of an act."""
        self._say(f"     {name:<24} {text}".rstrip())

    def _say(self, text: str) -> None:
        self._reader.write(f"{text}\n")
        self._reader.flush()


def dollars(amount: int) -> str:
    """An amount as people read it."""
    return f"${amount:,}"


def short(identifier: str) -> str:
    """The first digits of an id."""
    return identifier[:15]


def trust_text(trust: Document) -> str:
    """The score and the limit that policy sees."""
    return f"score {trust['score'] / 10_000:.4f}, limit {dollars(trust['limit'])}"


class Attempts:
    """Tells attempts that came out alike as one line."""

    def __init__(self, story: Story) -> None:
        self.rows = list[Document]()
        self._story = story
        self._line = list[Document]()

    def tell(self, minute: int, amount: int, outcome: Outcome) -> None:
        """One more."""
        decision: Any = outcome.decision
        row = {
            "minute": minute, "amount": amount, "intent": outcome.intent,
            "decision": outcome.verdict, "rules": decision["policies"],
        }  # fmt: skip
        if self._line and self._line[-1]["decision"] != row["decision"]:
            self.end_line()
        self.rows.append(row)
        self._line.append(row)

    def end_line(self) -> None:
        """Prints those since the last line."""
        if not self._line:
            return
        first, last = self._line[0], self._line[-1]
        when = f"minute {first['minute']}"
        if first is not last:
            when = f"minutes {first['minute']} to {last['minute']}"
        total = dollars(sum(row["amount"] for row in self._line))
        what = f"{len(self._line)} transfers, {total}" if first is not last else total
        rules = ", ".join(sorted({rule for row in self._line for rule in row["rules"]}))
        self._story.detail(when, f"{first['decision']:<8} {what} ({rules})")
        self._line = []
