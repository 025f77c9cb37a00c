"""`bihuan demo`: from an empty home to an address and logins."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import yaml
from django.conf import settings

from bihuan.config import console, database, demo_data, serving
from bihuan.config.cli import bihuan, migrate
from bihuan.kit import clock

PACKS = ("hotline", "itsm", "complaint")


@click.command()
@console.web_address
@console.offline  # a port that is taken is said before anything is started
def command(host: str, port: int) -> None:
    """Prepare the database, install the demo packs with their data, and start the service."""
    address = serving.Address(host, port)
    state = serving.state()
    if state["running"] and state.get("build") != serving.build():
        click.echo("程序已更新，先停下旧的服务…")
        serving.stop()
        state = serving.state()
    if not state["running"]:
        serving.check_port(address)
    click.echo("准备数据库…")
    database.ensure()
    migrate.bring_up_to_date()
    click.echo("安装行业包…")
    _bihuan("pack", "install", *(str(folder) for folder in _pack_folders()))
    for said in demo_data.load_all(at=clock.now()):
        click.echo(said)
    url = state.get("url")
    if not url:
        click.echo("启动服务…")
        # No text message leaves a demonstration: the portal's codes are read on a page (decision 0201).
        os.environ["BIHUAN_DEMO_PHONE"] = "1"
        serving.serve_in_background(address)
        url = address.url
    click.echo(_goodbye(str(url)))


def _bihuan(*arguments: str) -> None:
    bihuan.main(args=list(arguments), prog_name="bihuan", standalone_mode=False)


def _pack_folders() -> list[Path]:
    return [settings.ROOT / "packs" / pack for pack in PACKS]


def _goodbye(url: str) -> str:
    rows = [f"  {login:<12} {name}（{posts}）" for login, name, posts in _logins()]
    return "\n".join(
        [
            "",
            f"演示已就绪：{url}",
            f"公众门户：{url}portal/　验证码在演示手机上看：{url}portal/demo-phone/",
            "登录（密码都是 bihuan-demo）：",
            *rows,
            "查看状态：bin/bihuan status    停止：bin/bihuan stop",
        ]
    )


def _logins() -> Iterator[tuple[str, str, str]]:
    """Yield one login for each post that the packs' demo staff hold."""
    for folder in _pack_folders():
        files = [_read(path) for path in sorted((folder / "org").glob("*.yaml"))]
        names = {post["code"]: post["name"] for file in files for post in file.get("posts", [])}
        shown: set[str] = set()
        for person in (person for file in files for person in file.get("staff", [])):
            posts = {held["post"] for held in person.get("holds", [])}
            if posts - shown:
                shown |= posts
                held_names = "、".join(names.get(post, post) for post in sorted(posts))
                yield person["login"], person["name"], held_names


def _read(path: Path) -> dict[str, Any]:
    found = yaml.safe_load(path.read_text("utf-8"))
    return found if isinstance(found, dict) else {}
