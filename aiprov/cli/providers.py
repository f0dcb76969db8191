"""`aiprov providers`: who can do the work."""

from __future__ import annotations

from aiprov.cli.command import App
from aiprov.cli.output import Output
from aiprov.cli.wishes import Json

app = App(help="Show who can do the work.", examples=["aiprov providers status"])


@app.command("status", examples=["aiprov providers status", "aiprov providers status --json"])
def status(json: Json = False) -> None:
    """Show every provider: whether it takes part, in which order, and what it can do."""
    from aiprov import settings
    from aiprov.service import get_status

    found = get_status(settings.load(settings.find_env_file()))
    out = Output(json=json)
    if json:
        out.document(found)
        return
    providers = found["provider_manager"]["providers"]
    rows = [
        (
            name,
            "yes" if each["enabled"] else "no",
            each["priority"],
            ", ".join(each["capabilities"]),
            each["models_count"],
        )
        for name, each in sorted(providers.items(), key=lambda item: (item[1]["priority"], item[0]))
    ]
    out.table(("provider", "enabled", "priority", "can do", "models"), rows, right=("priority", "models"))
    out.line(f"strategy: {found['provider_manager']['strategy']}")
