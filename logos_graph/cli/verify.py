"""logos verify: a proof file, or an export's folder, by itself: no database, no network, no key."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from logos_graph.cli.files import read_bytes
from logos_graph.cli.options import with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.texts import moment, short_value
from logos_graph.cli.verify_export import verify_export
from logos_graph.errors import EnvironmentFault, LogosError, NotVerified

if TYPE_CHECKING:
    from logos_graph.identity import Did
    from logos_graph.proof import Step, Verification
    from logos_graph.wasm.runtime import WasmHost

__all__ = ["verify"]

_CACHE_KEY_BYTES = 32


@click.command()
@click.argument("path", metavar="FILE|DIR", type=click.Path(path_type=Path))
@click.option(
    "--supervisor", metavar="DID", help="Whose ledger it must be (default: whom genesis names)."
)
@with_output
def verify(out: Printer, path: Path, supervisor: str | None) -> int:
    """Verify a run's proof, or an exported ledger, with no database and no network.

    Of a proof, each step is printed as it holds; status 1 at the first that does not.
    """
    from logos_graph.identity import parse_key

    trusted = None if supervisor is None else parse_key(supervisor)
    if path.is_dir():
        return verify_export(out, path, trusted)
    return _verify_proof(out, path, trusted)


def _verify_proof(out: Printer, path: Path, supervisor: Did | None) -> int:
    from logos_graph.proof import MAX_PROOF_BYTES, Verification

    data = read_bytes(str(path), MAX_PROOF_BYTES)
    shown: list[Step] = []
    fault: LogosError | None = None
    with ExitStack() as stack:
        host = lambda: stack.enter_context(_passing_host())  # noqa: E731
        verification = Verification(data, supervisor, host)
        try:
            for step in verification.steps():
                shown.append(step)
                out.line(f"{step.number:2}. {step.name:10}  {_state(step):4}  {step.detail}")
        except NotVerified as error:
            if not out.as_json:
                raise
            fault = error
    out.document(_document(path, verification, supervisor, shown, fault))
    if fault is None:
        _show(out, verification, _known_from(supervisor))
        return 0
    return fault.exit_status


@contextmanager
def _passing_host() -> Iterator[WasmHost]:
    """A host whose compiled nodes are gone afterwards: nothing of this home is read or written."""
    from logos_graph.wasm.runtime import WasmHost

    try:
        folder = tempfile.TemporaryDirectory(prefix="logos-verify-")
    except OSError as error:
        raise EnvironmentFault(
            "E_FOLDER", f"there is no place for compiled nodes: {error}"
        ) from error
    with folder as name:
        yield WasmHost(Path(name), secrets.token_bytes(_CACHE_KEY_BYTES))


def _state(step: Step) -> str:
    return "-" if step.ok is None else "ok"


def _document(
    path: Path,
    verification: Verification,
    supervisor: Did | None,
    steps: list[Step],
    fault: LogosError | None,
) -> dict[str, object]:
    from logos_graph.proof import NOT_SHOWN

    told = {} if fault is not None else _told(verification)
    return {
        "verified": fault is None,
        "file": str(path),
        "known_from": "given" if supervisor is not None else "genesis alone",
        "steps": [step.json for step in steps],
        "error": None if fault is None else fault.to_json(),
        **told,
        "not_shown": list(NOT_SHOWN),
    }


def _told(verification: Verification) -> dict[str, object]:
    """What a verified proof tells."""
    facts, record = verification.facts, verification.record
    checkpoint, line = verification.checkpoint, facts.line
    return {
        "ledger": facts.entries[0].ledger,
        "supervisor": verification.supervisor,
        "checkpoint": {"size": checkpoint.size, "root": checkpoint.root_text},
        "run": verification.proof.run,
        "intent": facts.intent,
        "who": line.who,
        "verb": line.did,
        "decision": facts.deciding.body["decision"],
        "consents": [{"by": each.by, "entry": each.entry.index} for each in facts.consents],
        "flow": record.flow,
        "status": record.status.value,
        "inputs": record.input_values,
        "outputs": record.output_values,
        "failure": None if record.failure is None else record.failure.json,
        "consequence": facts.receipt.body["consequence"],
        "entries": {"intent": facts.begun.index, "receipt": facts.receipt.index},
        "recorded_at": facts.receipt.recorded_at,
    }


def _known_from(supervisor: Did | None) -> str:
    """How it is known whose ledger it is: without a key from elsewhere anybody may have made it."""
    return "the file alone: give --supervisor to be sure" if supervisor is None else "given"


def _show(out: Printer, verification: Verification, known_from: str) -> None:
    from logos_graph.canon import encode_text
    from logos_graph.proof import NOT_SHOWN

    facts, record = verification.facts, verification.record
    outputs = record.output_values or (record.failure.json if record.failure else {})
    out.line()
    out.fields(
        [
            ("verified", f"run {verification.proof.run}"),
            ("ledger", facts.entries[0].ledger),
            ("supervisor", f"{verification.supervisor} ({known_from})"),
            ("who", facts.name(facts.line.who)),
            ("verb", facts.line.did),
            ("when", moment(facts.receipt.recorded_at)),
            ("flow", record.flow),
            ("status", record.status.value),
            ("inputs", short_value(encode_text(record.input_values))),
            ("outputs", short_value(encode_text(outputs))),
        ]
    )
    out.line()
    out.line("No proof shows:")
    for text in NOT_SHOWN:
        out.line(f"  - {text}")
