"""Numbers are hidden in free text and in every line of the log."""

import io
import logging

import pytest

from bihuan.kit.masking import MaskingFilter, mask_phone, mask_text, unmask_text


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("请打13812342046", "请打138****2046"),
        ("138 1234 2046 或 138-1234-2047", "138****2046 或 138****2047"),
        ("+86 13812342046。", "+86 138****2046。"),
        ("13812 342046", "138****2046"),
        ("１３８１２３４２０４６", "１３８****２０４６"),
        ("座机0571-87654321", "座机0571-****4321"),
        ("(0571) 8765 4321", "(0571) ****4321"),
        ("（010）62520000转8", "（010）****0000转8"),
        ("身份证330106199001011234", "身份证330106********1234"),
        ("33010619900101123X", "330106********123X"),
        ("008613812342046", "0086138****2046"),
        ("013812342046", "0138****2046"),
        ("138.1234.2046", "138****2046"),
        ("138  1234\u00a02046", "138****2046"),
        ("+86-571-8765 4321", "+86-571-****4321"),
    ],
)
def test_numbers_of_people_are_hidden(said, shown):
    assert mask_text(said) == shown


@pytest.mark.parametrize(
    "said",
    [
        "工单 261118-0387",
        "户号 3301000042381234",
        "2026-11-18 14:26:31",
        "192.168.10.200",
        "¥13 800.00",
        "拨 95598 或 400-810-1234",
        "第 1 到 50 单",
    ],
)
def test_other_numbers_are_left_alone(said):
    assert mask_text(said) == said


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13812342046", "138****2046"),
        ("+86 138 1234 2046", "138****2046"),
        ("057187654321", "0571****4321"),
        ("95598", "***98"),
    ],
)
def test_a_phone_keeps_its_ends(number, shown):
    assert mask_phone(number) == shown


@pytest.mark.parametrize(
    ("kept", "came_back", "whole"),
    [
        (
            "打 138 1234 2046 或 0571-87654321",
            "请打 138****2046 或 0571-****4321。",
            "请打 138 1234 2046 或 0571-87654321。",
        ),
        ("13812342046，13899992046", "138****2046，138****2046", "13812342046，13899992046"),
        ("05712345678-801", "0571****8801", "05712345678-801"),
        ("没有号码", "138****2046", "138****2046"),
        ("13812342046", "13912342046", "13912342046"),
    ],
)
def test_what_was_masked_is_made_whole_again(kept, came_back, whole):
    assert unmask_text(came_back, kept) == whole


@pytest.fixture
def log():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(MaskingFilter())
    logger = logging.getLogger("tests.masking")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    yield logger, stream
    logger.removeHandler(handler)


def test_no_log_line_holds_a_number(log):
    logger, stream = log

    logger.info("call %s about %r", 13812342046, {"phone": "0571-87654321"})
    try:
        raise ValueError("bad phone 13812342046")  # noqa: TRY301
    except ValueError:
        logger.exception("failed for 13812342046")

    said = stream.getvalue()
    assert said.startswith("call 138****2046 about {'phone': '0571-****4321'}")
    assert "ValueError: bad phone 138****2046" in said
    assert "12342046" not in said


def test_arguments_that_do_not_fit_are_masked_and_do_no_harm(log):
    logger, stream = log

    logger.info("call %d", "13812342046")

    assert stream.getvalue() == "call %d ('138****2046',)\n"
