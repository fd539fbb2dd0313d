"""What was found out, in the shapes in which it is shown: as data, as text and as JSON."""
