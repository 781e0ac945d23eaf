"""The contract's side of the platform: parse, submit, translate. Only here is protobuf seen."""
