"""Live pages: facts pass from PostgreSQL's NOTIFY to browsers as server-sent events.

Owns the stream `/live` and the one listening connection of each web process. What a message means to
a page is the page's business.
"""
