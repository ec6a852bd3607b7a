"""The command line: thin over the functions that Python users call.

Nothing heavy is imported until a command needs it, so that ``--help`` is quick.
"""

from gigaplan.cli.entry import main

__all__ = ["main"]
