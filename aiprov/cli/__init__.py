"""The command line: one file per noun, each a thin skin over the library. Only this room knows typer and rich."""
