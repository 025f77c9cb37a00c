"""`bihuan migrate`: bring the database's tables up to this version."""

import click
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

# One at a time: serve, demo and a person may all ask.
_LOCK = "select pg_advisory_lock(hashtext('bihuan migrate'))"
_UNLOCK = "select pg_advisory_unlock(hashtext('bihuan migrate'))"


@click.command()
def command() -> None:
    """Bring the database's tables up to this version."""
    changed = bring_up_to_date()
    click.echo("数据库结构已更新。" if changed else "数据库结构已是最新。")


def bring_up_to_date() -> bool:
    """Apply the migrations that are missing; tell whether there were any."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)
        try:
            executor = MigrationExecutor(connection)
            missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
            if missing:
                call_command("migrate", interactive=False, verbosity=0)
        finally:
            cursor.execute(_UNLOCK)
    return bool(missing)
