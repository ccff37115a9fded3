"""Runs the compiler on untrusted source, apart from the machine.

A node's source is never executed here, but it steers a large program: `include_str!` reads files, a
constant can loop or grow without end. So rustc runs in bubblewrap with new namespaces of every kind
(no network, no other processes), no capabilities, an empty environment, and a file system that
holds the toolchain's own files read-only, the inputs read-only and one output folder; there is no
/proc, no /dev, no home. Address space, processor time, file sizes, wall time and the length of what
it says are bounded. There is no way to build without the sandbox.
"""

from __future__ import annotations

import os
import selectors
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from logos_graph.errors import EnvironmentFault, Rejected
from logos_graph.wasm.toolchain import TARGET, TOOLCHAIN_HINT, Toolchain

__all__ = ["LINKER", "OUTPUT", "BuildLimits", "Finished", "Sandbox"]

_SYSROOT: Final = "/toolchain"
_LIBRARIES: Final = f"{_SYSROOT}/libraries"
_RUSTC: Final = f"{_SYSROOT}/bin/rustc"
LINKER: Final = f"{_SYSROOT}/bin/wasm-ld"
"""The linker, as a build sees it."""
OUTPUT: Final = "/output"
"""The one folder that a build can write, as it sees it."""


@dataclass(frozen=True, slots=True)
class BuildLimits:
    """What one run of the compiler may use.

    seconds: wall time, and processor time.
    memory: address space in bytes.
    file: largest file it may write, in bytes.
    messages: most bytes of diagnostics.
    """

    seconds: int = 60
    memory: int = 2 * 1024**3
    file: int = 16 * 1024**2
    messages: int = 1024**2


@dataclass(frozen=True, slots=True)
class Finished:
    """How the compiler ended: its exit status (128 + number after a signal), and its stderr."""

    status: int
    messages: bytes


class Sandbox:
    """One toolchain behind walls.

    Raises EnvironmentFault E_SANDBOX when the machine has no bubblewrap or prlimit.
    """

    def __init__(self, toolchain: Toolchain, limits: BuildLimits) -> None:
        self._limits = limits
        self._walls = (
            *_limiter(limits),
            *_walls(_program("bwrap")),
            *_toolchain_files(toolchain),
        )

    def rustc(
        self, arguments: Sequence[str], inputs: Mapping[str, Path], output: Path, workdir: str
    ) -> Finished:
        """Run rustc.

        inputs: absolute path inside -> file or folder outside, read-only.
        output: the folder outside that is OUTPUT inside, the only one that can be written.
        workdir: the working directory inside; one of the folders of `inputs` or OUTPUT.

        Raises:
            Rejected: E_BUILD_TIME, E_BUILD_MESSAGES.
            EnvironmentFault: E_SANDBOX, the kernel refuses the sandbox.
        """
        files: list[str] = []
        for inside, outside in inputs.items():
            files += ["--ro-bind", str(outside), inside]
        command = (
            *self._walls,
            *files,
            *("--bind", str(output), OUTPUT, "--chdir", workdir),
            *("--", _RUSTC, "--sysroot", _SYSROOT, "--target", TARGET),
            *arguments,
        )
        finished = _run(command, self._limits)
        if finished.status != 0 and finished.messages.startswith(b"bwrap: "):
            said = finished.messages.decode(errors="replace").strip()
            raise EnvironmentFault(
                "E_SANDBOX",
                f"the sandbox cannot be set up: {said}",
                hint="bubblewrap needs user namespaces: sysctl kernel.unprivileged_userns_clone=1 "
                "(or kernel.apparmor_restrict_unprivileged_userns=0); a container must allow them",
            )
        return finished


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/bin:/bin")
    if found is None:
        raise EnvironmentFault("E_SANDBOX", f"{name} is not installed", hint=TOOLCHAIN_HINT)
    return found


def _limiter(limits: BuildLimits) -> tuple[str, ...]:
    return (
        _program("prlimit"),
        f"--as={limits.memory}",
        f"--cpu={limits.seconds}:{limits.seconds + 5}",
        f"--fsize={limits.file}",
        "--core=0",
        "--nofile=256",
        "--",
    )


def _walls(bwrap: str) -> tuple[str, ...]:
    return (
        *(bwrap, "--unshare-all", "--die-with-parent", "--new-session"),
        *("--clearenv", "--cap-drop", "ALL", "--hostname", "build"),
        *("--setenv", "LD_LIBRARY_PATH", _LIBRARIES, "--setenv", "TMPDIR", OUTPUT),
        *("--setenv", "LC_ALL", "C"),
        # rustc asks this link for its own place; a real /proc would show the machine.
        *("--dir", "/proc/self", "--symlink", _RUSTC, "/proc/self/exe"),
    )


def _toolchain_files(toolchain: Toolchain) -> tuple[str, ...]:
    bound = [
        (toolchain.rustc, _RUSTC),
        (toolchain.linker, LINKER),
        (toolchain.target, f"{_SYSROOT}/lib/rustlib/{TARGET}"),
    ]
    if toolchain.loader is not None:
        inside, outside = toolchain.loader
        bound.append((outside, inside))
    bound += [(place, f"{_LIBRARIES}/{name}") for name, place in toolchain.libraries]
    return tuple(
        argument for outside, inside in bound for argument in ("--ro-bind", str(outside), inside)
    )


def _run(command: Sequence[str], limits: BuildLimits) -> Finished:
    """The command's end; whatever goes wrong here, nothing of it is left running."""
    deadline = time.monotonic() + limits.seconds
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={},
        start_new_session=True,
    ) as process:
        try:
            messages = _read(process, deadline, limits)
            status = process.wait(max(deadline - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            raise _too_slow(limits) from None
        finally:
            # bwrap dies with it, and all inside with bwrap (--die-with-parent).
            process.kill()
    return Finished(status if status >= 0 else 128 - status, messages)


def _read(process: subprocess.Popen[bytes], deadline: float, limits: BuildLimits) -> bytes:
    """All of stderr, up to its end."""
    assert process.stderr is not None
    pipe = process.stderr.fileno()
    said = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while True:
            if not selector.select(max(deadline - time.monotonic(), 0)):
                raise _too_slow(limits)
            chunk = os.read(pipe, 65536)
            if not chunk:
                return bytes(said)
            said += chunk
            if len(said) > limits.messages:
                raise Rejected(
                    "E_BUILD_MESSAGES",
                    f"the compiler had more than {limits.messages} bytes to say",
                    hint="mend the first errors; most of the others follow from them",
                    limit=limits.messages,
                )


def _too_slow(limits: BuildLimits) -> Rejected:
    return Rejected(
        "E_BUILD_TIME",
        f"the build took longer than {limits.seconds} seconds and was stopped",
        hint="constants that loop and deeply nested generics cost the compiler time",
        limit=limits.seconds,
    )
