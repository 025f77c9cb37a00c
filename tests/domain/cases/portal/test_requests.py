"""What the public sends becomes a case: once, whole, and within limits."""

from datetime import timedelta

import pytest

from bihuan.domain.attachments import queries as files
from bihuan.domain.cases.actions import portal
from bihuan.domain.cases.models import Attempt, Case
from bihuan.domain.customers.models import Customer
from bihuan.domain.interactions.models import Interaction
from bihuan.domain.ledger.events import SYSTEM
from bihuan.domain.ledger.queries import facts_of
from bihuan.domain.org import actions as org
from bihuan.domain.org.queries import staff_by_login
from bihuan.domain.processes.models import Token
from bihuan.kit.problems import Invalid
from tests.domain.cases.portal import given

HOTLINE = {
    "pack": "hotline",
    "class_code": "fault.low.single",
    "text": "家里突然没电，邻居正常。",
    "key": "w1",
}
pytestmark = pytest.mark.django_db
TEXT_FILE = portal.pressing.GivenFile("漏水情况.txt", [b"It drips every ten seconds."])


def test_a_request_becomes_a_case_with_the_first_form_filled_in():
    made = given.sent()

    case = given.case(made)
    assert (case.channel, case.title, case.pack) == ("WEB", "卫生间顶面漏水", "complaint")
    assert "地点：东区 3 栋 1202" in case.description
    draft = given.open_unit(made.case_id).draft
    assert draft["contact_phone"] == given.PHONE
    assert draft["request_summary"].startswith("卫生间顶面漏水")
    opened = facts_of(f"case:{made.case_id}").rows
    assert {fact.on_behalf_of for fact in opened} >= {f"customer:{made.customer_id}"}


def test_sending_twice_makes_one_case_and_gives_the_same_receipt():
    first, again = given.sent(), given.sent(at=1)

    assert (again.number, again.receipt, again.is_new) == (first.number, first.receipt, False)
    assert Case.objects.count() == 1
    assert Customer.objects.count() == 1


def test_files_handed_in_before_belong_to_the_case_afterwards():
    given_file = portal.pressing.hand_in_before
    given_file("portal:k1", TEXT_FILE, address="10.0.0.1", at=given.NINE)

    made = given.sent()

    [file] = files.attachments_of(f"case:{made.case_id}")
    assert (file.name, file.added_by) == ("漏水情况.txt", f"customer:{made.customer_id}")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"text": "漏水"}, "text"),
        ({"phone": "12"}, "phone"),
        ({"class_code": "complaint.quality"}, "class_code"),
        ({"pack": "complaint", "staff_id": 1}, "staff_id"),
    ],
)
def test_what_is_missing_or_not_offered_is_named_and_nothing_is_kept(said, field):
    with pytest.raises(Invalid) as refused:
        given.sent(**said)

    assert set(refused.value.fields) == {field}
    assert (Case.objects.count(), Customer.objects.count(), Attempt.objects.count()) == (0, 0, 0)


def test_one_phone_sends_five_a_day_however_it_is_written():
    for count in range(5):
        given.sent(at=count, key=f"k{count}", phone=("137 0000 2046", "+8613700002046")[count % 2])

    with pytest.raises(portal.TooOften):
        given.sent(at=6, key="k6")

    assert Case.objects.count() == 5
    given.sent(at=24 * 60 + 1, key="k7")


def test_no_number_and_no_address_is_kept_with_what_is_counted():
    given.sent()

    kept = " ".join(Attempt.objects.values_list("who", flat=True))
    assert given.PHONE not in kept
    assert "10.0.0.1" not in kept


def test_two_at_the_same_moment_with_one_phone_are_one_customer():
    one = given.sent(key="a")
    other = given.sent(key="b")

    assert one.customer_id == other.customer_id
    assert one.number != other.number


def test_what_a_pack_hides_from_the_public_cannot_be_chosen():

    with pytest.raises(Invalid) as refused:
        given.sent(pack="hotline", class_code="fault.high.user")

    assert set(refused.value.fields) == {"class_code"}


def test_a_request_is_a_contact_as_on_every_channel():
    made = given.sent()

    contact = Interaction.objects.get()
    assert (contact.root, contact.channel, contact.direction) == (
        f"case:{made.case_id}",
        "WEB",
        "IN",
    )
    assert given.PHONE not in contact.party_address


def wished(login: str, at: float = 0) -> Token:
    """Ask for a person by name, work the case up to its handling, and return that unit."""
    staff_id = staff_by_login(login).pk
    made = given.sent(at=at, staff_id=staff_id, **{**HOTLINE, "key": login})
    assert "客户希望由" in given.case(made).description
    for who, values in (
        ("linxiao", {"contact_name": "阮文清", "request_summary": "家里突然没电，邻居正常",
                     "contact_phone": given.PHONE}),
        ("shenzhiyuan", {"class_code": "fault.low.single", "importance": "2", "urgency": "2",
                         "scope": "1", "complexity": "simple"}),
        ("gumingyu", {"org_unit": "qingxi-dongmen", "needs_visit": False,
                      "instruction": "尽快联系客户"}),
    ):  # fmt: skip
        given.submit(made.case_id, who, values, at + 1)
    return given.open_unit(made.case_id)


def test_who_was_asked_for_gets_the_unit_when_they_work_there():
    unit = wished("zhouli")

    assert (unit.node, unit.assignee_id) == ("handle", staff_by_login("zhouli").pk)


def test_who_works_elsewhere_or_is_away_does_not_and_the_post_keeps_it():
    assert wished("weidong").assignee_id is None

    absence = org.Absence(staff_by_login("zhouli").pk, given.minutes(50), given.minutes(5000))
    org.record_leave(absence=absence, by=SYSTEM, at=given.NINE)
    with pytest.raises(Invalid) as refused:
        wished("zhouli", at=200)
    assert set(refused.value.fields) == {"staff_id"}


def test_whoever_falls_ill_after_being_asked_for_does_not_hold_the_case_up():
    absence = org.Absence(
        staff_by_login("zhouli").pk, given.NINE + timedelta(seconds=30), given.minutes(5000)
    )
    org.record_leave(absence=absence, by=SYSTEM, at=given.NINE)

    unit = wished("zhouli")

    assert (unit.node, unit.assignee_id) == ("handle", None)
