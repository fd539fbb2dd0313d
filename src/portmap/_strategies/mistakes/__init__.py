"""The tables of mistakes: each a change to a good Service, and what a server says of it."""
