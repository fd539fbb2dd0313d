"""The typed frozen values; each asks the rules of the API server as it is made."""
