"""The commands of the command line, one subject a file. Each has `add`, which is all that main.py needs."""
