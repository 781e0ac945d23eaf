"""The only part that sees the database: tables, the batch's gateway, the views of the reads."""
