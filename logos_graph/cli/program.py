"""Runs a program and turns whatever ends it into an exit status and a message, in one place.

| status | meaning |
|---|---|
| 0 | done |
| 1 | refused or not verified: a DENY, a failed check, a divergent replay |
| 2 | wrong use |
| 3 | the environment: no database, no toolchain, a wrong password |
| 4 | waiting: consent is required |
| 70 | a bug in this product (EX_SOFTWARE of sysexits.h); LOGOS_DEBUG=1 shows the traceback |
| 130 | interrupted from the keyboard |
| 141 | whoever read the output went away |
"""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Sequence

import click

from logos_graph.cli.output import ReaderGoneError, show_error
from logos_graph.errors import InvalidInput, LogosError

__all__ = ["BUG", "INTERRUPTED", "run_program"]

BUG = 70
INTERRUPTED = 130
_READER_GONE = 141


def run_program(program: click.Command, name: str, arguments: Sequence[str] | None = None) -> int:
    """Runs a command line; returns the exit status, and raises nothing but SystemExit."""
    args = list(sys.argv[1:] if arguments is None else arguments)
    as_json = _wants_json(args)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # no locale is a reason to fail
    try:
        status = program.main(args=args, prog_name=name, standalone_mode=False)
        sys.stdout.flush()
    except LogosError as error:
        show_error(error, as_json)
        return error.exit_status
    except click.exceptions.NoArgsIsHelpError as error:
        if not as_json:
            click.echo(error.format_message(), err=True)
            return error.exit_code
        return _wrong_use(error, as_json)
    except click.ClickException as error:
        return _wrong_use(error, as_json)
    except (click.Abort, KeyboardInterrupt):
        show_error(LogosError("E_INTERRUPTED", "interrupted"), as_json)
        return INTERRUPTED
    except (ReaderGoneError, BrokenPipeError):
        # Python flushes once more when it ends; let that go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _READER_GONE
    except Exception as error:  # noqa: BLE001 - the last border: a bug is reported as one
        return _bug(error, as_json)
    return status if isinstance(status, int) else 0


def _wants_json(args: Sequence[str]) -> bool:
    """Known before anything is parsed, so that wrong use is a JSON document as well."""
    options = args[: args.index("--")] if "--" in args else args
    return "--json" in options


def _wrong_use(error: click.ClickException, as_json: bool) -> int:
    context = error.ctx if isinstance(error, click.UsageError) else None
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        message = "a command is missing"
    else:
        message = " ".join(error.format_message().split())
    hint = f"{context.command_path} --help" if context is not None else ""
    show_error(InvalidInput("E_USAGE", message, hint=hint), as_json)
    return InvalidInput.exit_status


def _bug(error: Exception, as_json: bool) -> int:
    if os.environ.get("LOGOS_DEBUG"):
        traceback.print_exception(error)
        hint = "this is a bug in logos; please report it with the traceback"
    else:
        hint = "this is a bug in logos; LOGOS_DEBUG=1 shows where"
    show_error(
        LogosError("E_INTERNAL", f"{type(error).__name__}: {error}", hint=hint),
        as_json,
    )
    return BUG
