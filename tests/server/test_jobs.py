"""Jobs: a recipe over a folder that the configuration names, or over a recording that is sent; each is done once."""

import contextlib
import http.client
import json
import os
import signal
import sys
import threading
from dataclasses import replace

import pytest

from aiprov.configfile import ConfigFile, ServerEntry
from aiprov.server import queue
from aiprov.state import State
from aiprov.wiring import build
from server_world import TOKEN, running, settings_in

# In place of `python -m aiprov`: says what it was asked, and ends as the name of the input wishes.
PROGRAM = """
import json, os, pathlib, signal, sys, time
place = pathlib.Path(sys.argv[-1])
with open(os.environ["JOBS_LOG"], "a") as log:
    log.write(json.dumps([os.getpid(), *sys.argv[1:]]) + "\\n")
if "waits" in place.name:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    signal.pause()
if "dies" in place.name:
    os.kill(os.getpid(), signal.SIGKILL)
if place.is_file():
    (place.parent / (place.stem + ".txt")).write_text("Heard.")
error = {"code": "no_speech", "message": "there is nothing in it", "hint": None} if "fails" in place.name else None
print(json.dumps({"schema": 1, "run": "R1", "files": [{"path": str(place), "error": error}], "error": None}))
sys.exit(3 if error else 0)
"""


@pytest.fixture
def world(tmp_path, monkeypatch):
    """A server whose configuration names three folders."""
    folders = {name: tmp_path / name for name in ("board", "waits", "fails", "dies")}
    for folder in folders.values():
        folder.mkdir()
    log = tmp_path / "log"
    log.touch()
    monkeypatch.setenv("JOBS_LOG", str(log))
    monkeypatch.setattr(queue, "PROGRAM", (sys.executable, "-c", PROGRAM))
    entry = ServerEntry(folders=folders, recipes={"house": tmp_path / "house.yaml"})
    settings = replace(settings_in(tmp_path), config=ConfigFile(path=tmp_path / "aiprov.yaml", server=entry))
    return World(tmp_path, settings, log)


class World:
    def __init__(self, folder, settings, log):
        self.folder, self.settings, self.log = folder, settings, log

    def serving(self):
        return running(self.folder, kit=build(self.settings))

    def commands(self):
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def ended(self, server, job_id):
        """The job once it has ended: its events are followed until they end."""
        return followed(server, f"/api/v1/jobs/{job_id}")[-1]


def followed(server, path):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    with contextlib.closing(connection):
        connection.request("GET", path, headers={"authorization": f"Bearer {TOKEN}", "accept": "text/event-stream"})
        events = connection.getresponse().read().decode().split("\n\n")
    return [json.loads(event.removeprefix("data: ")) for event in events if event.startswith("data: ")]


def sent(server, recipe, name, content=b"RIFF"):
    boundary = "b0undary"
    part = f'--{boundary}\r\nContent-Disposition: form-data; name="recipe"\r\n\r\n{recipe}\r\n--{boundary}\r\n'
    part += f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    body = part.encode() + content + f"\r\n--{boundary}--\r\n".encode()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    with contextlib.closing(connection):
        kind = f"multipart/form-data; boundary={boundary}"
        headers = {"authorization": f"Bearer {TOKEN}", "content-type": kind}
        connection.request("POST", "/api/v1/jobs", body, headers)
        reply = connection.getresponse()
        return reply.status, json.loads(reply.read())


def test_a_job_runs_the_very_command_that_people_type(world):
    with world.serving() as server:
        reply = server.ask("POST", "/api/v1/jobs", {"recipe": "house", "folder": "board"})
        assert reply.status == 202
        assert reply.headers["location"] == f"/api/v1/jobs/{reply.json['id']}"
        job = world.ended(server, reply.json["id"])
    assert (job["status"], job["exit_code"], job["run_id"]) == ("done", 0, "R1")
    ((_, *command),) = world.commands()
    assert command[0] == "run"
    assert command[-2:] == [str(world.folder / "house.yaml"), str(world.folder / "board")]


def test_what_went_wrong_is_told(world):
    with world.serving() as server:
        for folder, code in (("fails", 3), ("dies", -signal.SIGKILL)):
            job_id = server.ask("POST", "/api/v1/jobs", {"recipe": "house", "folder": folder}).json["id"]
            job = world.ended(server, job_id)
            assert (job["status"], job["exit_code"]) == ("failed", code)
            assert job["error"]["message"]


def test_a_recording_is_sent_worked_on_and_its_outputs_fetched(world):
    with world.serving() as server:
        status, job = sent(server, "house", "sync meeting.wav", b"RIFF" + bytes(200_000))
        assert status == 202
        job = world.ended(server, job["id"])
        assert job["files"] == ["sync meeting.txt", "sync meeting.wav"]
        reply = server.ask("GET", f"/api/v1/jobs/{job['id']}/files/sync%20meeting.txt")
        assert reply.body == b"Heard."
        assert reply.headers["content-type"] == "application/octet-stream"
        assert "attachment" in reply.headers["content-disposition"]
        kept = world.folder / "uploads" / job["id"] / "sync meeting.wav"
        assert kept.stat().st_size == 200_004
        assert kept.stat().st_mode & 0o077 == 0


def test_what_was_sent_can_be_removed_once_its_job_has_ended(world):
    with world.serving() as server:
        _, job = sent(server, "house", "sync.wav")
        world.ended(server, job["id"])
        folder = world.folder / "uploads" / job["id"]
        assert folder.is_dir()
        assert server.ask("DELETE", f"/api/v1/jobs/{job['id']}").json["files"] == []
        assert not folder.exists()
        assert server.ask("DELETE", f"/api/v1/jobs/{job['id']}").status == 200


def test_removing_touches_nothing_of_a_folder_that_the_configuration_names(world):
    (world.folder / "board" / "sync.wav").write_bytes(b"RIFF")
    with world.serving() as server:
        job_id = server.ask("POST", "/api/v1/jobs", {"recipe": "house", "folder": "board"}).json["id"]
        world.ended(server, job_id)
        assert server.ask("DELETE", f"/api/v1/jobs/{job_id}").status == 200
    assert (world.folder / "board" / "sync.wav").exists()


def test_a_job_that_another_server_does_is_left_to_it(world):
    with world.serving() as server, State(world.settings.state_file) as other:
        other.add_job("zzz", "house", {"folder": "board"})
        other._change("UPDATE jobs SET status = 'running', owner = ? WHERE id = 'zzz'", other.begin_run("serve"))
        assert server.ask("DELETE", "/api/v1/jobs/zzz").status == 409
        assert other.end_job("zzz", "done", exit_code=0)


@pytest.mark.parametrize("name", ["..", ".hidden.wav", "-rf.wav", "", "a\x00b.wav", "x" * 300 + ".wav"])
def test_a_name_that_is_none_is_refused(world, name):
    with world.serving() as server:
        status, _ = sent(server, "house", name)
        assert status == 400
        assert server.ask("GET", "/api/v1/jobs").json["jobs"] == []


@pytest.mark.parametrize("name", ["../../escaped.wav", "..\\..\\escaped.wav", "/etc/escaped.wav"])
def test_of_a_path_only_the_last_part_counts(world, name):
    with world.serving() as server:
        _, job = sent(server, "house", name)
        assert job["source"] == {"upload": "escaped.wav"}
        assert (world.folder / "uploads" / job["id"] / "escaped.wav").is_file()
        world.ended(server, job["id"])


@pytest.mark.parametrize(
    "body",
    [
        {"recipe": "house", "folder": "/etc"},
        {"recipe": "house", "folder": "../board"},
        {"recipe": "house", "folder": "board/"},
        {"recipe": "/etc/passwd", "folder": "board"},
        {"recipe": "house.yaml", "folder": "board"},
        {"recipe": "house"},
        {"recipe": "house", "folder": "board", "path": "/etc"},
    ],
)
def test_only_names_that_the_configuration_has_begin_a_job(world, body):
    with world.serving() as server:
        assert server.ask("POST", "/api/v1/jobs", body).status in (400, 404)
        assert server.ask("GET", "/api/v1/jobs").json["jobs"] == []
    assert world.commands() == []


@pytest.mark.parametrize("name", ["..%2f..%2fstate.sqlite3", "%2e%2e", "state.sqlite3", "..%2f..%2fserver.token"])
def test_no_other_file_can_be_fetched_through_a_job(world, name):
    with world.serving() as server:
        _, job = sent(server, "house", "sync.wav")
        world.ended(server, job["id"])
        assert server.ask("GET", f"/api/v1/jobs/{job['id']}/files/{name}").status == 404


def test_a_job_that_runs_can_be_stopped_and_the_next_one_follows(world):
    with world.serving() as server:
        first, second = (
            server.ask("POST", "/api/v1/jobs", {"recipe": "house", "folder": folder}).json["id"]
            for folder in ("waits", "board")
        )
        begun(world, 1)
        assert server.ask("DELETE", f"/api/v1/jobs/{first}").status == 200
        assert world.ended(server, first)["status"] == "stopped"
        assert world.ended(server, second)["status"] == "done"


def test_a_job_that_waits_can_be_stopped_before_it_begins(world):
    with world.serving() as server:
        ids = [
            server.ask("POST", "/api/v1/jobs", {"recipe": "house", "folder": folder}).json["id"]
            for folder in ("waits", "board")
        ]
        begun(world, 1)
        assert server.ask("DELETE", f"/api/v1/jobs/{ids[1]}").json["status"] == "stopped"
        server.ask("DELETE", f"/api/v1/jobs/{ids[0]}")
        world.ended(server, ids[0])
    assert len(world.commands()) == 1


def test_a_server_that_stops_gives_its_job_back_and_the_next_one_does_it(world):
    with world.serving() as server:
        job_id = server.ask("POST", "/api/v1/jobs", {"recipe": "house", "folder": "waits"}).json["id"]
        begun(world, 1)
    with pytest.raises(ProcessLookupError):
        os.kill(world.commands()[0][0], 0)
    with State(world.settings.state_file) as state:
        assert state.job(job_id).status == "queued"
    with world.serving() as server:
        begun(world, 2)
        server.ask("DELETE", f"/api/v1/jobs/{job_id}")
        assert world.ended(server, job_id)["status"] == "stopped"


def test_two_servers_never_take_the_same_job(tmp_path):
    with State(tmp_path / "state.sqlite3") as state:
        for number in range(40):
            state.add_job(f"job-{number:02}", "house", {"folder": "board"})
        owners = [state.begin_run("serve") for _ in range(4)]
        taken = []
        threads = [threading.Thread(target=take_all, args=(state, owner, taken)) for owner in owners]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(taken) == [f"job-{number:02}" for number in range(40)]


def take_all(state, owner, taken):
    while (job := state.take_job(owner)) is not None:
        taken.append(job.id)


def test_a_job_of_a_server_that_died_is_taken_again_and_ends_once(tmp_path):
    path = tmp_path / "state.sqlite3"
    with State(path) as state:
        state.add_job("job", "house", {"folder": "board"})
        assert state.take_job(state.begin_run("serve")).id == "job"
    with State(path) as state:  # closing let go of its runs, as dying does
        assert state.take_job(state.begin_run("serve")).id == "job"
        assert state.end_job("job", "done", exit_code=0)
        assert not state.end_job("job", "failed", exit_code=1)
        assert state.job("job").status == "done"


def test_a_run_shows_how_far_it_is_while_it_goes_on(tmp_path):
    with running(tmp_path, kit=build(settings_in(tmp_path))) as server:
        state = server.kit.state
        run_id = state.begin_run("aiprov transcribe x")
        state.note_progress(run_id, {"waiting": 2, "done": 1})
        found = server.ask("GET", f"/api/v1/runs/{run_id}").json
        assert (found["alive"], found["progress"]["waiting"], found["charges"]) == (True, 2, [])
        state.end_run(run_id, 0)
        events = followed(server, f"/api/v1/runs/{run_id}")
        assert (events[-1]["alive"], events[-1]["exit_code"]) == (False, 0)
        assert run_id in {run["id"] for run in server.ask("GET", "/api/v1/runs").json["runs"]}
        assert server.ask("GET", "/api/v1/runs/none").status == 404


def begun(world, count):
    """Wait until so many jobs have begun: their processes write it down."""
    opened = threading.Event()
    while len(world.commands()) < count:
        opened.wait(0.02)
