"""`bihuan cases`: what many of them are about."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click
from django.conf import settings

from bihuan.config import console
from bihuan.domain.cases import queries
from bihuan.domain.cases.actions import topics
from bihuan.domain.packs import queries as packs
from bihuan.kit import clock

SHOWN = 20


@click.group()
def command() -> None:
    """Look at many cases at once."""


@command.command("hot-topics")
@click.option("--pack", default="", help="The industry pack; default: every one with cases.")
@click.option("--since", default="", help="First day, 2019-01-01; default: thirty days ago.")
@click.option("--until", default="", help="Last day, included; default: today.")
@click.option("--size", default=SHOWN, show_default=True, help="How many topics to print.")
@console.as_json
def hot_topics(*, pack: str, since: str, until: str, size: int, as_json: bool) -> None:
    """Work out the matters that many people's cases are about, keep them, and list them with their cases."""
    now = clock.now()
    begins = _day(since) if since else now - timedelta(days=30)
    ends = _day(until) + timedelta(days=1) if until else now
    wanted = [packs.installed_pack(pack).key] if pack else queries.packs_offered()
    rolling = not since and not until
    count = 0
    for key in wanted:
        stretch = topics.Stretch(key, begins, ends, is_rolling=rolling)
        count += topics.find_topics(stretch, at=now)
    found = queries.topics_whole(wanted, is_rolling=rolling, size=size)
    if not as_json:
        for topic in found:
            click.echo(f"{topic['title']}：{len(topic['cases'])} 件，{topic['people']} 人")
            click.echo(f"    {'、'.join(topic['cases'][:8])}")
    console.report(
        {"topics": count, "shown": found} if as_json else {"topics": count}, as_json=as_json
    )


def _day(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=ZoneInfo(settings.TIME_ZONE))
