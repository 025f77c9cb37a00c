"""The entry of our web server: pages and API on a thread pool, live streams on the event loop.

One port serves both. Django's synchronous views cost twice as much under its own ASGI handler as
through this bridge, and a stream must not hold a thread.
"""

import os
from concurrent.futures import ThreadPoolExecutor

from bihuan.config.wsgi import application as wsgi_application  # isort: skip - sets Django up

from django.conf import settings
from django.urls import get_resolver

from bihuan.config.asgi_types import Receive, Scope, Send
from bihuan.config.live.endpoint import LiveEndpoint
from bihuan.config.wsgi_bridge import WsgiBridge
from bihuan.engines.linkage.standard.text import sound
from bihuan.kit.children import end_when_orphaned
from bihuan.kit.collector import settle_down

# Set by `bihuan web`, whose process becomes the web server's first.
WEB_SERVER_PID = "WEB_SERVER_PID"
THREADS = int(os.environ.get("BIHUAN_WEB_THREADS", "4"))

_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="web")
_pages = WsgiBridge(wsgi_application, _threads, max_body=settings.MAX_UPLOAD)
_live = LiveEndpoint()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one connection."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "http" and scope["path"] == "/live":
        await _live(scope, receive, send)
    elif scope["type"] == "http":
        await _pages(scope, receive, send)
    else:  # we offer no WebSockets
        await send({"type": "websocket.close"})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            # A web process that lost its parent would keep the port, unseen by anybody.
            parent = os.environ.get(WEB_SERVER_PID)
            if parent:
                end_when_orphaned(int(parent))
            _load()
        else:
            await _live.close()
            _threads.shutdown(wait=False, cancel_futures=True)
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def _load() -> None:
    """Load what requests need, and let the collector of cycles pass over all that stays."""
    _ = get_resolver().url_patterns, sound("闭环")  # pinyin's words come with the first of them
    settle_down()
