"""Names and numbers, however people write them."""

import pytest

from bihuan.kit import notation
from bihuan.kit.masking import mask_mail


@pytest.mark.parametrize(
    ("written", "norm"),
    [
        ("13812342046", "13812342046"),
        ("138 1234 2046", "13812342046"),
        ("138-1234-2046", "13812342046"),
        ("１３８１２３４２０４６", "13812342046"),
        ("+86 138 1234 2046", "13812342046"),
        ("0086-13812342046", "13812342046"),
        ("8613812342046", "13812342046"),
        ("013812342046", "13812342046"),
        ("010-62520000", "01062520000"),
        ("(0571) 8765 4321", "057187654321"),
        ("（０５７１）８７６５４３２１", "057187654321"),
        ("+86 571 87654321", "057187654321"),
        ("0571-87654321-8012", "057187654321x8012"),
        ("0571-87654321转8012", "057187654321x8012"),
        ("0571 87654321 转分机 8012", "057187654321x8012"),
        ("0571-87654321 ext. 12", "057187654321x12"),
        ("400-810-1234", "4008101234"),
        ("400 810 1234 转 3", "4008101234x3"),
        ("800-8101234", "8008101234"),
        ("95598", "95598"),
        ("12345", "12345"),
        ("110", "110"),
        ("87654321", "87654321"),
        ("+1 415 555 2671", "+14155552671"),
        ("0014155552671", "+14155552671"),
    ],
)
def test_notations_of_one_number_are_equal(written, norm):
    assert notation.read_phone(written).norm == norm


@pytest.mark.parametrize(
    "written", ["", "abc", "1381234204", "12812342046", "138123420466", "0571-123", "+", "转8012"]
)
def test_what_cannot_be_called_is_refused(written):
    with pytest.raises(notation.NotAPhone) as refused:
        notation.read_phone(written)

    assert list(refused.value.fields) == ["phone"]


def test_the_last_four_digits_do_not_come_from_the_extension():
    assert notation.read_phone("0571-87654321转8012").last4 == "4321"


def test_names_are_compared_without_spaces_width_and_case():
    assert notation.name_norm(" ＡＢＣ  公司 ") == "abc公司"


def test_a_mail_address_keeps_its_first_letter():
    assert mask_mail("linxiao@example.cn") == "l***@example.cn"
