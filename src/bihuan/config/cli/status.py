"""`bihuan status`: what runs in this home."""

import click

from bihuan import __version__
from bihuan.config import console, serving
from bihuan.config.cli import db


@click.command()
@console.as_json
@console.offline
def command(*, as_json: bool) -> None:
    """Say what runs, starting nothing."""
    state = serving.state()
    state |= {"version": __version__, "database": db.state()}
    state["healthy"] = bool(state["running"] and serving.is_healthy(str(state.get("url", ""))))
    console.report(state, _in_words(state), as_json=as_json)


def _in_words(state: dict[str, object]) -> str:
    database = state["database"]
    up = isinstance(database, dict) and database["running"]
    lines = [f"数据库：{'在运行' if up else '没有运行'}"]
    if not state["running"]:
        return "\n".join(["服务：没有运行", *lines])
    lines.insert(0, f"服务：{'正常' if state['healthy'] else '没有应答'} {state.get('url', '')}")
    programs = state.get("programs")
    if isinstance(programs, dict):
        lines += [
            f"  {name}：进程 {how['pid']}，重启 {how['restarts']} 次"
            for name, how in programs.items()
        ]
    return "\n".join(lines)
