"""A state is closed when whoever uses it is done: SQLite would end the process otherwise."""

from __future__ import annotations

import threading
from pathlib import Path

from aiprov.state import State


def test_closing_waits_for_a_thread_that_is_in_the_middle(tmp_path: Path) -> None:
    state = State(tmp_path / "state.sqlite3")
    run_id = state.begin_run("aiprov transcribe")
    errors = list[Exception]()
    closing = threading.Thread(target=state.close)

    def work() -> None:
        try:
            with state._transaction() as connection:
                closing.start()
                closing.join(0.3)  # it must not come to its end in here
                connection.execute("UPDATE runs SET exit_code = 7 WHERE id = ?", (run_id,))
        except Exception as error:
            errors.append(error)

    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
    closing.join()
    assert errors == []
    with State(tmp_path / "state.sqlite3") as again:
        found = again.run(run_id)
        assert found is not None
        assert found.exit_code == 7
