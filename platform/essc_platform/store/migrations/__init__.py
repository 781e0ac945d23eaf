"""The way of a store from one release to the next: one migration for each schema that was released.

They are alembic's, in `versions/`, and never change once they are released: they name tables and
columns as these were then, and use nothing else of this program. `ADDS_ONLY` says that processes of
the release before go on working while it is run, and after.
"""
