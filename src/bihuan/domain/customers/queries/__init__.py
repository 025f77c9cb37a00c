"""What can be asked of customers."""

from bihuan.domain.customers.queries.customers import (
    AccountRow,
    ContactRow,
    CustomerCard,
    CustomerRow,
    CustomerUnknown,
    customer_card,
    customer_list,
    duplicates_of,
    known_by_phone,
    mail_address_of,
    names_of,
    phone_behind,
    search,
    shown_phone,
    whose_mail,
    with_phone,
)

__all__ = [
    "AccountRow",
    "ContactRow",
    "CustomerCard",
    "CustomerRow",
    "CustomerUnknown",
    "customer_card",
    "customer_list",
    "duplicates_of",
    "known_by_phone",
    "mail_address_of",
    "names_of",
    "phone_behind",
    "search",
    "shown_phone",
    "whose_mail",
    "with_phone",
]
