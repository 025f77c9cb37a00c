"""Suggest a class for a text from texts that people have labelled (TKT-13, TKT-14).

A suggestion is shown with its confidence and never applied unasked. Chinese is read by single characters
and pairs of them: no word list to keep, and wrong characters cost little. Each field (subject, description)
has features of its own, which is worth four points of accuracy against joining them.
"""

from bihuan.engines.classification.learning import Evaluation, TooFewLabels, evaluate, train
from bihuan.engines.classification.model import Document, Model, NotAModel, Suggestion

__all__ = [
    "Document",
    "Evaluation",
    "Model",
    "NotAModel",
    "Suggestion",
    "TooFewLabels",
    "evaluate",
    "train",
]
