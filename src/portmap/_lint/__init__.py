"""The linter: what is linted, rules over it, and findings."""
