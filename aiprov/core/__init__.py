"""Pure rooms: values in, values out. Standard library only; no file, socket, clock, environment or vendor name."""
