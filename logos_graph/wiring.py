"""The only place where adapters meet the core: one opened system per process.

with open_system(Settings.from_environment()) as system:
    outcome = system.supervisor.execute(signed_intent)
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ulid import ULID

from logos_graph.canon import ContentId, Json, parse
from logos_graph.errors import Conflict, EnvironmentFault, InvalidInput, Rejected
from logos_graph.identity import Did, Signer
from logos_graph.keystore import KeyStore, write_secret
from logos_graph.logline import (
    Intent,
    LogLine,
    SignedIntent,
    Status,
    parse_commitment,
    sign_intent,
)
from logos_graph.passphrase import Passphrases
from logos_graph.processes import LockedWriters, is_alive
from logos_graph.settings import GIVEN_KEY, Settings
from logos_graph.signers import named_signer, supervisor_key

if TYPE_CHECKING:
    from logos_graph.database import Connection, Driver, GuardStatus
    from logos_graph.graph.capabilities import HttpLimits
    from logos_graph.network.http import HttpRequest
    from logos_graph.store import Neo4jStore, Reader
    from logos_graph.supervisor import Outcome, Supervisor
    from logos_graph.wasm.builder import Builder
    from logos_graph.wasm.runtime import WasmHost

__all__ = [
    "System",
    "SystemClock",
    "SystemOutside",
    "found_database",
    "open_system",
    "start_database",
    "stop_database",
]

Watch = Callable[[str, ContentId], None]

_CACHE_KEY_BYTES = 32
_FOUNDING_WAITS = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
"""Seconds after which founding is tried again when another process stood in the way."""
_FOUNDED_BESIDE = ("E_HEAD_MOVED", "E_DATABASE_BUSY", "E_DATABASE")
"""What founding meets while another process founds: the server has no one word for it."""


class SystemClock:
    """The machine's clock and randomness."""

    def now_ns(self) -> int:
        """Nanoseconds since the epoch."""
        return time.time_ns()

    def fresh_id(self) -> str:
        """A new ULID."""
        return str(ULID())


class SystemOutside:
    """The machine's clock, randomness and network, for nodes that hold a grant."""

    def now_ns(self) -> int:
        """Nanoseconds since the epoch."""
        return time.time_ns()

    def random(self, count: int) -> bytes:
        """So many bytes that nobody can predict."""
        return secrets.token_bytes(count)

    def http(self, request: Mapping[str, Json], limits: HttpLimits) -> HttpRequest:
        """A request that is not sent yet; see network.http.read."""
        from logos_graph.network.http import read

        return read(request, limits)

    def wait(self, seconds: float) -> None:
        """Returns when they have passed."""
        time.sleep(seconds)


@dataclass
class System:
    """An opened database with everything over it; parts are made when first asked for.

    recovered: what a dead process had left, finished when the supervisor was first asked for; but
    for the intent that is `spared`.
    """

    settings: Settings
    connection: Connection
    driver: Driver
    watch: Watch | None = None
    clock: SystemClock = field(default_factory=SystemClock)
    recovered: tuple[Outcome, ...] = ()
    spared: ContentId | None = None
    _signers: dict[Did, Signer] = field(default_factory=dict)
    _named: dict[str, Signer] = field(default_factory=dict)

    @cached_property
    def keys(self) -> KeyStore:
        """The private keys of this home."""
        return KeyStore(self.settings.home / "keys", self.passphrases)

    @cached_property
    def passphrases(self) -> Passphrases:
        """Where the passphrase of key files comes from."""
        settings = self.settings
        return Passphrases(settings.passphrase_file, settings.passphrase_descriptor)

    @cached_property
    def reader(self) -> Reader:
        """Questions to the graph."""
        from logos_graph.store import Reader

        return Reader(self.driver, self.connection)

    @cached_property
    def store(self) -> Neo4jStore:
        """The ledger and the graph."""
        from logos_graph.store import Neo4jStore

        return Neo4jStore(self.driver, self.connection, self.settings.commit_timeout)

    @cached_property
    def guard(self) -> GuardStatus:
        """Whether the database itself guards the ledger."""
        from logos_graph.database import guard_status

        return guard_status(self.driver, self.connection)

    @cached_property
    def host(self) -> WasmHost:
        """The WASM host, with this home's cache of compiled nodes."""
        from logos_graph.wasm.runtime import WasmHost

        return WasmHost(self.settings.cache / "compiled", _cache_key(self.settings.home))

    @cached_property
    def builder(self) -> Builder:
        """The sandboxed Rust build."""
        from logos_graph.wasm.builder import Builder

        return Builder(self.settings.cache)

    @cached_property
    def supervisor(self) -> Supervisor:
        """The gate; what a dead process left behind is finished before the first intent.

        Raises Rejected E_NOT_SUPERVISOR if this home does not have the key in force,
        E_REBUILD_UNFINISHED for a database that holds the beginning of a ledger only.
        """
        if self.rebuilding(self.ledger).exists():
            raise Rejected(
                "E_REBUILD_UNFINISHED",
                "this database has the beginning of its ledger only: a rebuild was not finished",
                hint="`logos ledger rebuild DIR` goes on with it; what is written before that makes"
                " a second history",
            )
        import logos_graph.wasm.admission as admission
        from logos_graph.supervisor import Supervisor

        supervisor = Supervisor(
            store=self.store,
            signers=self.signer_of,
            clock=self.clock,
            writers=self.writers,
            builder=self.builder,
            admission=admission,
            host=self.host,
            outside=SystemOutside(),
            watch=self.watch,
            queue=self.settings.queue,
            commit_seconds=self.settings.commit_timeout,
        )
        self.recovered = supervisor.recover(self.spared)
        self.keys.settle(supervisor.view.keys.dids)
        return supervisor

    def rebuilding(self, ledger: str) -> Path:
        """The file that is there while a ledger is rebuilt into this home's database."""
        return self.settings.home / f"rebuilding-{ledger}"

    def signer_of(self, supervisor: Did) -> Signer:
        """This home's key of this DID, to keep the ledger by; Rejected E_NOT_SUPERVISOR."""
        known = self._signers.get(supervisor) or self.keys.find(supervisor)
        if known is None:
            raise Rejected(
                "E_NOT_SUPERVISOR",
                f"this ledger is kept by {supervisor}, and this home does not have that key",
                hint="use the LOGOS_HOME that keeps the ledger, or another database",
                supervisor=supervisor,
            )
        self._signers[supervisor] = known
        return known

    def principal(self, name: str) -> Signer:
        """The key that signs as `name`; see signers.named_signer."""
        found = self._named.get(name)
        if found is None:
            found = named_signer(self.settings, self.keys, self.reader, name)
            if name == GIVEN_KEY:  # a descriptor is read once
                self._named[name] = found
        return found

    @cached_property
    def writers(self) -> LockedWriters:
        """This process's lock, and those of the others."""
        return LockedWriters(self._writers_folder, self.clock.fresh_id())

    def alive(self, writer: str) -> bool:
        """Whether a process of this home lives; asking makes no writer of this one."""
        return is_alive(self._writers_folder, writer)

    @property
    def _writers_folder(self) -> Path:
        return self.settings.home / "writers"

    def compose(
        self,
        who: Signer,
        did: str,
        this: dict[str, Json],
        *,
        if_ok: str,
        if_doubt: str,
        if_not: str,
    ) -> SignedIntent:
        """A LogLine of this moment, with a fresh nonce, signed for this ledger."""
        line = LogLine(
            who=who.did,
            did=did,
            this=this,
            when=self.clock.now_ns(),
            confirmed_by=None,
            if_ok=parse_commitment(if_ok),
            if_doubt=parse_commitment(if_doubt),
            if_not=parse_commitment(if_not),
            status=Status.PENDING,
        )
        return sign_intent(Intent(self.ledger, self.clock.fresh_id(), line), who)

    @cached_property
    def ledger(self) -> str:
        """The ledger's id; InvalidInput E_NO_LEDGER before genesis."""
        head = self.reader.head()
        if head is None:
            raise InvalidInput(
                "E_NO_LEDGER", "this database has no ledger yet", hint="run `logos up`"
            )
        return head.ledger

    def close(self) -> None:
        """Lets go of the database and of this process's lock."""
        if "supervisor" in self.__dict__:  # its key may have been rotated meanwhile
            with suppress(EnvironmentFault, OSError):  # then the next process does it
                self.keys.settle(self.supervisor.view.keys.dids)
        if "writers" in self.__dict__:
            self.writers.close()
        self.driver.close()


@contextmanager
def open_system(settings: Settings, *, watch: Watch | None = None) -> Iterator[System]:
    """Connects to the managed (running) or the given database; closes everything afterwards."""
    from logos_graph.database import open_driver

    connection = _connection(settings)
    driver = open_driver(connection)
    system = System(settings, connection, driver, watch)
    try:
        yield system
    finally:
        system.close()


def _connection(settings: Settings) -> Connection:
    """The server that NEO4J_URI names, or the managed one, which must be running."""
    from logos_graph.database import ManagedDatabase, external_connection

    server = settings.external
    if server is not None:
        return external_connection(server.uri, server.username, server.password, server.database)
    return ManagedDatabase(settings.home, settings.cache).connection()


def start_database(
    settings: Settings, progress: Callable[[str], None], *, found: bool = True
) -> Connection:
    """Starts the managed database, or takes the given one; founds its ledger if it has none.

    found: False leaves a database without a ledger as it is, but for its constraints.
    """
    from logos_graph.database import ManagedDatabase
    from logos_graph.store import apply_schema

    if settings.external is None:
        ManagedDatabase(settings.home, settings.cache, progress=progress).start()
    with open_system(settings) as system:
        if found:
            found_database(system, progress)
        else:
            apply_schema(system.driver, system.connection)
        return system.connection


def stop_database(settings: Settings) -> bool:
    """Stops the managed database; whether it was running."""
    from logos_graph.database import ManagedDatabase

    return ManagedDatabase(settings.home, settings.cache).stop()


def found_database(system: System, progress: Callable[[str], None]) -> None:
    """Constraints, the supervisor's key, and genesis; each only if it is not there yet.

    Several processes may do this at once: one founds the ledger, the others find it founded.
    """
    for wait_seconds in (*_FOUNDING_WAITS, None):
        try:
            _found(system, progress)
            return
        except (Conflict, EnvironmentFault) as error:  # another process does the same just now
            if wait_seconds is None or error.code not in _FOUNDED_BESIDE:
                raise
        time.sleep(wait_seconds)


def _found(system: System, progress: Callable[[str], None]) -> None:
    from logos_graph.governance import Policy, parse_verb
    from logos_graph.resources import list_files, read_text
    from logos_graph.store import apply_schema
    from logos_graph.supervisor import found_ledger

    apply_schema(system.driver, system.connection)
    if system.reader.head() is not None:
        return
    progress("founding the ledger")
    files = list_files("schemas/verbs", ".schema.json")
    verbs = [parse_verb(parse(read_text(file))) for file in files]
    policy = Policy(read_text("schemas/policies/bootstrap.cedar"))
    key = supervisor_key(system.keys, system.passphrases)
    found_ledger(system.store, key, system.clock, verbs, policy)


def _cache_key(home: Path) -> bytes:
    """The secret under which this home seals its compiled nodes; made once, mode 0600."""
    path = home / "keys" / "compiled.key"
    if not path.exists():
        with suppress(FileExistsError):  # another process made it just now
            write_secret(path, secrets.token_bytes(_CACHE_KEY_BYTES))
    key = path.read_bytes()
    if len(key) != _CACHE_KEY_BYTES:
        raise EnvironmentFault(
            "E_KEY_FILE", f"{path} is damaged", hint="delete it: it is made again"
        )
    return key
