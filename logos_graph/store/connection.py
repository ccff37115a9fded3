"""What goes wrong between here and the server, as this product's errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from logos_graph.errors import EnvironmentFault

if TYPE_CHECKING:
    from neo4j import Driver
else:
    Driver = object

__all__ = ["Driver", "database_errors"]


@contextmanager
def database_errors(uri: str = "") -> Iterator[None]:
    """Turns the driver's complaints about reaching the server into EnvironmentFault."""
    from neo4j import exceptions

    try:
        yield
    except exceptions.AuthError:
        raise EnvironmentFault(
            "E_PASSWORD",
            f"the database at {uri or 'the recorded address'} refuses this user or password",
            hint="check NEO4J_USERNAME and NEO4J_PASSWORD, or unset NEO4J_URI",
        ) from None
    except (
        exceptions.ServiceUnavailable,
        exceptions.SessionExpired,
        exceptions.ReadServiceUnavailable,
        OSError,
    ) as error:
        raise EnvironmentFault(
            "E_DATABASE_UNREACHABLE",
            f"the database does not answer{f' at {uri}' if uri else ''}: {error}",
            hint="`logos up` starts the managed one; `logos doctor` says what is missing",
        ) from None
    except exceptions.ClientError as error:
        if error.code == "Neo.ClientError.Database.DatabaseNotFound":
            raise EnvironmentFault(
                "E_DATABASE_NAME", error.message or "no such database", hint="check NEO4J_DATABASE"
            ) from None
        raise
    except (exceptions.TransientError, exceptions.DatabaseError) as error:
        raise EnvironmentFault(
            "E_DATABASE",
            f"the database failed: {error.message}",
            hint="`logos doctor`; the server's log says more",
        ) from None
