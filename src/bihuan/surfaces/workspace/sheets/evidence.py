"""What speaks for two files being one customer, in words."""

from typing import Final

EVIDENCE: Final = {
    "same_identifier": "证件号相同",
    "same_account": "户号相同",
    "same_name": "名称相同",
    "same_sound": "读音相同",
    "same_company": "公司字号相同",
    "name_within": "名称互相包含",
    "same_phone": "电话相同",
    "same_mail": "邮箱相同",
    "same_home": "住址相同",
    "same_birth": "出生日期相同",
    "other_name": "名称不同",
    "other_birth": "出生日期不同",
    "other_kind": "类别不同",
}
