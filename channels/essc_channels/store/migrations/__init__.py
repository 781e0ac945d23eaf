"""The way of a channel's databases from one release to the next: one migration for each schema
that was released.

They are alembic's, in `channel/versions/` and `lab/versions/`, and never change once they are
released: they name tables and columns as these were then, and use nothing else of this program.
"""
