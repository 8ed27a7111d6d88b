"""How values and changes look in a message."""
