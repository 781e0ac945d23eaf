"""PostgreSQL for federations: databases of a server that is there, and a server of our own.

The parties open their databases by an address, `postgresql+psycopg://USER@HOST:PORT/DATABASE`; this
package makes and drops those databases, and can run a server where none is there.
"""
