"""Tables of portfolios."""

from bihuan.domain.portfolios.models.correction import Correction
from bihuan.domain.portfolios.models.handover import Handover, HandoverLine
from bihuan.domain.portfolios.models.opening import BrokenGlass, FileRequest

__all__ = ["BrokenGlass", "Correction", "FileRequest", "Handover", "HandoverLine"]
