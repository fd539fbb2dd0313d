"""Files and documents: load, read, validate, write and edit."""
