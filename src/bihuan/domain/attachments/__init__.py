"""Files that belong to a case: photos, signatures, documents. One row each; the bytes lie below BIHUAN_HOME/files."""
