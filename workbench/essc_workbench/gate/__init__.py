"""A recording gRPC proxy between any two parties that bends calls on request."""
