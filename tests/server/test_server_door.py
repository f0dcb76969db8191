"""The server answers the holder of its token, and no web page."""

import contextlib
import http.client
import os
import socket
import stat

import pytest

from aiprov.core.secret import Secret
from aiprov.errors import ConfigError
from aiprov.providers.fake import FakeProvider
from aiprov.server.serving import Place, listening
from aiprov.server.token import token_of
from server_world import TOKEN, running, settings_in

CHAT = {"messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("home"), FakeProvider()) as found:
        yield found


def head(server, *lines, path="/api/v1/providers/status", method="GET", token=TOKEN):
    written = [f"{method} {path} HTTP/1.1", f"Authorization: Bearer {token}", *lines]
    return ("\r\n".join(written) + "\r\n\r\n").encode("latin-1")


def status(reply: bytes) -> int:
    return int(reply.split()[1]) if reply else 0


@pytest.mark.parametrize("path", ["/api/v1/providers/status", "/v1/models", "/metrics", "/openapi.json", "/nowhere"])
@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN[:-1], TOKEN + "x", TOKEN.upper()])
def test_without_the_token_nothing_is_told_not_even_what_there_is(server, path, token):
    assert server.ask("GET", path, token=token).status == 401


def test_a_thousand_wrong_tokens_open_nothing_and_the_right_one_still_does(server):
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as connection:
        for number in range(1000):
            connection.request("GET", "/v1/models", headers={"authorization": f"Bearer wrong-{number:012}"})
            reply = connection.getresponse()
            assert reply.status == 401
            reply.read()
    assert server.ask("GET", "/v1/models").status == 200


@pytest.mark.parametrize("place", ["?token={}", "?access_token={}", "?api_key={}"])
def test_a_token_in_the_address_opens_nothing(server, place):
    assert server.ask("GET", f"/v1/models{place.format(TOKEN)}", token=None).status == 401


def test_a_token_in_a_cookie_opens_nothing(server):
    assert server.ask("GET", "/v1/models", token=None, cookie=f"token={TOKEN}").status == 401


@pytest.mark.parametrize("host", ["127.0.0.1:{}", "localhost:{}", "LocalHost:{}", "[::1]:{}", "127.0.0.1"])
def test_its_own_names_lead_to_it(server, host):
    assert status(server.raw(head(server, f"Host: {host.format(server.port)}"))) == 200


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["Host: evil.example"], 403),
        (["Host: evil.example:{}"], 403),
        (["Host: 127.0.0.1.evil.example:{}"], 403),
        (["Host: localhost.evil.example"], 403),
        (["Host: 127.0.0.1:1"], 403),
        (["Host: 0.0.0.0:{}"], 403),
        (["Host: 127.1:{}"], 403),
        (["Host: 2130706433:{}"], 403),
        (["Host: [::ffff:127.0.0.1]:{}"], 403),
        (["Host: user@127.0.0.1:{}"], 403),
        (["Host:"], 403),
        ([], 400),
        (["Host: 127.0.0.1:{}", "Host: evil.example"], 400),
        (["Host: 127.0.0.1:{}", "Host: 127.0.0.1:{}"], 400),
    ],
)
def test_a_foreign_missing_or_double_host_is_refused(server, lines, expected):
    reply = server.raw(head(server, *(line.format(server.port) for line in lines)))
    assert status(reply) == expected


def test_an_address_in_place_of_a_path_is_refused(server):
    reply = server.raw(head(server, f"Host: 127.0.0.1:{server.port}", path="http://evil.example/v1/models"))
    assert status(reply) == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "https://127.0.0.1.evil.example"},
        {"origin": "http://localhost:1"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/models"), ("POST", "/v1/chat/completions"), ("GET", "/")])
def test_other_web_pages_are_refused_even_with_the_token(server, method, path, headers):
    assert server.ask(method, path, CHAT if method == "POST" else None, **headers).status == 403


def test_a_preflight_is_granted_nothing(server):
    reply = server.ask(
        "OPTIONS",
        "/v1/chat/completions",
        origin="http://evil.example",
        access_control_request_method="POST",
        token=None,
    )
    assert reply.status in (401, 403)
    assert not [name for name in reply.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", ""]
)
def test_what_a_form_can_send_is_refused(server, kind):
    assert server.ask("POST", "/api/v1/providers/update", {"provider": "fake"}, content_type=kind).status == 415


def test_its_own_page_may_ask(server):
    origin = f"http://127.0.0.1:{server.port}"
    assert server.ask("POST", "/v1/chat/completions", CHAT, origin=origin, sec_fetch_site="same-origin").status == 200


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["Content-Length: -1"], 400),
        (["Content-Length: abc"], 400),
        (["Content-Length: 10000000000"], 413),
        (["Content-Length: 99999999999999999999999"], 400),
        (["Content-Length: 5", "Content-Length: 6"], 400),
        ([], 411),
        (["Transfer-Encoding: chunked"], 411),
    ],
)
def test_a_body_without_a_plain_length_is_refused(server, lines, expected):
    shared = [f"Host: 127.0.0.1:{server.port}", "Content-Type: application/json"]
    assert status(server.raw(head(server, *shared, *lines, path="/v1/chat/completions", method="POST"))) == expected


def test_headers_that_never_end_are_cut_off(server):
    reply = server.raw(head(server, f"Host: 127.0.0.1:{server.port}", "X-Filler: " + "a" * 200_000))
    assert status(reply) in (0, 400)
    assert server.ask("GET", "/v1/models").status == 200


def test_many_half_open_connections_do_not_keep_others_out(server):
    with contextlib.ExitStack() as stack:
        for _ in range(200):
            sock = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
            sock.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.")
        assert server.ask("POST", "/v1/chat/completions", CHAT).status == 200


def test_no_answer_may_be_kept_framed_or_guessed_at(server):
    for path in ("/", "/v1/models"):
        headers = server.ask("GET", path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"


def test_the_first_start_makes_a_token_that_only_its_owner_can_read(tmp_path):
    settings = settings_in(tmp_path)
    made = token_of(settings).reveal()
    assert len(made) >= 43
    assert stat.S_IMODE(os.stat(tmp_path / "server.token").st_mode) == 0o600
    assert token_of(settings).reveal() == made


def test_a_token_file_that_others_can_read_is_refused(tmp_path):
    token_of(settings_in(tmp_path))
    (tmp_path / "server.token").chmod(0o644)
    with pytest.raises(ConfigError, match="read by other users"):
        token_of(settings_in(tmp_path))


def test_a_short_token_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="AIPROV_SERVER_TOKEN"):
        token_of(settings_in(tmp_path, server_token=Secret("short")))


def test_an_address_that_others_reach_takes_expose():
    with pytest.raises(ConfigError, match="reached by others"):
        listening(Place("0.0.0.0", 0))
    listening(Place("0.0.0.0", 0, expose=True)).close()


def test_a_taken_port_is_named(server):
    with pytest.raises(ConfigError, match=f"127.0.0.1:{server.port}"):
        listening(Place(port=server.port))


def test_answers_are_sent_at_once():
    with contextlib.closing(listening(Place(port=0))) as sock:
        assert sock.proto == socket.IPPROTO_TCP  # asyncio switches Nagle's algorithm off for nothing else
