"""Which column of a file is which field: what people call them, and a first guess."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

FIELDS: Final[Mapping[str, str]] = {
    "key": "源系统编号",
    "name": "姓名或单位名称",
    "kind": "客户类别",
    "phone": "电话",
    "email": "邮箱",
    "wechat": "微信",
    "address": "地址",
    "resident_id": "身份证号",
    "credit_code": "统一社会信用代码",
    "account": "户号",
    "gender": "性别",
    "birth_date": "出生日期",
    "industry": "行业",
    "occupation": "职业",
    "note": "备注",
}
"""Every field a column may be, with its title. A field may have several columns; the first filled one counts,
of phones, mails, addresses and accounts all."""

SOFT: Final = ("gender", "birth_date", "industry", "occupation")
"""Fields that are kept among the attributes."""

_KNOWN_AS: Final[Mapping[str, str]] = {
    "key": "客户编号|客户号|客户代码|编号|会员号|id|customerid|custno|cust_id|clientno",
    "name": "姓名|客户姓名|客户名称|名称|用户名|用户名称|单位名称|企业名称|公司名称|户名|name|customername|fullname",
    "kind": "客户类别|客户类型|类别|类型|性质|kind|type",
    "phone": "电话|手机|手机号|手机号码|联系电话|移动电话|固定电话|电话号码|家庭电话|办公电话|备用电话|phone|mobile|tel",
    "email": "邮箱|电子邮箱|电子邮件|email|mail|e-mail",
    "wechat": "微信|微信号|wechat",
    "address": "地址|联系地址|通讯地址|家庭住址|住址|用电地址|单位地址|公司地址|address|addr",
    "resident_id": "身份证|身份证号|身份证号码|证件号|证件号码|idcard|idno|residentid",
    "credit_code": "统一社会信用代码|信用代码|社会信用代码|税号|纳税人识别号|creditcode|uscc",
    "account": "户号|用户编号|账户|账号|合同号|account|accountno",
    "gender": "性别|gender|sex",
    "birth_date": "出生日期|生日|出生年月|birthday|birthdate|dob",
    "industry": "行业|所属行业|industry",
    "occupation": "职业|职务|职位|occupation",
    "note": "备注|说明|note|remark|memo",
}
_NAMES: Final = {name: field for field, names in _KNOWN_AS.items() for name in names.split("|")}
_TAIL: Final = re.compile(r"[\d一二三]+$|\(.*?\)|\*")


def guess(heading: Sequence[str], fields: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the field of each column as far as its name tells; `fields` are the pack's own, by key."""
    own = {_plain(title): key for key, title in (fields or {}).items()}
    found: dict[str, str] = {}
    for column in heading:
        name = _plain(column)
        field = own.get(name) or _NAMES.get(name) or _NAMES.get(_TAIL.sub("", name))
        if field:
            found[column] = field
    return found


def _plain(name: str) -> str:
    return re.sub(r"[\s_:：]", "", unicodedata.normalize("NFKC", name)).lower()
