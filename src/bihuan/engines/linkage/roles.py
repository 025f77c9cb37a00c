"""What a column of a table means: its role. A small map file gives roles to columns, or their headings do."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What the values of a column are."""

    RECORD = "record"
    SOURCE = "source"
    UNIT = "unit"
    KIND = "kind"
    FULL_NAME = "full_name"
    GIVEN_NAME = "given_name"
    FAMILY_NAME = "family_name"
    ORGANISATION = "organisation"
    DATE_OF_BIRTH = "date_of_birth"
    ADDRESS = "address"
    POSTCODE = "postcode"
    PHONE = "phone"
    EMAIL = "email"
    ID = "id"
    OTHER = "other"


class MapUnreadable(ValueError):
    """The map is not TOML, names a role or a column that does not exist, or says too little to compare by."""


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Which columns have which role, in the order of the table; `link_only`: no file has a customer twice.

    `month_first`: 02/01/1980 is the first of February; None when the table itself has to say.
    """

    columns: Mapping[Role, Sequence[str]]
    link_only: bool = False
    month_first: bool | None = None


_ALIASES = {
    Role.RECORD: "record_id rec_id record unique_id recid 记录号 编号 序号",
    Role.SOURCE: "source source_system system dataset 来源 来源系统",
    Role.UNIT: "unit org_unit branch department 机构 部门 网点",
    Role.KIND: "kind customer_kind customer_type type_of_customer 类型 客户类型",
    Role.FULL_NAME: "name full_name fullname customer_name person_name 姓名 客户姓名 名称 客户名称",
    Role.GIVEN_NAME: "given_name first_name firstname forename fname givenname 名",
    Role.FAMILY_NAME: "family_name surname last_name lastname lname familyname 姓",
    Role.ORGANISATION: "organisation organization company company_name org_name organisation_name business_name 单位 公司 单位名称 公司名称 企业名称",
    Role.DATE_OF_BIRTH: "date_of_birth birth_date dob birthdate birthday birth 出生日期 生日",
    Role.ADDRESS: "address address_1 address1 street street_address addr address_line_1 addr1 地址 联系地址 住址",
    Role.POSTCODE: "postcode post_code zip zipcode zip_code postal_code postcode_fake 邮编 邮政编码",
    Role.PHONE: "phone mobile telephone phone_number tel mobile_phone 电话 手机 手机号 联系电话 电话号码",
    Role.EMAIL: "email e_mail mail email_address 邮箱 电子邮箱 邮件",
    Role.ID: "id_number id_no soc_sec_id ssn national_id resident_id credit_code tax_id registration_number 身份证 身份证号 证件号 证件号码 统一社会信用代码",
}  # fmt: skip
_OTHERS = "sex gender 性别 suburb city town state county region birth_place birthplace place_of_birth occupation profession 职业 country website url"
_BY_HEADING = dict.fromkeys(_OTHERS.split(), Role.OTHER)
_BY_HEADING |= {alias: role for role, said in _ALIASES.items() for alias in said.split()}
_WORD_ENDS = re.compile(r"[^a-z0-9\u4e00-\u9fff]+")
_NAMES = (Role.FULL_NAME, Role.GIVEN_NAME, Role.FAMILY_NAME, Role.ORGANISATION)


def read_map(written: bytes, headings: Sequence[str]) -> ColumnMap:
    """Read a map file against the headings of the table it is for, or refuse with MapUnreadable."""
    try:
        found = tomllib.loads(written.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise MapUnreadable(f"映射文件不是 TOML：{wrong}") from wrong
    columns = found.get("columns")
    if not isinstance(columns, dict) or not columns:
        raise MapUnreadable('映射文件缺少 [columns]，应写成：列名 = "角色"')
    given: dict[Role, list[str]] = {}
    for column, said in columns.items():
        given.setdefault(_role(column, said), []).append(_known(column, headings))
    return _complete(
        ColumnMap(given, bool(found.get("link_only", False)), found.get("month_first"))
    )


def guess_map(headings: Sequence[str]) -> ColumnMap:
    """Give roles by the headings alone; columns nobody knows have none."""
    given: dict[Role, list[str]] = {}
    for heading in headings:
        role = _BY_HEADING.get(_WORD_ENDS.sub("_", heading.strip().lower()).strip("_"))
        if role:
            given.setdefault(role, []).append(heading)
    return _complete(ColumnMap(given))


def _role(column: str, said: object) -> Role:
    try:
        return Role(
            str(said).strip().lower().replace(" ", "_").replace("-", "_").replace("e_mail", "email")
        )
    except ValueError as wrong:
        known = "、".join(Role)
        raise MapUnreadable(f"列“{column}”的角色“{said}”不存在，可用的角色：{known}") from wrong


def _known(column: str, headings: Sequence[str]) -> str:
    if column not in headings:
        raise MapUnreadable(f"表里没有列“{column}”，表里的列：{'、'.join(headings)}")
    return column


def _complete(mapping: ColumnMap) -> ColumnMap:
    if not any(role in mapping.columns for role in _NAMES):
        raise MapUnreadable("没有姓名或单位名称的列：请在映射文件的 [columns] 里指明")
    if len(mapping.columns.get(Role.RECORD, ())) > 1:
        raise MapUnreadable("记录号（record）只能是一列")
    return mapping
