"""A rebuild that was not finished: nobody writes to the beginning of a ledger, and it goes on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from logos_graph.archive import verify_archive
from logos_graph.cli.archives import _restored
from logos_graph.cli.output import Printer
from logos_graph.errors import NotVerified, Rejected
from logos_graph.settings import Settings
from logos_graph.wiring import open_system, start_database, stop_database


@pytest.fixture
def home(tmp_path: Path, cache: Path) -> Iterator[Settings]:
    """A home that was never used; its server is stopped afterwards."""
    new = Settings(tmp_path / "home", cache, "supervisor", None)
    yield new
    stop_database(new)


def test_nobody_writes_to_a_ledger_of_which_only_the_beginning_is_there(
    real: Path, home: Settings, tmp_path: Path
) -> None:
    """Else it would grow another way than the ledger that it was made of, under the same key."""
    folder = Path(shutil.copytree(real, tmp_path / "export"))
    report, out = verify_archive(folder, None), Printer(as_json=True)
    (file,) = (folder / "entries").glob(f"000.p/{report.checkpoint.size}")
    whole = file.read_bytes()
    file.write_bytes(whole[:-2] + b"0\n" if whole[-2:] != b"0\n" else whole[:-2] + b"1\n")
    start_database(home, lambda _line: None, found=False)
    with open_system(home) as system:
        with pytest.raises(NotVerified):  # its last entry was changed after it was verified
            _restored(out, system, folder, report)
        head = system.reader.head()
        assert head is not None
        assert 0 < head.index < report.head.index
    with open_system(home) as system, pytest.raises(Rejected) as refused:
        _ = system.supervisor
    assert refused.value.code == "E_REBUILD_UNFINISHED"
    file.write_bytes(whole)
    with open_system(home) as system:
        already, state = _restored(out, system, folder, report)
        assert (already, state) == (head.index + 1, report.state)
    with open_system(home) as system, pytest.raises(Rejected) as refused:
        _ = system.supervisor  # whole again; the key is in the other home
    assert refused.value.code == "E_NOT_SUPERVISOR"
    assert not system.rebuilding(report.head.ledger).exists()
