"""What files are for, and which kinds of them are pictures."""

from collections.abc import Mapping
from typing import Final

USES: Final[Mapping[str, str]] = {"photo": "照片", "signature": "签名", "file": "文件"}
# A page may show these; everything else is only ever downloaded.
IMAGES: Final = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
