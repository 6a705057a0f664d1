"""Models by name: a download from a server on this machine that is cut and gone on with, damage, and no network."""

import hashlib
import http.server
import re
import sys
import threading
import warnings

import numpy as np
import pytest

from baselines.errors import InputError, MissingDependency
from baselines.vqa.llama import hub
from baselines.vqa.llama.hub import EMBEDDED_PAIR

constants = pytest.importorskip("huggingface_hub.constants", reason="huggingface_hub is not installed")
BODY = np.random.default_rng(0).bytes(400_000)
CUT = 250_000  # bytes; after so many the first connection breaks
NAME = "SmolVLM-256M"
COMMIT = "0123456789" * 4
DIGEST = hashlib.sha256(BODY).hexdigest()
PINNED = f"{NAME}@{COMMIT}#sha256={DIGEST},{DIGEST}"


class Server(http.server.ThreadingHTTPServer):
    """Serves `BODY` as every file of every repository as a model hub does; `digest` is what it says of it."""

    daemon_threads = True

    def __init__(self, cut=False, digest=None, status=None, missing="EntryNotFound"):
        super().__init__(("127.0.0.1", 0), Handler)
        self.cut, self.status, self.missing, self.ranges = cut, status, missing, []
        self.revisions = set()
        self.digest = digest or DIGEST


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        start = self.answer()
        if start is None:
            return
        self.server.ranges.append(start)
        if self.server.cut:
            self.server.cut = False
            self.wfile.write(BODY[start:CUT])
            self.close_connection = True
        else:
            self.wfile.write(BODY[start:])

    def answer(self):
        """Send the head of the answer and return where the body starts, None for what is no file."""
        if "/resolve/" not in self.path or self.server.status:
            self.send_response(self.server.status or 404)
            if self.server.status == 404:
                self.send_header("X-Error-Code", self.server.missing)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None
        self.server.revisions.add(self.path.partition("/resolve/")[2].rpartition("/")[0])
        wanted = self.headers.get("Range")
        start = int(wanted.removeprefix("bytes=").partition("-")[0]) if wanted else 0
        self.send_response(206 if wanted else 200)
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{len(BODY) - 1}/{len(BODY)}")
        self.send_header("X-Repo-Commit", COMMIT)
        for name in ("ETag", "X-Linked-Etag"):
            self.send_header(name, f'"{self.server.digest}"')
        self.send_header("X-Linked-Size", str(len(BODY)))
        self.send_header("Content-Length", str(len(BODY) - start))
        self.end_headers()
        return start

    def log_message(self, *_):
        pass


@pytest.fixture
def serve(tmp_path, monkeypatch):
    servers = []

    def start(**behaviour):
        server = Server(**behaviour)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        return server

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 50_000)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_PROGRESS_BARS", True)
    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_named_model_is_downloaded_once(serve):
    server = serve()
    pair = hub.find_pair(NAME.lower())
    assert [path.read_bytes() == BODY for path in pair] == [True, True]
    assert [path.name for path in pair] == [hub.MODELS[NAME].model, hub.MODELS[NAME].mmproj]
    assert {row["name"] for row in hub.list_models() if row["state"] == "here"} == {"embedded", NAME}
    server.ranges.clear()
    assert hub.find_pair(NAME) == pair
    assert server.ranges == []


def test_a_download_says_what_came_and_a_kept_file_nothing(serve):
    serve()
    with pytest.warns(UserWarning, match="downloaded") as told:
        hub.find_pair(NAME)
    known = hub.MODELS[NAME]
    assert [str(one.message) for one in told] == [
        f"downloaded {known.repository}/{file}, revision {COMMIT}, 400000 bytes, SHA-256 {DIGEST}"
        for file in (known.model, known.mmproj)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert all(path.read_bytes() == BODY for path in hub.find_pair(NAME))


@pytest.mark.parametrize("revision", [COMMIT, "v1.0", "refs/pr/3"])
def test_a_revision_that_is_named_is_asked_for_once(serve, revision):
    server = serve()
    pair = hub.find_pair(f"{NAME.lower()}@{revision}")
    assert server.revisions == {revision.replace("/", "%2F")}
    server.ranges.clear()
    assert hub.find_pair(f"{NAME}@{revision}") == pair
    assert server.ranges == []


def test_a_pinned_model_is_taken_only_as_it_was(serve, monkeypatch):
    server = serve()
    pair = hub.find_pair(PINNED)
    assert hub.find_pair(PINNED) == pair
    other = PINNED.replace(f",{DIGEST}", f",{'f' * 64}")
    for kept in (True, False):  # whether it has to be downloaded first
        if not kept:
            monkeypatch.setattr(constants, "HF_HUB_CACHE", constants.HF_HUB_CACHE + "-2")
        with pytest.raises(
            InputError, match=rf"mmproj-.*gguf: its SHA-256 is {DIGEST}, not the one that --model names"
        ):
            hub.find_pair(other)
    assert server.revisions == {COMMIT}


def test_a_revision_that_the_hub_lacks_is_told(serve):
    serve(status=404, missing="RevisionNotFound")
    with pytest.raises(
        InputError, match=r"Q8_0\.gguf: the hub has no revision v9; name a commit, tag or branch of it$"
    ):
        hub.find_pair(f"{NAME}@v9")


@pytest.mark.parametrize("end", ["@", "@../../x", "@/x", "@a b", "#sha256=1,2", f"#sha256={'a' * 64}", "#md5=1"])
def test_what_names_no_revision_is_refused(end):
    with pytest.raises(InputError, match=f"^--model {re.escape(NAME + end)}: .*NAME@REVISION#sha256=HEX,HEX"):
        hub.find_pair(NAME + end)


def test_cut_download_is_gone_on_with(serve):
    server = serve(cut=True)
    try:
        path, _ = hub.find_pair(NAME)
    except InputError:  # "run again": huggingface_hub before 2.0 leaves it to the next run
        path, _ = hub.find_pair(NAME)
    assert path.read_bytes() == BODY
    first, second, *_ = server.ranges
    assert first == 0
    assert 0 < second <= CUT


def test_damaged_download_is_deleted(serve):
    server = serve(digest="0" * 64)
    with pytest.raises(InputError, match=r"Q8_0\.gguf: came damaged, its SHA-256 is not 000000000000\.\.\.; run again"):
        hub.find_pair(NAME)
    server.digest = DIGEST
    path, _ = hub.find_pair(NAME)
    assert path.read_bytes() == BODY


def test_without_network_or_file_it_says_so_in_one_line(serve, monkeypatch):
    serve(status=404)
    with pytest.raises(InputError, match="the hub has no such file") as missing:
        hub.find_pair(NAME)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(InputError, match=r"not downloaded \(.*check the network or HF_ENDPOINT") as offline:
        hub.find_pair(NAME)
    assert "\n" not in str(missing.value) + str(offline.value)


def test_paths_names_and_what_is_neither():
    assert hub.find_pair() == hub.find_pair("embedded") == EMBEDDED_PAIR
    assert [str(path) for path in hub.find_pair("a.gguf", "b.gguf")] == ["a.gguf", "b.gguf"]
    with pytest.raises(InputError, match="--model mine: give its --mmproj GGUF too, or the name .*: embedded, SmolVLM"):
        hub.find_pair("mine")
    with pytest.raises(InputError, match="--mmproj"):
        hub.find_pair(None, "b.gguf")


def test_list_names_size_and_licence():
    rows = hub.list_models()
    assert rows[0]["name"] == "embedded"
    assert float(rows[0]["size"].removesuffix(" MB")) <= 10
    assert all(row["licence"] and row["size"].endswith(" MB") and "/" in row["repository"] for row in rows[1:])


def test_without_the_library_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingDependency, match="pip install huggingface_hub"):
        hub.find_pair(NAME)
