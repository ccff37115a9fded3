"""Pages of docs/ that are followed literally: their files are written, their commands run.

In a page, a block

    ```rust share.rs          is the file share.rs in the reader's folder
    ```console                is typed: a line `$ …` is a command, the lines below its output
    ```

`…` in the output stands for anything, a line `…` for any lines. A command that is meant to fail
ends with a comment: `$ logos node check broken.rs  # status 1`.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Command", "Page"]

_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_STATUS = re.compile(r"\s+# status (\d)$")


@dataclass
class Command:
    """One typed line, what the page shows below it, and the status it is to end with."""

    line: str
    status: int = 0
    shown: list[str] = field(default_factory=list)

    def prints(self, output: str) -> bool:
        """Whether the output is what the page shows; a page that shows nothing asks for nothing."""
        pattern = "".join(
            r"(?:.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*") + r"\n"
            for line in _lines("\n".join(self.shown))
        )
        said = "".join(f"{line}\n" for line in _lines(output))
        return not self.shown or re.fullmatch(pattern, said) is not None


class Page:
    """One page, read once."""

    def __init__(self, path: Path) -> None:
        self._text = path.read_text()

    def files(self) -> Iterator[tuple[str, str]]:
        """The files that the reader writes: name and text."""
        for _, name, text in _BLOCK.findall(self._text):
            if name:
                yield name, text

    def commands(self) -> Iterator[Command]:
        """What the reader types, in order."""
        for language, name, text in _BLOCK.findall(self._text):
            if language != "console" or name:
                continue
            command: Command | None = None
            for line in text.splitlines():
                if line.startswith("$ "):
                    if command is not None:
                        yield command
                    command = _command(line[2:])
                elif command is not None:
                    command.shown.append(line)
            if command is not None:
                yield command

    def follow(self, folder: Path, environment: Mapping[str, str]) -> None:
        """Writes the files, runs the commands in one shell; fails at the first that differs."""
        for name, text in self.files():
            (folder / name).write_text(text)
        commands = list(self.commands())
        script = "".join(f"{each.line}\nprintf '\\1%s\\1' $?\n" for each in commands)
        done = subprocess.run(
            ["bash", "-c", f"exec 2>&1\n{script}"],
            cwd=folder,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        ended = re.findall(r"([^\x01]*)\x01(\d+)\x01", done.stdout)
        assert len(ended) == len(commands), done.stdout[-2000:]
        for command, (output, status) in zip(commands, ended, strict=True):
            told = f"$ {command.line}\n{output}"
            assert int(status) == command.status, f"status {status}: {told}"
            assert command.prints(output), "\n".join(["the page shows:", *command.shown, told])


def _lines(text: str) -> list[str]:
    """The lines that say something, with one space where there are more."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return [line for line in lines if line]


def _command(line: str) -> Command:
    found = _STATUS.search(line)
    return Command(line[: found.start()], int(found[1])) if found else Command(line)
