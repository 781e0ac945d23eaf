"""What any Python party needs to speak the contract."""
