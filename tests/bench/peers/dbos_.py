"""DBOS, as shipped: a library on sqlite or on PostgreSQL, a commit for each step."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.bench.peers.engine import free_port, mark, until
from tests.bench.peers.library import HANGING, Library, serve
from tests.bench.workload import STEPS, Payment, Results, trivial

__all__ = ["DbosOnPostgres", "DbosOnSqlite"]

_HOUR = 3600


class DbosOnSqlite(Library):
    name = "dbos-sqlite"
    module = "tests.bench.peers.dbos_"
    words = ("sqlite:///dbos.db",)
    durability = "as shipped: journal_mode=DELETE, synchronous=FULL, a commit per step"


class DbosOnPostgres(Library):
    name = "dbos-postgres"
    module = "tests.bench.peers.dbos_"
    durability = "as shipped: fsync=on, synchronous_commit=on, a commit per step"

    def missing(self) -> str | None:
        return None if _programs() else "there is no PostgreSQL server on this machine"

    def prepare(self) -> None:
        programs = _programs()
        assert programs is not None
        self._programs, self._port, data = programs, free_port(), self.folder / "data"
        self.words = (f"postgresql://postgres@127.0.0.1:{self._port}/postgres",)
        data.mkdir(mode=0o700)
        if self._user:  # PostgreSQL refuses root
            self.folder.chmod(0o711)
            shutil.chown(data, "postgres")
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust",
             "-E", "UTF8", "--locale=C"],
            check=True, stdout=subprocess.DEVNULL, cwd=self.folder, user=self._user,
        )  # fmt: skip

    @property
    def _user(self) -> str | None:
        return "postgres" if os.geteuid() == 0 else None

    def start(self) -> None:
        if not self.pids():  # not after the worker's death
            self.spawn(
                [self._programs / "postgres", "-D", self.folder / "data", "-p", self._port,
                 "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="],
                user=self._user,
            )  # fmt: skip
            program = str(self._programs / "pg_isready")
            ready = [program, "-q", "-h", "127.0.0.1", "-p", str(self._port)]
            until(lambda: subprocess.run(ready, check=False).returncode == 0, "PostgreSQL")
        super().start()


def _programs() -> Path | None:
    """The newest server's folder."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    here = shutil.which("initdb")
    return found[-1].parent if found else Path(here).resolve().parent if here else None


def _version(program: Path) -> int:
    return int(program.parts[-3])


class _Workflows:
    def __init__(self, url: str) -> None:
        from dbos import DBOS, SetWorkflowID

        self._dbos, self._named = DBOS, SetWorkflowID
        DBOS(config={
            "name": "peers", "system_database_url": url, "log_level": "ERROR",
            "run_admin_server": False,
        })  # fmt: skip
        steps = [DBOS.step(name=each.__name__)(each) for each in STEPS]
        one = DBOS.step(name="trivial")(trivial)

        @DBOS.workflow()
        def approval(given: Payment) -> bool:
            done: Results = {}
            for plain, step in zip(STEPS, steps, strict=True):
                done[plain.__name__] = step(given, done)
            return bool(done["threshold_decision"])

        @DBOS.workflow()
        def long(steps: int, gated: bool) -> int:
            reached = 0
            if gated:
                mark("enter")
            for _ in range(steps):
                reached = one(reached)
            if gated:
                mark("rebuilt")
                DBOS.recv("go", timeout_seconds=_HOUR)
            return reached

        self._approval, self._long = approval, long
        DBOS.launch()

    def approve(self, key: str, given: Payment) -> bool:
        with self._named(key):
            return bool(self._approval(given))

    def long(self, key: str, steps: int, gated: bool) -> int:
        with self._named(key):
            return int(self._long(steps, gated))

    def finish(self) -> int:
        self._dbos.send(HANGING, True, "go")
        return int(self._dbos.retrieve_workflow(HANGING).get_result())


if __name__ == "__main__":
    serve(_Workflows(sys.argv[1]))
