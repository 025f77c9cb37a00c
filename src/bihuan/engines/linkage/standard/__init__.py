"""What people typed about a customer, brought to one form; each reader also says in Chinese what is wrong.

Every reader takes the text as it was typed (None is empty) and returns a small value: `value` is the one form, empty when
nothing usable is there; `flaw` names what is wrong and `wrong` says it in one clause for whoever repairs it. Reading
`value` again changes nothing. Values are kept even when suspicious (`FAKE`): `value` is then empty, `typed` is not.
"""

from bihuan.engines.linkage.standard.addresses import Address, read_address
from bihuan.engines.linkage.standard.birth import Birth, read_birth
from bihuan.engines.linkage.standard.companies import Company, read_company
from bihuan.engines.linkage.standard.emails import Email, read_email
from bihuan.engines.linkage.standard.flaws import Flaw
from bihuan.engines.linkage.standard.identity import (
    CreditCode,
    ResidentId,
    read_credit_code,
    read_resident_id,
)
from bihuan.engines.linkage.standard.persons import PersonName, read_person
from bihuan.engines.linkage.standard.phones import Phone, PhoneKind, read_phone, read_phones

__all__ = [
    "Address",
    "Birth",
    "Company",
    "CreditCode",
    "Email",
    "Flaw",
    "PersonName",
    "Phone",
    "PhoneKind",
    "ResidentId",
    "read_address",
    "read_birth",
    "read_company",
    "read_credit_code",
    "read_email",
    "read_person",
    "read_phone",
    "read_phones",
    "read_resident_id",
]
