"""Keys for programs: shown once, cut to their scopes, revocable."""

import pytest

from bihuan.domain.ledger import queries as ledger
from bihuan.domain.org import actions
from bihuan.domain.org.models import ApiToken
from bihuan.kit.problems import NotAllowed
from tests.domain.org import given
from tests.domain.org.given import DAY, NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def kim():
    ids = given.organisation()
    return given.person("kim", ("agent", ids["east"]))


def issue(staff_id: int, *scopes: str, name: str = "CRM", until=None) -> str:
    new = actions.NewToken(staff_id, name, scopes, until)
    return actions.issue_token(new=new, by=given.actor(staff_id), at=NOON)[1]


def refused(key: str, at=NOON) -> bool:
    try:
        actions.admit_token(key=key, at=at)
    except actions.TokenRefused:
        return True
    return False


def test_a_token_may_what_its_scopes_and_its_owner_may(kim):
    key = issue(kim, "case.open")

    access = actions.admit_token(key=key, at=NOON)

    assert (access.staff_id, set(access.grants)) == (kim, {"case.open"})
    assert ApiToken.objects.get().last_used_at == NOON


def test_only_the_hash_is_kept(kim):
    key = issue(kim, "case.open")

    row = ApiToken.objects.get()
    assert key.startswith(row.hint)
    assert key not in str(ApiToken.objects.values().get())
    assert "case.open" in str(ledger.facts_of(f"staff:{kim}", names=["token."]).rows[0].data)
    assert key not in str([f.data for f in ledger.facts_of(f"staff:{kim}").rows])


def test_a_token_never_allows_more_than_its_owner(kim):
    for scopes in (("customer.see_phone",), ()):
        with pytest.raises(actions.TokenAllowsNothing):
            issue(kim, *scopes)
    with pytest.raises(actions.VerbUnknown):
        issue(kim, "case.explode")

    assert ApiToken.objects.count() == 0


def test_revoked_expired_and_made_up_tokens_are_refused_alike(kim):
    key = issue(kim, "case.open")
    brief = issue(kim, "case.open", name="brief", until=NOON + DAY)
    assert not refused(key)

    actions.revoke_token(token_id=ApiToken.objects.get(name="CRM").pk, by=given.actor(kim), at=NOON)

    assert refused(key)
    assert not refused(brief)
    assert refused(brief, NOON + DAY)
    assert refused("bh_made_up")


def test_names_are_free_again_after_revoking(kim):
    issue(kim, "case.open")
    with pytest.raises(actions.TokenNameTaken):
        issue(kim, "case.view")

    actions.revoke_token(token_id=ApiToken.objects.get().pk, by=given.actor(kim), at=NOON)
    issue(kim, "case.view")

    assert ApiToken.objects.count() == 2


def test_nobody_deals_in_the_keys_of_others(kim):
    max_ = given.person("max")
    issue(kim, "case.open")

    with pytest.raises(NotAllowed):
        actions.issue_token(
            new=actions.NewToken(kim, "x", ["case.open"]), by=given.actor(max_), at=NOON
        )
    with pytest.raises(NotAllowed):
        actions.revoke_token(token_id=ApiToken.objects.get().pk, by=given.actor(max_), at=NOON)

    assert ApiToken.objects.filter(revoked_at=None).count() == 1
