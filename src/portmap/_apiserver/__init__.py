"""What an API server does with an object: decode, default, allocate, validate, warn, store."""
