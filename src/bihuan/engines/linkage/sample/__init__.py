"""Made-up customers whose truth is known, so that anyone can measure how well records are brought together.

Everything here is invented: names from common characters, numbers from public number formats with correct check characters,
addresses in real districts on invented roads.
"""

from bihuan.engines.linkage.sample.writing import CUSTOMERS, TRUTH, Chunk, chunk

__all__ = ["CUSTOMERS", "TRUTH", "Chunk", "chunk"]
