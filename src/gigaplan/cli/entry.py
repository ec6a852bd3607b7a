"""The command line's entry: what ends the process, and how."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import traceback

from gigaplan.cli import engines, files, studies
from gigaplan.cli.options import app
from gigaplan.core.errors import ExitCode, GigaplanError, StoppedError

COMMANDS = (engines, studies, files)
"""The modules whose commands the app has."""


def _stop(number: int, frame: object) -> None:
    """End at the user's word; not as KeyboardInterrupt, to which the parser has its own answer."""
    raise StoppedError(
        "Stopped. No run was written; a finished plan is kept: the same command goes on from it."
    )


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; end the process with a documented exit code."""
    # one thread of linear algebra: sums keep their order, so results keep their bits
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        app(arguments, standalone_mode=True)
    except GigaplanError as error:
        problems = getattr(error, "problems", None)
        sys.stderr.write("".join(f"{p}\n" for p in problems or [error]))
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(ExitCode.DONE)
    except Exception as error:
        with tempfile.NamedTemporaryFile(
            "w", prefix="gigaplan-", suffix=".log", delete=False, encoding="utf-8"
        ) as log:
            traceback.print_exc(file=log)
        sys.stderr.write(
            f"gigaplan failed inside ({type(error).__name__}); this is a fault of gigaplan, not "
            f"of your input. Details for its developers: {log.name}\n"
        )
        sys.exit(ExitCode.INTERNAL_ERROR)
