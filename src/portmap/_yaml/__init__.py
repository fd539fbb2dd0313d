"""Text and plain data with positions, as kubectl reads it. It knows no Service."""
