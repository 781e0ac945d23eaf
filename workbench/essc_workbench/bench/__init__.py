"""The benchmark: the platform beside a bare server, on the same machine at the same time."""
