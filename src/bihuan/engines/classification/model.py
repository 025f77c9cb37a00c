"""A trained model: what it suggests, and how it is kept in a file without running code from it."""

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import softmax
from sklearn.feature_extraction.text import TfidfVectorizer

VERSION = 1
GRAMS = (1, 2)
LONGEST_TEXT = 20_000

Document = Sequence[str]
"""The fields of one text, in the order the model was trained with."""


class NotAModel(ValueError):
    """The bytes are no model of this version."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A label and how sure the model is of it, from 0 to 1; all labels' confidences sum to 1."""

    label: str
    confidence: float


def reader(vocabulary: dict[str, int] | None = None, *, rarest: int = 1) -> TfidfVectorizer:
    """Return what turns one field into weighted characters and pairs of characters."""
    return TfidfVectorizer(
        analyzer="char",
        ngram_range=GRAMS,
        sublinear_tf=True,
        min_df=rarest,
        vocabulary=vocabulary,
        lowercase=True,
    )


def plain(text: str) -> str:
    """Return a text without blanks, cut at `LONGEST_TEXT` characters."""
    return "".join(text[:LONGEST_TEXT].split())


class Model:
    """Readers of the fields and one line of weights per label."""

    def __init__(
        self,
        labels: Sequence[str],
        readers: Sequence[TfidfVectorizer],
        weights: tuple[NDArray[np.float64], NDArray[np.float64]],
        sharpness: float,
    ) -> None:
        self.labels = tuple(labels)
        self.readers = tuple(readers)
        self.weights, self.offsets = weights
        self.sharpness = sharpness

    @property
    def fields(self) -> int:
        """How many fields a text has."""
        return len(self.readers)

    def suggest(self, document: Document, size: int = 3) -> list[Suggestion]:
        """Return the likeliest labels first; ValueError when the number of fields is another."""
        if len(document) != self.fields:
            raise ValueError(f"{len(document)} fields given, {self.fields} wanted")
        sure = softmax(self.scores([document])[0] * self.sharpness)
        best = np.argsort(-sure, kind="stable")[:size]
        return [Suggestion(self.labels[nth], float(sure[nth])) for nth in best]

    def scores(self, documents: Sequence[Document]) -> NDArray[np.float64]:
        """Return the distance of each text from each label's border: texts by labels."""
        rows = sparse.hstack(
            [
                reading.transform([plain(one[nth]) for one in documents])
                for nth, reading in enumerate(self.readers)
            ],
            format="csr",
        )
        scores: NDArray[np.float64] = rows @ self.weights.T + self.offsets
        return scores

    def to_bytes(self) -> bytes:
        """Return the model as a zip of arrays and one JSON; it holds n-grams of the texts, no text."""
        arrays: dict[str, Any] = {"weights": self.weights, "offsets": self.offsets}
        arrays |= {f"idf_{nth}": one.idf_ for nth, one in enumerate(self.readers)}
        about = {
            "version": VERSION,
            "labels": self.labels,
            "sharpness": self.sharpness,
            "grams": [_grams(one) for one in self.readers],
        }
        file = io.BytesIO()
        np.savez_compressed(file, about=np.array(json.dumps(about, ensure_ascii=False)), **arrays)
        return file.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> "Model":
        """Return the model kept by `to_bytes`, or raise NotAModel."""
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as kept:
                about = json.loads(str(kept["about"]))
                if about["version"] != VERSION:
                    raise NotAModel(f"version {about['version']}")
                readers = [
                    _restored(grams, kept[f"idf_{nth}"]) for nth, grams in enumerate(about["grams"])
                ]
                weights = (kept["weights"], kept["offsets"])
        except (KeyError, TypeError, ValueError, OSError, EOFError, zipfile.BadZipFile) as wrong:
            raise NotAModel(str(wrong)) from wrong
        return cls(about["labels"], readers, weights, float(about["sharpness"]))


def _grams(reading: TfidfVectorizer) -> list[str]:
    return sorted(reading.vocabulary_, key=reading.vocabulary_.__getitem__)


def _restored(grams: list[str], idf: NDArray[np.float64]) -> TfidfVectorizer:
    reading = reader({gram: nth for nth, gram in enumerate(grams)})
    reading.idf_ = idf
    return reading
