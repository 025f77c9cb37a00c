"""Forms: fields with types and conditions, checked across fields and against earlier values.

`parse` a definition once; `validate` what people filled in. The engine knows no database: what a
class or a staff member is, the caller answers (`exists`), and earlier values are passed in.
"""

from bihuan.engines.forms.model import Check, Choice, Field, FieldType, Form
from bihuan.engines.forms.reading import NotAForm, parse, read
from bihuan.engines.forms.validation import Result, validate, visible_fields

__all__ = [
    "Check",
    "Choice",
    "Field",
    "FieldType",
    "Form",
    "NotAForm",
    "Result",
    "parse",
    "read",
    "validate",
    "visible_fields",
]
