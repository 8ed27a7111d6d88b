"""The API server: finding, reading and watching it."""
