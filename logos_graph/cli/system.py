"""logos up, down, status, browse: the database as a whole."""

from __future__ import annotations

import webbrowser
from typing import TYPE_CHECKING

import click

from logos_graph.cli.options import with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import opened, warn_of_guard
from logos_graph.cli.texts import short, size
from logos_graph.errors import EnvironmentFault

if TYPE_CHECKING:
    from logos_graph.database import Connection, DatabaseStatus
    from logos_graph.settings import Settings
    from logos_graph.wiring import System

__all__ = ["browse", "down", "status", "up"]


@click.command()
@with_output
def up(out: Printer) -> int:
    """Start the database, and found its ledger if it has none.

    The managed one, or the one at NEO4J_URI. Safe to call when it runs already.
    """
    from logos_graph.settings import Settings
    from logos_graph.wiring import start_database

    settings = Settings.from_environment()
    start_database(settings, out.note)
    with opened() as system:
        warn_of_guard(out, system)
        out.document(_running(settings, system))
        out.fields(_running_fields(settings, system))
    return 0


@click.command()
@with_output
def down(out: Printer) -> int:
    """Stop the managed database; everything stays in LOGOS_HOME."""
    from logos_graph.cli.past import stop_past
    from logos_graph.settings import Settings
    from logos_graph.wiring import stop_database

    settings = Settings.from_environment()
    if settings.external is not None:
        raise EnvironmentFault(
            "E_NOT_MANAGED",
            f"the server at {settings.external.uri} is not this product's to stop",
            hint="unset NEO4J_URI to stop the managed database",
        )
    stop_past(settings)
    was_running = stop_database(settings)
    out.document({"stopped": was_running})
    out.line("stopped" if was_running else "was not running")
    return 0


@click.command()
@with_output
def status(out: Printer) -> int:
    """The database, its guard, the ledger's head, and how much there is. Status 3 when stopped."""
    from logos_graph.settings import Settings

    settings = Settings.from_environment()
    if settings.external is None:
        found = _managed(settings)
        if found.state != "running":
            return _show_stopped(out, settings, found)
    with opened() as system:
        out.document(_running(settings, system))
        out.fields(_running_fields(settings, system))
    return 0


@click.command()
@click.option("--print", "only_print", is_flag=True, help="Print the address; open nothing.")
@click.option("--style", is_flag=True, help="Print the style, as a file for a Browser of your own.")
@with_output
def browse(out: Printer, only_print: bool, style: bool) -> int:
    """Open Neo4j Browser on this graph, as a user who can only read."""
    if style:
        from logos_graph.drawing import browser_style, grass

        out.document({"style": browser_style()})
        out.block(grass())
        return 0
    with opened() as system:
        browser = _browser(system.connection)
        if browser is None:
            raise EnvironmentFault(
                "E_NO_BROWSER",
                f"the server at {system.connection.uri} is somebody else's: its Browser is unknown",
                hint="open its Browser yourself, as a user who can only read; drag what"
                " `logos browse --style` prints into it, as a file that ends in .grass",
            )
        out.document(browser)
        names = {"url": "address", "username": "user", "password": "password"}
        out.fields((shown, browser[name]) for name, shown in names.items())
        if not (only_print or out.as_json):
            webbrowser.open(str(browser["url"]))
    return 0


def _managed(settings: Settings) -> DatabaseStatus:
    from logos_graph.database import ManagedDatabase

    return ManagedDatabase(settings.home, settings.cache).status()


def _show_stopped(out: Printer, settings: Settings, found: DatabaseStatus) -> int:
    out.document(
        {
            "database": {"running": False, "state": found.state.value, "managed": True},
            "home": str(settings.home),
        }
    )
    out.fields([("database", found.state.value), ("home", settings.home), ("start", "logos up")])
    return EnvironmentFault.exit_status


def _running(settings: Settings, system: System) -> dict[str, object]:
    connection, head = system.connection, system.reader.head()
    return {
        "database": {
            "running": True,
            "managed": connection.managed,
            "uri": connection.uri,
            "name": connection.database,
        },
        "guard": system.guard.to_json(),
        "browser": _browser(connection),
        "home": str(settings.home),
        "ledger": None
        if head is None
        else {"id": head.ledger, "index": head.index, "hash": head.hash},
        "counts": _counts(system),
        **_past(settings),
    }


def _running_fields(settings: Settings, system: System) -> list[tuple[str, object]]:
    connection, head = system.connection, system.reader.head()
    rows: list[tuple[str, object]] = [
        ("database", "running"),
        ("address", connection.uri),
        ("guard", system.guard.told),
        ("browser", connection.browser_url),
        ("home", settings.home),
    ]
    if settings.external is None:
        used = _managed(settings).resident_bytes
        rows.append(("memory", None if used is None else size(used)))
    if head is None:
        rows.append(("ledger", "none yet: logos up"))
    else:
        rows += [("ledger", head.ledger), ("head", f"{head.index}  {short(head.hash)}")]
    rows += [("past", each["state"]) for each in _past(settings).values()]
    return [*rows, *_counts(system).items()]


def _past(settings: Settings) -> dict[str, dict[str, str | None]]:
    """The database of `logos at`, where there is one."""
    from logos_graph.cli.past import is_there, past_settings

    if not is_there(settings):
        return {}
    found = _managed(past_settings(settings))
    return {"past": {"state": found.state.value, "uri": found.uri}}


def _browser(connection: Connection) -> dict[str, str | None] | None:
    if connection.browser_url is None:
        return None
    return {
        "url": connection.browser_url,
        "username": connection.explorer_username,
        "password": connection.explorer_password,
    }


def _counts(system: System) -> dict[str, int]:
    return {name: int(count) for name, count in system.reader.rows("read/counts")[0].items()}
