"""The only room that knows vendors and engines. Each provider is imported when it is first used."""
