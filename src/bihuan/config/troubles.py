"""What stopped a command, as one sentence: a refusal, a database not prepared or away, a file that cannot be used."""

import os

import psycopg
from psycopg import errors

from bihuan.integrations.postgres_embedded import Unusable
from bihuan.kit.problems import Refused

NOT_PREPARED = "数据库还没有建好，或与这个版本不一致：请先执行 bihuan migrate。"
AWAY = "数据库的连接断了：请用 bihuan db status 看它是否在运行，再试一次。数据库说："
_NOT_PREPARED = (errors.UndefinedTable, errors.UndefinedColumn, errors.UndefinedFunction)


def sentence(wrong: BaseException) -> str:
    """Return what to tell whoever typed the command; nothing for a mistake of the program."""
    if isinstance(wrong, Refused):
        details = "".join(f"\n  {name}: {said}" for name, said in wrong.fields.items())
        return wrong.message + details
    if isinstance(wrong, Unusable):
        return str(wrong)
    if isinstance(wrong, OSError):
        return _of_file(wrong)
    return _of_database(wrong)


def _of_database(wrong: BaseException) -> str:
    causes = (wrong, wrong.__cause__)
    if any(isinstance(one, _NOT_PREPARED) for one in causes):
        return NOT_PREPARED
    for one in causes:
        if isinstance(one, psycopg.OperationalError):
            return f"{AWAY}\n  {one}".rstrip()
    return ""


def _of_file(wrong: OSError) -> str:
    if wrong.filename is None or wrong.errno is None:
        return ""
    return f"不能使用 {os.fspath(wrong.filename)}（{os.strerror(wrong.errno)}）。"
