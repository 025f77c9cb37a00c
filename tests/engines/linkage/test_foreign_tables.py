"""Tables of other countries: streets and firms in one form, and sites and people that are hard to tell apart."""

import random

import pyarrow as pa
import pytest

from bihuan.engines.linkage import linking, quality, tables
from bihuan.engines.linkage.records import read_record
from bihuan.engines.linkage.roles import ColumnMap, Role
from bihuan.engines.linkage.standard import western
from tests.engines.linkage.test_linking import link_all, linked


@pytest.mark.parametrize(
    ("typed", "place", "door"),
    [
        ("1658 N. Milwaukee Avenue, Suite 895", "1658 n milwaukee ave", "895"),
        ("2700 Sixteenth St #803", "2700 sixteenth st", "803"),
        ("635 Sutter Street 895", "635 sutter st", "895"),
        ("156 2nd Ave. at 10th St.", "156 2nd ave", ""),
        ("156 Second Avenue", "156 2nd ave", ""),
        ("102 5th Ave. between 15th and 16th Sts.", "102 5th ave", ""),
        ("Flat 3, 12 High Street", "12 high st", "3"),
        ("at the park", "at park", ""),
    ],
)
def test_a_street_is_brought_to_one_form(typed, place, door):
    found = western.read_street(typed)

    assert (found.place, found.door) == (place, f"{place}#{door}" if door else place)


def test_a_postcode_at_the_end_of_an_address_is_one():
    found = western.read_street("867 N Hermitage Ave, Chicago, IL 60622-1234")

    assert (found.place, found.postcode) == ("867 n hermitage ave chicago il", "60622")
    assert western.postcode("60618-8021") == western.postcode("60618") == "60618"
    assert western.postcode("SW1 5GH") == "sw15gh"


@pytest.mark.parametrize("typed", ["404/659-0400", "(404) 659 0400", "+1 404.659.0400 x12"])
def test_a_number_of_another_country_is_its_last_digits(typed):
    record = read_record({Role.ORGANISATION: ["Ritz"], Role.PHONE: [typed]}, "1")

    assert record.phone == "4046590400"


def test_a_firm_goes_by_the_name_it_trades_under():
    assert western.firm("Davis Enterprises d/b/a Monk's Bar") == "monks bar"
    assert western.firm("DBA") == "dba"


@pytest.mark.parametrize(
    ("typed", "birth"), [("05/29/1981", "19810529"), ("29/05/1981", "19810529")]
)
def test_whether_the_month_comes_first_is_said_by_the_dates_of_the_table(typed, birth):
    table = pa.table({"name": ["Ann Bee", "Bo Cid"], "born": ["01/02/1990", typed]})
    found = ColumnMap({Role.FULL_NAME: ["name"], Role.DATE_OF_BIRTH: ["born"]})

    is_month_first = tables.is_month_first(table, found)
    read = tables.read_table(
        table, ColumnMap(found.columns, month_first=is_month_first), name="people"
    )

    assert is_month_first == (typed == "05/29/1981")
    assert read["birth"].to_pylist() == ["19900102" if is_month_first else "19900201", birth]


def mistyped(chance, said):
    if len(said) < 4 or chance.random() > 0.12:
        return said
    at = chance.randrange(len(said) - 1)
    return said[:at] + said[at + 1] + said[at] + said[at + 2 :]


def sites(chance, towns=12, firms=250):
    """Return rows of sites, often without a telephone: chains, several firms in a house, several records of most."""
    words = ["Amber", "Birch", "Cedar", "Delta", "Ember", "Falcon", "Garnet", "Harbor", "Indigo", "Juniper", "Keystone", "Lumen", "Maple", "Nova", "Orchid", "Prairie"]  # fmt: skip
    trades = ["Plating", "Printing", "Foods", "Pharmacy", "Cleaners", "Metal", "Tools", "Plastics", "Glass", "Paper"]  # fmt: skip
    names = [f"{one} {two} {trade}" for one in words for two in words[:4] for trade in trades]
    streets = [f"{word} {kind}" for word in words for kind in ("Street", "Avenue", "Road")]
    rows = []
    for number in range(firms):
        town = chance.randrange(towns)
        name = "Orchid Burger" if chance.random() < 0.15 else names[number * 2]
        house = f"{100 + chance.randrange(30) * 7} N {chance.choice(streets)}"
        suite = f" Suite {chance.randint(1, 90)}" if chance.random() < 0.3 else ""
        phone = (
            f"{chance.randint(200, 989)}-{chance.randint(200, 999)}-{chance.randint(0, 9999):04}"
        )
        for _ in range(chance.choice((1, 1, 2, 2, 3))):
            shown = chance.choice((name, name.upper(), f"{name} Inc.", f"Hill Co dba {name}"))
            street = chance.choice((house, house.replace(" Street", " St."))) + chance.choice(
                (suite, suite.replace(" Suite ", " #"))
            )
            known = phone if chance.random() < 0.3 else None
            typed = (mistyped(chance, shown), mistyped(chance, street), known)
            rows.append((*typed, f"Town {town}", "ST", f"{60_000 + town}", str(number)))
    return rows


def test_sites_of_chains_and_neighbours_are_told_apart_without_labels(tmp_path):
    rows = sites(random.Random(5))  # noqa: S311 - a fixed table
    name, street, phone, town, state, postcode, truth = zip(*rows, strict=True)
    ids = [f"s{index:04}" for index in range(len(rows))]
    typed = pa.table(
        {"record_id": ids, "company": name, "address": street, "phone": phone, "city": town, "state": state, "zip": postcode}
    )  # fmt: skip
    known = pa.table({"record_id": ids, "customer_id": list(truth)})

    connection = linked(tmp_path, [typed], known)
    kinds = link_all(connection)

    linking.group(connection, kinds, reviewed=False)
    assert quality.measure(connection).precision >= 0.97
    linking.group(connection, kinds, reviewed=True)
    assert quality.measure(connection).f1 >= 0.93
