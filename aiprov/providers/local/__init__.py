"""Engines that run on this machine. Nothing here opens a socket."""
