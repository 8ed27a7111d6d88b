"""What the command line draws and hands on."""
