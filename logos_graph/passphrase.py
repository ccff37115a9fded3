"""Where the passphrase of key files comes from: a file, an open descriptor, or a terminal.

A process asks once: what opened one key is tried on the next. Without a file, a descriptor or a
terminal there is none, and that is said; nothing waits for an answer that cannot come.
"""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path

from logos_graph.errors import EnvironmentFault, InvalidInput

__all__ = ["MIN_PASSPHRASE", "Passphrases", "read_secret"]

MIN_PASSPHRASE = 8
"""Characters of a passphrase, at least."""
_MAX_SECRET = 65_536
_WAYS = (
    "name a file in LOGOS_PASSPHRASE_FILE or an open descriptor in LOGOS_PASSPHRASE_FD, or call it "
    "in a terminal"
)


class Passphrases:
    """One process's source of passphrases. file, descriptor: those that the environment names."""

    def __init__(self, file: Path | None = None, descriptor: int | None = None) -> None:
        self._file, self._descriptor = file, descriptor
        self._known: bytes | None = None

    def given(self) -> bytes | None:
        """The one that a file or a descriptor holds; None if neither is named.

        Raises EnvironmentFault E_PASSPHRASE_FILE, InvalidInput E_PASSPHRASE_SHORT.
        """
        if self._known is None and (self._file or self._descriptor is not None):
            text = read_secret(self._file, self._descriptor, "E_PASSPHRASE_FILE")
            self._known = _checked(text.split(b"\n", 1)[0])
        return self._known

    def ask(self, name: str) -> bytes:
        """That of the key of this name. Raises EnvironmentFault E_NO_PASSPHRASE, and as `given`."""
        known = self.given()
        if known is None:
            _check_terminal(f"the key {name!r} is encrypted, and there is no passphrase", _WAYS)
            known = self._known = getpass.getpass(f"Passphrase of the key {name}: ").encode()
        return known

    def new(self, name: str) -> bytes:
        """One for a key that is made or encrypted: in a terminal it is asked for twice."""
        known = self.given()
        if known is None:
            _check_terminal(
                f"there is no passphrase to encrypt the key {name!r} with",
                f"{_WAYS}; or say --unencrypted: then whoever reads the file has the key",
            )
            known = _checked(getpass.getpass(f"New passphrase for the key {name}: ").encode())
            if getpass.getpass("The same again: ").encode() != known:
                raise InvalidInput("E_PASSPHRASE_TWICE", "these are two passphrases, not one")
            self._known = known
        return known


def read_secret(file: Path | None, descriptor: int | None, code: str) -> bytes:
    """What a file that only its owner may read, or an open descriptor, holds; EnvironmentFault."""
    try:
        if descriptor is not None:
            with os.fdopen(descriptor, "rb") as opened:
                return opened.read(_MAX_SECRET)
        assert file is not None
        mode = file.stat().st_mode & 0o777
        if mode & 0o077:
            raise EnvironmentFault(
                code,
                f"{file} may be read by others (mode {mode:04o})",
                hint=f"chmod 600 '{file}', and consider it known",
                path=str(file),
            )
        with file.open("rb") as opened:
            return opened.read(_MAX_SECRET)
    except OSError as error:
        named = f"the descriptor {descriptor}" if file is None else str(file)
        raise EnvironmentFault(
            code, f"{named} cannot be read: {error.strerror}", hint="it is named in the environment"
        ) from None


def _checked(passphrase: bytes) -> bytes:
    if len(passphrase.decode(errors="replace")) < MIN_PASSPHRASE:
        raise InvalidInput(
            "E_PASSPHRASE_SHORT",
            f"a passphrase has at least {MIN_PASSPHRASE} characters",
            hint="several words are easier to keep than a few signs",
        )
    return passphrase


def _check_terminal(message: str, hint: str) -> None:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise EnvironmentFault("E_NO_PASSPHRASE", message, hint=hint)
