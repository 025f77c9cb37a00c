"""The packs stand ready once for all tests here, as for the portal's verbs."""

from tests.domain.cases.portal.conftest import _packs, packs

__all__ = ["_packs", "packs"]
