"""`python -m cutroom.app`, the same as the `cutroom` command."""

from cutroom.app.cli import main

main()
