"""`bihuan staff`: the people who sign in, for administrators at the console."""

import secrets
from dataclasses import asdict
from typing import Any

import click

from bihuan.config import console
from bihuan.domain.ledger.events import Actor
from bihuan.domain.org import actions, queries
from bihuan.domain.org.actions import NewStaff, NewToken, Period
from bihuan.kit import clock
from bihuan.kit.problems import Invalid

_BY = Actor("system:cli")
_PASSWORD_WORDS = "abcdefghjkmnpqrstuvwxyz23456789"


class HoldingUnreadable(Invalid):
    """A post and a unit are written with an @ between them."""

    message = "任职请写成 岗位代码@机构代码，例如 intake@csc。"


@click.group()
def command() -> None:
    """Staff: add, list, reset passwords, unlock, issue tokens."""


@command.command()
@click.argument("login")
@click.argument("name")
@click.option("--holds", multiple=True, metavar="POST@UNIT", help="A post to hold from now on.")
@click.option("--staff-no", default="", help="The staff number.")
@console.as_json
def add(login: str, name: str, holds: tuple[str, ...], staff_no: str, *, as_json: bool) -> None:
    """Take somebody on; prints a first password, which must be changed at the first sign-in."""
    at, password = clock.now(), _first_password()
    wanted = [_holding(text) for text in holds]
    new = NewStaff(login_name=login, name=name, staff_no=staff_no, first_password=password)
    staff = actions.take_on(new=new, holds=wanted, period=Period(at), by=_BY, at=at)
    keys = {"id": staff.pk, "login": staff.login_name, "first_password": password}
    console.report(keys, f"{name}（{staff.login_name}）的初始密码：{password}", as_json=as_json)


@command.command(name="list")
@console.as_json
def list_staff(*, as_json: bool) -> None:
    """List everybody with the posts they hold now."""
    at, after = clock.now(), ""
    found: list[dict[str, Any]] = []
    units = queries.tree().units
    while True:
        page = queries.staff_list(after=after, size=200)
        for person in page.rows:
            posts = queries.holdings_of(person.pk, at)
            found.append(
                {
                    "login": person.login_name,
                    "name": person.name,
                    "holds": [f"{post}@{units[unit].code}" for post, unit in posts],
                    "locked": person.locked_until is not None and at < person.locked_until,
                    "left": person.left_at is not None,
                }
            )
        after = page.next_cursor
        if not after:
            break
    lines = [
        f"{row['login']:<16} {row['name']}  {'、'.join(row['holds'])}"
        f"{'  已锁定' if row['locked'] else ''}{'  已离职' if row['left'] else ''}"
        for row in found
    ]
    console.report({"staff": found}, "\n".join(lines) or "还没有人员。", as_json=as_json)


@command.command()
@click.argument("login")
@console.as_json
def reset_password(login: str, *, as_json: bool) -> None:
    """Give a new first password; signs out every browser of that person and unlocks the account."""
    staff, password = queries.staff_by_login(login), _first_password()
    actions.set_password(staff_id=staff.pk, password=password, by=_BY, at=clock.now())
    keys = {"login": staff.login_name, "first_password": password}
    console.report(keys, f"{staff.name}的新初始密码：{password}", as_json=as_json)


@command.command()
@click.argument("login")
def unlock(login: str) -> None:
    """Let somebody who was locked out try again at once."""
    staff = queries.staff_by_login(login)
    actions.unlock(staff_id=staff.pk, by=_BY, at=clock.now())
    click.echo(f"{staff.name}可以重新登录了。")


@command.command()
@click.argument("login")
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, required=True, help="A verb, e.g. case.open.")
@console.as_json
def token(login: str, name: str, scopes: tuple[str, ...], *, as_json: bool) -> None:
    """Issue a token for a program; the key is shown once."""
    staff = queries.staff_by_login(login)
    issued, key = actions.issue_token(new=NewToken(staff.pk, name, scopes), by=_BY, at=clock.now())
    keys = {"id": issued.pk, "token": key, "scopes": issued.scopes}
    console.report(keys, f"令牌只显示这一次：{key}", as_json=as_json)


@command.command()
@click.argument("login")
@console.as_json
def tokens(login: str, *, as_json: bool) -> None:
    """List somebody's living tokens, without their keys."""
    found = queries.tokens_of(queries.staff_by_login(login).pk)
    lines = [f"{row.id:>6} {row.name}  {row.hint}…  {'、'.join(row.scopes)}" for row in found]
    keys = {"tokens": [asdict(row) for row in found]}
    console.report(keys, "\n".join(lines) or "没有令牌。", as_json=as_json)


@command.command()
@click.argument("token_id", type=int)
def revoke_token(token_id: int) -> None:
    """Make a token useless from now on."""
    actions.revoke_token(token_id=token_id, by=_BY, at=clock.now())
    click.echo("令牌已撤销。")


def _holding(text: str) -> tuple[str, int]:
    post, _, unit = text.partition("@")
    if not post or not unit:
        raise HoldingUnreadable
    return post, queries.unit_by_code(unit).id


def _first_password() -> str:
    groups = ("".join(secrets.choice(_PASSWORD_WORDS) for _ in range(4)) for _ in range(3))
    return "-".join(groups)
