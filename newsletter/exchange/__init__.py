"""People and organisations in and out of files: tables of any origin, read without losing a row."""
