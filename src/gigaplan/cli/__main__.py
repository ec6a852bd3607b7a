"""``python -m gigaplan.cli`` is ``gigaplan``."""

from gigaplan.cli.entry import main

main()
