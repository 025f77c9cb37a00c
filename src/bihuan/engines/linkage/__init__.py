"""Which records are the same person or company: records brought to one form, compared in pairs, grouped.

It owns how names, numbers and addresses are read (`standard`). It keeps no records and reads no database:
tables come in, tables go out.
"""
