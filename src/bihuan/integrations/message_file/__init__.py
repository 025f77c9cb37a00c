"""Citizens' messages from a spreadsheet: read, checked row by row, taken in as cases.

Owns the columns, what makes a row unusable, and how a message with an official reply is told in the
product's actions. A row that cannot be used is named with its line and reason.
"""
