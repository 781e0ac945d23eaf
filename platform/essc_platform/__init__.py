"""The national platform: inside the trust boundary."""
