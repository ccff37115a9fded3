"""Finds the Rust toolchain that builds nodes, and names exactly the files it consists of.

What a build may read is this list and nothing else of the machine (sandbox.py binds it): the
compiler, the linker, the standard library for `wasm32-unknown-unknown` and the shared libraries
that the two programs load. Debian's own toolchain is looked at first, because it needs no home
folder; then each `rustc` on the search path, then rustup's.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from logos_graph.errors import EnvironmentFault

__all__ = ["OLDEST_RUSTC", "TARGET", "TOOLCHAIN_HINT", "Toolchain", "find_toolchain"]

TARGET: Final = "wasm32-unknown-unknown"
"""Nodes are built for this target: pure code for it imports nothing at all."""

OLDEST_RUSTC: Final = (1, 63)
"""The SDK is written for this release and all later ones."""

TOOLCHAIN_HINT: Final = (
    "apt-get install -y --no-install-recommends rustc libstd-rust-dev-wasm32 lld bubblewrap, "
    f"or with rustup: rustup target add {TARGET}"
)

_PROBE_SECONDS: Final = 30


@dataclass(frozen=True, slots=True)
class Toolchain:
    """One compiler with its linker, and the files that both need.

    version: the line `rustc --version` prints.
    details: what else decides a build's bytes: `rustc -vV`, the linker's version, the standard
        library's file names (they carry its hash).
    loader: the dynamic loader's absolute path as the programs name it, and the file behind it; None
        when both are linked statically.
    libraries: file name and place of each shared library.
    """

    version: str
    details: tuple[str, ...]
    rustc: Path
    linker: Path
    target: Path
    loader: tuple[str, Path] | None
    libraries: tuple[tuple[str, Path], ...]


class _UnfitError(Exception):
    """This candidate cannot build nodes; the text says why."""


def find_toolchain(rustc: Path | None = None) -> Toolchain:
    """The first toolchain that can build nodes; only `rustc` is tried when it is given.

    Raises:
        EnvironmentFault: E_TOOLCHAIN, with what was tried and why each would not do.
    """
    tried: list[str] = []
    for candidate in [rustc] if rustc is not None else _candidates():
        try:
            return _probe(candidate)
        except _UnfitError as unfit:
            tried.append(f"{candidate}: {unfit}")
    raise EnvironmentFault(
        "E_TOOLCHAIN",
        f"no Rust toolchain for {TARGET} was found ({'; '.join(tried) or 'there is no rustc'})",
        hint=TOOLCHAIN_HINT,
        tried=tried,
    )


def _candidates() -> Iterator[Path]:
    folders = ["/usr/bin", *os.get_exec_path()]
    with suppress(RuntimeError):  # a user without a home has no rustup
        folders.append(str(Path.home() / ".cargo" / "bin"))
    for folder in dict.fromkeys(folders):
        candidate = Path(folder, "rustc")
        # A relative entry would take whatever lies in the working directory for a compiler.
        if candidate.is_absolute() and os.access(candidate, os.X_OK):
            yield candidate


def _probe(rustc: Path) -> Toolchain:
    # rustup puts a program of its own in the compiler's place: ask it where the real one is.
    sysroot = Path(_ask(rustc, "--print", "sysroot").strip())
    compiler = sysroot / "bin" / "rustc"
    if not os.access(compiler, os.X_OK):
        raise _UnfitError(f"there is no {compiler}")
    verbose = _ask(compiler, "-vV")
    _check_release(_field(verbose, "release"))
    target = sysroot / "lib" / "rustlib" / TARGET
    standard = sorted(path.name for path in target.glob("lib/lib*.rlib"))
    if not any(name.startswith("libstd-") for name in standard):
        raise _UnfitError(f"the standard library for {TARGET} is not installed")
    linker = _find_linker(sysroot, _field(verbose, "host"))
    loader, libraries = _shared_libraries(compiler, linker)
    return Toolchain(
        version=verbose.splitlines()[0],
        details=(verbose, _linker_version(linker), *standard),
        rustc=compiler,
        linker=linker,
        target=target,
        loader=loader,
        libraries=libraries,
    )


def _check_release(release: str) -> None:
    match = re.match(r"(\d+)\.(\d+)", release)
    if match is None:
        raise _UnfitError(f"{release!r} is not a release of rustc")
    if (int(match[1]), int(match[2])) < OLDEST_RUSTC:
        raise _UnfitError(f"rustc {release} is older than {OLDEST_RUSTC[0]}.{OLDEST_RUSTC[1]}")


def _field(verbose: str, name: str) -> str:
    match = re.search(rf"^{name}: (.+)$", verbose, re.MULTILINE)
    if match is None:
        raise _UnfitError(f"rustc -vV does not tell its {name}")
    return match[1].strip()


def _find_linker(sysroot: Path, host: str) -> Path:
    """LLVM's linker: rustup brings its own, distributions have it in a package."""
    named = (shutil.which(name) for name in ("wasm-ld", "rust-lld"))
    versioned = sorted(Path("/usr/bin").glob("wasm-ld-*"), reverse=True)
    bundled = sysroot / "lib" / "rustlib" / host / "bin" / "rust-lld"
    for candidate in (bundled, *(Path(name) for name in named if name), *versioned):
        if os.access(candidate, os.X_OK):
            return candidate.resolve()
    raise _UnfitError("there is no WebAssembly linker (wasm-ld or rust-lld)")


def _linker_version(linker: Path) -> str:
    # One binary serves every format: LLD asks for the format when it is called by a bare name.
    return _ask(linker, "-flavor", "wasm", "--version").strip()


def _shared_libraries(
    *programs: Path,
) -> tuple[tuple[str, Path] | None, tuple[tuple[str, Path], ...]]:
    """The dynamic loader and every shared library of `programs`, as ldd resolves them."""
    loader: tuple[str, Path] | None = None
    libraries: dict[str, Path] = {}
    for program in programs:
        for line in _ldd(program):
            match = re.match(r"\s*(\S+)(?: => (.+?))? \(0x[0-9a-f]+\)$", line)
            if match is None:
                if "not found" in line:
                    raise _UnfitError(f"{program} lacks a shared library: {line.strip()}")
                continue
            name, place = match[1], match[2] or match[1]
            if name.startswith("/"):
                loader = (name, Path(place))
            elif place.startswith("/"):
                libraries.setdefault(name, Path(place))
    return loader, tuple(sorted(libraries.items()))


def _ldd(program: Path) -> list[str]:
    ldd = shutil.which("ldd") or "/usr/bin/ldd"
    try:
        # A statically linked program is no error: it needs no libraries.
        done = subprocess.run(
            [ldd, str(program)], capture_output=True, text=True, timeout=_PROBE_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _UnfitError(f"ldd {program}: {error}") from error
    return done.stdout.splitlines()


def _ask(program: Path, *arguments: str) -> str:
    """What `program` prints; it is installed software of this machine, run as the user is."""
    # rustup must not start to download a toolchain behind our back.
    environment = {**os.environ, "RUSTUP_AUTO_INSTALL": "0"}
    try:
        done = subprocess.run(
            [str(program), *arguments],
            capture_output=True,
            text=True,
            timeout=_PROBE_SECONDS,
            check=True,
            env=environment,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.CalledProcessError as error:
        said = (error.stderr or "").strip().splitlines() or [f"exit status {error.returncode}"]
        raise _UnfitError(said[0]) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _UnfitError(str(error)) from error
    return done.stdout
