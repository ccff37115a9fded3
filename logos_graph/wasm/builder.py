"""Builds a node: one file of Rust in, one WebAssembly module out, the same for the same source.

    1. the source is bounded, UTF-8 and Rust, and holds nothing that a node never needs (screen.py)
    2. the SDK is built once for each SDK content, toolchain and set of flags, and kept
    3. rustc builds the source against it in the sandbox, without cargo and without any other crate
    4. its messages come back as diagnostics; a refusal carries all of them
    5. the module is read, bounded

Every path that could leave a trace in the module is a path inside the sandbox, and those never
change: the same source gives the same bytes from any folder, for any user. What a module may
contain is not judged here but at admission.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from logos_graph.canon import ContentId, json_id
from logos_graph.errors import EnvironmentFault, InvalidInput, Rejected
from logos_graph.wasm.diagnostics import Diagnostic, Level, parse_diagnostics
from logos_graph.wasm.sandbox import LINKER, OUTPUT, BuildLimits, Finished, Sandbox
from logos_graph.wasm.screen import screen
from logos_graph.wasm.toolchain import TOOLCHAIN_HINT, Toolchain, find_toolchain

__all__ = ["MAX_MODULE", "MAX_SOURCE", "Builder", "Built", "check_source"]

MAX_SOURCE: Final = 256 * 1024
"""Longest source in bytes."""
MAX_MODULE: Final = 4 * 1024 * 1024
"""Largest module in bytes."""

_SDK: Final = Path(__file__).resolve().parent / "sdk" / "src"
_SDK_RLIB: Final = "liblogos_sdk.rlib"
_SOURCE: Final = "node.rs"
_MODULE: Final = "node.wasm"

_FLAGS: Final = (
    *("--edition", "2021", "--error-format", "json"),
    *("-C", "opt-level=3", "-C", "panic=abort", "-C", "codegen-units=1", "-C", "debuginfo=0"),
    # A sum that does not fit must stop the node, not go round.
    *("-C", "strip=symbols", "-C", "overflow-checks=on", "-C", "metadata=logos"),
)
_NODE_FLAGS: Final = (
    *("--crate-type", "cdylib", "--crate-name", "node", "-C", f"linker={LINKER}"),
    # The stack lies below the data: one that runs over traps instead of writing there.
    *("-C", "link-arg=-zstack-size=65536", "-C", "link-arg=--stack-first"),
)
# What the author is to be told of comes from the build of the node itself.
_TEST_FLAGS: Final = ("--cfg", "test", "--cap-lints", "allow")
_SDK_FLAGS: Final = ("--crate-type", "rlib", "--crate-name", "logos_sdk")

_LONGEST: Final = 500
_SIGNAL: Final = 128
_SIGXCPU: Final = _SIGNAL + 24
_SIGXFSZ: Final = _SIGNAL + 25


@dataclass(frozen=True, slots=True)
class Built:
    """A module and what made it.

    toolchain: one line: the compiler, and the content id of all else that decides the bytes beside
        source and SDK.
    flags: what the compiler was called with, but for paths.
    sdk: content id of the SDK's sources.
    diagnostics: the compiler's warnings.
    """

    module: bytes
    toolchain: str
    flags: tuple[str, ...]
    sdk: ContentId
    diagnostics: tuple[Diagnostic, ...]


class Builder:
    """Builds nodes with the machine's toolchain; the toolchain is looked for at the first build.

    cache: folder for the SDK and for builds under way; made when it is missing.
    rustc: the only compiler to try, instead of looking for one.
    """

    def __init__(
        self, cache: Path, *, rustc: Path | None = None, limits: BuildLimits | None = None
    ) -> None:
        self._cache = cache.absolute() / "builder"
        self._rustc = rustc
        self._limits = limits or BuildLimits()

    def build(self, source: bytes) -> Built:
        """Build one node's source.

        Raises:
            InvalidInput: E_SOURCE_SIZE, E_SOURCE_UTF8.
            Rejected: E_SOURCE_… (data `findings`: all that the screen found), E_COMPILE (data
                `diagnostics`: all of rustc's messages), E_BUILD_TIME, E_BUILD_MEMORY, E_BUILD_SIZE,
                E_BUILD_MESSAGES, E_BUILD_CRASH.
            EnvironmentFault: E_TOOLCHAIN, E_SANDBOX, E_SDK, E_CACHE, E_SCREEN.
        """
        check_source(source)
        screen(source)
        module, diagnostics = self._compile(source, ())
        return Built(module, self.toolchain, self.flags, self.sdk, diagnostics)

    def build_tests(self, prepared: bytes) -> bytes:
        """The module of a screened source whose tests are exports (author_tests.py).

        It is no node: nobody publishes it. Raises as `build` does.
        """
        return self._compile(prepared, _TEST_FLAGS)[0]

    def _compile(
        self, source: bytes, flags: tuple[str, ...]
    ) -> tuple[bytes, tuple[Diagnostic, ...]]:
        sdk = self._sdk_library
        with self._workshop() as place:
            (place / _SOURCE).write_bytes(source)
            output = place / "output"
            output.mkdir()
            finished = self._sandbox.rustc(
                (
                    *(*_FLAGS, *_NODE_FLAGS, *flags, "--extern", f"logos_sdk=/sdk/{_SDK_RLIB}"),
                    *("-o", f"{OUTPUT}/{_MODULE}", _SOURCE),
                ),
                {f"/source/{_SOURCE}": place / _SOURCE, f"/sdk/{_SDK_RLIB}": sdk},
                output,
                "/source",
            )
            diagnostics = parse_diagnostics(finished.messages, _SOURCE)
            if finished.status != 0:
                raise _refusal(finished, diagnostics)
            return _read_module(output / _MODULE), diagnostics

    @cached_property
    def toolchain(self) -> str:
        """One line that names the compiler and all else that decides a module's bytes."""
        return f"{self._toolchain.version}; {self._toolchain_id}"

    @property
    def flags(self) -> tuple[str, ...]:
        """What the compiler is called with for a node, but for paths."""
        return (*_FLAGS, *_NODE_FLAGS)

    @cached_property
    def sdk(self) -> ContentId:
        """Content id of the SDK's sources: of the JSON object {path: text}."""
        return json_id({path.name: path.read_text("utf-8") for path in sorted(_SDK.glob("*.rs"))})

    @cached_property
    def _toolchain(self) -> Toolchain:
        return find_toolchain(self._rustc)

    @cached_property
    def _toolchain_id(self) -> ContentId:
        flags = [*_FLAGS, *_NODE_FLAGS, *_SDK_FLAGS]
        return json_id({"flags": [*flags], "toolchain": [*self._toolchain.details]})

    @cached_property
    def _sandbox(self) -> Sandbox:
        return Sandbox(self._toolchain, self._limits)

    @cached_property
    def _sdk_library(self) -> Path:
        """The SDK as a library, built when it is not in the cache."""
        key = json_id({"sdk": self.sdk, "toolchain": self._toolchain_id}).removeprefix("b3:")
        library = self._cache / "sdk" / key / _SDK_RLIB
        with self._named_faults():
            if library.is_file():
                return library
        with self._workshop() as place:
            finished = self._sandbox.rustc(
                (*_FLAGS, *_SDK_FLAGS, "-o", f"{OUTPUT}/{_SDK_RLIB}", "/sdk/lib.rs"),
                {"/sdk": _SDK},
                place,
                OUTPUT,
            )
            if finished.status != 0:
                said = parse_diagnostics(finished.messages, "/sdk/lib.rs")
                reason = said[0].message if said else f"exit status {finished.status}"
                raise EnvironmentFault(
                    "E_SDK",
                    f"{self._toolchain.version} cannot build the SDK: {reason}",
                    hint=f"use another toolchain: {TOOLCHAIN_HINT}",
                )
            library.parent.mkdir(parents=True, exist_ok=True)
            # Whoever is second replaces the library by the same bytes.
            (place / _SDK_RLIB).replace(library)
        return library

    @contextmanager
    def _workshop(self) -> Iterator[Path]:
        """A folder for one build, in the cache so that results can be moved; gone afterwards."""
        with self._named_faults():
            self._cache.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self._cache, prefix="build-") as place:
                yield Path(place)

    @contextmanager
    def _named_faults(self) -> Iterator[None]:
        """Whatever the file system refuses, as EnvironmentFault E_CACHE."""
        try:
            yield
        except OSError as error:
            raise EnvironmentFault(
                "E_CACHE",
                f"builds need a folder that can be written: {error}",
                hint="set LOGOS_CACHE to a folder of yours with some space",
                path=str(self._cache),
            ) from error


def check_source(source: bytes) -> None:
    """What is built is bounded and UTF-8. Raises InvalidInput E_SOURCE_SIZE, E_SOURCE_UTF8."""
    if len(source) > MAX_SOURCE:
        raise InvalidInput(
            "E_SOURCE_SIZE",
            f"the source has {len(source)} bytes; at most {MAX_SOURCE} are built",
            hint="a node is one small rule: split the work into several nodes",
            limit=MAX_SOURCE,
        )
    try:
        source.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(
            "E_SOURCE_UTF8", f"the source is not UTF-8 at byte {error.start}", offset=error.start
        ) from error


def _refusal(finished: Finished, diagnostics: tuple[Diagnostic, ...]) -> Rejected:
    """Why there is no module, by what the compiler said and how it ended."""
    said = _beside_the_source(finished.messages, diagnostics)
    if finished.status == _SIGXCPU:
        return Rejected("E_BUILD_TIME", "the build used up its processor time")
    if "memory allocation of " in said or "out of memory" in said:
        return Rejected(
            "E_BUILD_MEMORY",
            "the build needs more memory than it may have",
            hint="large constants and statics are made by the compiler: make them smaller",
        )
    if finished.status == _SIGXFSZ or "File too large" in said:
        return _too_large()
    errors = [each for each in diagnostics if each.level is Level.ERROR]
    if errors:
        first = errors[0]
        place = "" if first.line is None else f"line {first.line}, column {first.column}: "
        code = "" if first.code is None else f" [{first.code}]"
        return Rejected(
            "E_COMPILE",
            f"{place}{first.message[:_LONGEST]}{code}",
            hint="mend what the compiler names; with --json, `diagnostics` holds all it said",
            diagnostics=[each.to_json() for each in diagnostics],
        )
    return Rejected(
        "E_BUILD_CRASH",
        f"the compiler broke off (status {finished.status}) without naming an error",
        hint="write the part that was changed last in a simpler way",
        said=finished.messages.decode(errors="replace")[-2000:],
    )


def _beside_the_source(messages: bytes, diagnostics: tuple[Diagnostic, ...]) -> str:
    """What the compiler says of itself and the machine; a source could hold the same words."""
    plain = [line for line in messages.split(b"\n") if not line.startswith(b"{")]
    placeless = [each.rendered for each in diagnostics if each.line is None]
    return "\n".join([b"\n".join(plain).decode(errors="replace"), *placeless])


def _too_large() -> Rejected:
    return Rejected(
        "E_BUILD_SIZE",
        f"the module would be larger than {MAX_MODULE} bytes",
        hint="large constants and statics end up in the module: make them smaller",
        limit=MAX_MODULE,
    )


def _read_module(path: Path) -> bytes:
    """The compiler's output; it wrote the folder, so a link there is not followed."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise Rejected("E_BUILD_CRASH", f"the compiler left no module: {error}") from error
    with os.fdopen(handle, "rb") as file:
        module = file.read(MAX_MODULE + 1)
    if len(module) > MAX_MODULE:
        raise _too_large()
    return module
