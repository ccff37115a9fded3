"""One tree of errors; which class was raised tells a caller what can be done about it.

    LogosError
    ├── InvalidInput       cannot be read, or wrong use: mend the input            (exit status 2)
    ├── Rejected           was read, was checked, was refused: the work must change (exit status 1)
    │   └── Conflict       somebody else was first: look again, then retry
    ├── NotVerified        stored or exported data does not prove what it claims    (exit status 1)
    ├── EnvironmentFault   database, toolchain, disk: mend the machine              (exit status 3)
    └── Waiting            nothing is wrong: other people's consent is needed       (exit status 4)

Every error carries a stable upper-case code, a message that names the thing, a hint that says what
to do next, and the data behind both.
"""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "Conflict",
    "EnvironmentFault",
    "InvalidInput",
    "LogosError",
    "NotVerified",
    "Rejected",
    "Waiting",
]


class LogosError(Exception):
    """The root: catch it to report any failure that this product explains itself.

    code: stable identifier, `E_…`; scripts depend on it.
    message: one sentence that names the thing.
    hint: what to do next; empty when there is nothing to add.
    data: JSON values behind the message (a field's name, an index, both types).
    """

    exit_status: ClassVar[int] = 1

    def __init__(self, code: str, message: str, *, hint: str = "", **data: object) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.data = data

    def to_json(self) -> dict[str, object]:
        """The error as the CLI prints it under `"error"` with `--json`."""
        return {**self.data, "code": self.code, "message": self.message, "hint": self.hint}

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

    def __reduce__(self) -> tuple[object, ...]:
        """Errors cross process borders (builds run in child processes) with all they carry."""
        return _rebuild, (type(self), self.code, self.message, self.hint, self.data)


def _rebuild(
    cls: type[LogosError], code: str, message: str, hint: str, data: dict[str, object]
) -> LogosError:
    return cls(code, message, hint=hint, **data)


class InvalidInput(LogosError):
    """The input cannot be read, or a command was used wrongly."""

    exit_status = 2


class Rejected(LogosError):
    """The input was read and checked, and refused by a rule."""

    exit_status = 1


class Conflict(Rejected):
    """Somebody else's write was first; looking again and retrying may succeed."""


class NotVerified(LogosError):
    """Stored or exported data does not prove what it claims."""

    exit_status = 1


class EnvironmentFault(LogosError):
    """The machine, not the request, is at fault: database, toolchain, disk, permissions."""

    exit_status = 3


class Waiting(LogosError):
    """Nothing is wrong; the act waits for other people's consent."""

    exit_status = 4
