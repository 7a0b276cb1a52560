"""How files of events are laid out, one module a layout."""
