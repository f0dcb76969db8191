"""`aiprov doctor`: print what `aiprov.doctor` found."""

from __future__ import annotations

from dataclasses import asdict

from aiprov.cli.command import App
from aiprov.cli.output import Output
from aiprov.cli.wishes import Json

app = App()

_MARKS = {"ok": "ok", "note": "--", "wrong": "WRONG"}


@app.command(examples=["aiprov doctor", "aiprov doctor --json"])
def doctor(json: Json = False) -> int:
    """Check that everything needed is here and works.

    Looks at packages, keys, folders, disk, memory, models and engines; changes and fetches nothing. The exit code is 0
    when transcribing can work, and 2 otherwise.
    """
    from aiprov import settings
    from aiprov.doctor import examine

    out = Output(json=json)
    checks = []
    for check in examine(settings.load(settings.find_env_file())):
        checks.append(check)
        if not json:
            out.line(f"{_MARKS[check.state]:5}  {check.area:7}  {check.name}: {check.detail}")
            if check.hint:
                out.line(f"       hint: {check.hint}")
    wrong = sum(check.state == "wrong" for check in checks)
    if json:
        out.document({"schema": 1, "ok": wrong == 0, "checks": [asdict(check) for check in checks]})
    else:
        out.line(f"{wrong} wrong: transcribing cannot work yet" if wrong else "all that is needed works")
    return 2 if wrong else 0
