"""`python -m bihuan.config`: the command line."""

from bihuan.config.cli import main

main()
