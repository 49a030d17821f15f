"""Tests of the set-up: python3 setup/test_fetch.py. They need no network but this machine's own."""

import contextlib
import hashlib
import http.server
import io
import json
import os
import sys
import tempfile
import threading
import unittest
import zipfile
from pathlib import Path
from unittest import mock

import download
import fetch
import package_index
import pins
import unpack

CONTENT = bytes(range(256)) * 40


def wheel(content=CONTENT, **changes):
    fields = dict(
        project="thing",
        version="1.0",
        file="thing-1.0-py3-none-any.whl",
        sha256=hashlib.sha256(content).hexdigest(),
        bytes=len(content),
        keep={"cpu": ["thing/*"]},
    )
    return pins.Wheel(**{**fields, **changes})


class Server(http.server.ThreadingHTTPServer):
    """Serves one answer to every path: `(kind, content)`; remembers the headers it was sent."""

    def __init__(self, kind, content, ranges):
        super().__init__(("127.0.0.1", 0), Handler)
        self.kind, self.content, self.ranges, self.requests = kind, content, ranges, []
        self.status = 200
        self.cut_after = None  # the first answer ends early, after so many bytes

    def address(self, path=""):
        return f"http://127.0.0.1:{self.server_port}/{path}"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        server, wanted = self.server, self.headers.get("Range")
        server.requests.append(dict(self.headers))
        start = int(wanted[len("bytes=") : -1]) if wanted and server.ranges else 0
        body = server.content[start:]
        self.send_response(206 if start else server.status)
        self.send_header("Content-Type", server.kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if server.cut_after is None else body[: server.cut_after])
        server.cut_after = None

    def log_message(self, *arguments):
        pass


@contextlib.contextmanager
def serving(content=CONTENT, kind="application/octet-stream", ranges=True):
    server = Server(kind, content, ranges)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class InFolder(unittest.TestCase):
    """A test with an empty folder as `self.folder`, no package settings, and a silent standard error."""

    def setUp(self):
        self.folder = Path(self.enter(tempfile.TemporaryDirectory()))
        kept = {name: os.environ[name] for name in ("PATH", "CXX") if name in os.environ}
        home = str(self.folder)
        self.enter(mock.patch.dict(os.environ, {**kept, "HOME": home, "XDG_CONFIG_DIRS": home}, clear=True))
        self.enter(mock.patch("time.sleep"))
        self.enter(contextlib.redirect_stderr(io.StringIO()))

    def enter(self, context):
        value = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        return value

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path


class Pins(InFolder):
    def test_every_wheel_is_pinned_and_belongs_to_a_group(self):
        groups = pins.read_groups()
        self.assertEqual(["cpu", "gpu", "just", "pip"], list(groups))
        for group in groups.values():
            self.assertTrue(group.wheels, group.name)
            for each in group.wheels:
                self.assertRegex(each.sha256, "^[0-9a-f]{64}$")
                self.assertIn(each.version, each.file)

    def test_a_wheel_of_an_unknown_group_is_an_error(self):
        entry = {"project": "a", "version": "1", "file": "a-1.whl", "sha256": "", "bytes": 1, "keep": {"gpx": []}}
        path = self.write("pins.json", json.dumps({"groups": {"cpu": {}}, "wheels": [entry]}))
        with self.assertRaisesRegex(pins.SetupError, "a-1.whl: no group 'gpx'; there are cpu"):
            pins.read_groups(path)

    def test_a_changed_pin_changes_the_fingerprint(self):
        self.assertNotEqual(group(wheel()).fingerprint(), group(wheel(version="1.1")).fingerprint())


class Download(InFolder):
    def obtain(self, server, pinned=None):
        return download.obtain(pinned or wheel(), self.folder, lambda _: server.address())

    def test_a_whole_file(self):
        with serving() as server:
            self.assertEqual(CONTENT, self.obtain(server).read_bytes())
            self.assertNotIn("Range", server.requests[0])

    def test_a_part_is_continued(self):
        self.write(wheel().file + ".part", CONTENT[:1000])
        with serving() as server:
            self.assertEqual(CONTENT, self.obtain(server).read_bytes())
            self.assertEqual("bytes=1000-", server.requests[0]["Range"])

    def test_a_server_without_ranges_starts_the_file_again(self):
        self.write(wheel().file + ".part", CONTENT[:1000])
        with serving(ranges=False) as server:
            self.assertEqual(CONTENT, self.obtain(server).read_bytes())

    def test_a_lost_connection_is_taken_up_within_the_run(self):
        with serving() as server:
            server.cut_after = 3000
            self.assertEqual(CONTENT, self.obtain(server).read_bytes())
            self.assertEqual("bytes=3000-", server.requests[1]["Range"])

    def test_a_finished_part_needs_no_request(self):
        self.write(wheel().file + ".part", CONTENT)
        with serving() as server:
            self.obtain(server)
            self.assertEqual([], server.requests)

    def test_another_file_is_refused_and_removed(self):
        with serving(content=CONTENT[::-1]) as server:
            with self.assertRaises(pins.SetupError) as caught:
                self.obtain(server)
        actual = hashlib.sha256(CONTENT[::-1]).hexdigest()
        for piece in (wheel().file, f"expected {wheel().sha256}", f"actual {actual}", "run the same command again"):
            self.assertIn(piece, str(caught.exception))
        self.assertEqual([], list(self.folder.iterdir()))

    def test_no_network_names_what_to_check_and_keeps_the_part(self):
        part = self.write(wheel().file + ".part", CONTENT[:1000])
        with serving() as server:
            address = server.address()
        with self.assertRaisesRegex(pins.SetupError, "check the network, the proxy"):
            download.obtain(wheel(), self.folder, lambda _: address)
        self.assertEqual(1000, part.stat().st_size)

    def test_a_refusal_is_final(self):
        with serving() as server:
            server.status = 404
            with self.assertRaisesRegex(pins.SetupError, "HTTP Error 404"):
                self.obtain(server)
            self.assertEqual(1, len(server.requests))

    def test_a_provided_file_is_used_where_it_lies(self):
        provided = self.write("provided/" + wheel().file, CONTENT)
        os.environ["HOURGLASS_WHEELS"] = str(provided.parent)
        with serving() as server:
            self.assertEqual(provided, self.obtain(server))

    def test_a_provided_file_with_another_hash_is_downloaded_instead(self):
        provided = self.write("provided/" + wheel().file, b"old")
        os.environ["HOURGLASS_WHEELS"] = str(provided.parent)
        with serving() as server:
            self.assertEqual(self.folder / wheel().file, self.obtain(server))


class IndexDiscovery(InFolder):
    def test_the_most_specific_setting_wins(self):
        self.enter(mock.patch("package_index.pip_default", return_value="http://built-in/simple"))
        explicit = self.write("explicit.conf", "[global]\nindex-url = http://explicit/simple\n")
        user = self.write(".config/pip/pip.conf", "[global]\nindex_url = http://user/simple\n")
        site = self.write("pip/pip.conf", "[install]\nindex-url = http://site/simple\n")
        steps = [
            ("PIP_INDEX_URL", lambda: os.environ.pop("PIP_INDEX_URL")),
            ("UV_INDEX_URL", lambda: os.environ.pop("UV_INDEX_URL")),
            ("http://explicit/simple", lambda: os.environ.pop("PIP_CONFIG_FILE")),
            ("http://user/simple", user.unlink),
            ("http://site/simple", site.unlink),
            ("http://built-in/simple", lambda: None),
        ]
        os.environ.update(PIP_INDEX_URL="PIP_INDEX_URL", UV_INDEX_URL="UV_INDEX_URL", PIP_CONFIG_FILE=str(explicit))
        self.enter(mock.patch.object(sys, "prefix", str(self.folder / "no-python")))
        for expected, take_away in steps:
            self.assertEqual(expected, package_index.index_address())
            take_away()

    def test_null_configuration_means_none(self):
        self.write(".config/pip/pip.conf", "[global]\nindex-url = http://user/simple\n")
        os.environ["PIP_CONFIG_FILE"] = os.devnull
        self.assertIsNone(package_index.configured("index-url"))

    def test_no_index_names_the_remedies(self):
        self.enter(mock.patch("package_index.configured", return_value=None))
        self.enter(mock.patch("package_index.pip_default", return_value=None))
        with self.assertRaisesRegex(pins.SetupError, "python3-pip.*PIP_INDEX_URL.*HOURGLASS_WHEELS"):
            package_index.index_address()

    def test_json_and_html_pages_give_the_same_address(self):
        address = f"../../files/{wheel().file}"
        page = {"files": [{"filename": "other.whl", "url": "x"}, {"filename": wheel().file, "url": address}]}
        html = f'<a href="x">other.whl</a><br/><a href="{address}#sha256=1">{wheel().file}</a>'
        for kind, body in (("application/vnd.pypi.simple.v1+json", json.dumps(page)), ("text/html", html)):
            with self.subTest(kind), serving(body.encode(), kind) as server:
                found = package_index.file_address(wheel(), server.address("simple/"))
                self.assertEqual(server.address(f"files/{wheel().file}"), found.partition("#")[0])

    def test_a_missing_file_names_page_and_remedy_without_password(self):
        with serving(b"<a href='x'>x</a>", "text/html") as server:
            index = server.address("simple").replace("http://", "http://me:secret@")
            with self.assertRaisesRegex(pins.SetupError, "lists no file thing-1.0.*PIP_INDEX_URL") as caught:
                package_index.file_address(wheel(), index)
            self.assertNotIn("secret", str(caught.exception))
            self.assertEqual("Basic bWU6c2VjcmV0", server.requests[0]["Authorization"])


class Unpack(InFolder):
    def setUp(self):
        super().setUp()
        self.third_party = self.folder / "third_party"
        self.archive = self.folder / wheel().file
        with zipfile.ZipFile(self.archive, "w") as archive:
            archive.writestr("thing/lib/thing.so", "library")
            archive.writestr("thing/unwanted.py", "python")
            program = zipfile.ZipInfo("thing-1.0.data/scripts/thing")
            program.external_attr = 0o755 << 16
            archive.writestr(program, "program")

    def unpack(self, *patterns, **changes):
        unpacked = group(wheel(keep={"cpu": list(patterns)}), **changes)
        unpack.unpack(unpacked, {wheel().file: self.archive}, self.third_party)
        return unpacked

    def test_only_wanted_members_and_programs_stay_executable(self):
        done = self.unpack("thing/lib/*", "*/scripts/thing", moves={"thing-1.0.data/scripts/": "bin/"})
        files = {str(p.relative_to(self.third_party)) for p in self.third_party.rglob("*") if p.is_file()}
        self.assertEqual({"thing/lib/thing.so", "bin/thing", "cpu.stamp"}, files)
        self.assertTrue(os.access(self.third_party / "bin/thing", os.X_OK))
        self.assertTrue(unpack.is_unpacked(done, self.third_party))

    def test_what_an_older_version_left_is_replaced(self):
        self.write("third_party/thing/lib/old.so", "old")
        self.unpack("thing/lib/*", replaces=["thing"])
        self.assertEqual(["thing.so"], os.listdir(self.third_party / "thing/lib"))

    def test_an_interrupted_run_is_seen_as_undone(self):
        done = self.unpack("thing/lib/*")
        with mock.patch("unpack.move_into", side_effect=KeyboardInterrupt), self.assertRaises(KeyboardInterrupt):
            self.unpack("thing/lib/*")
        self.assertFalse(unpack.is_unpacked(done, self.third_party))

    def test_a_pattern_without_a_member_is_an_error(self):
        with self.assertRaisesRegex(pins.SetupError, "has no member 'thing/bin/\\*'"):
            self.unpack("thing/bin/*")
        self.assertFalse(self.third_party.joinpath("thing").exists())

    def test_the_empty_library_is_a_shared_object(self):
        self.unpack("thing/lib/*", empty_library="thing/lib/libempty.so")
        self.assertEqual(b"\x7fELF", (self.third_party / "thing/lib/libempty.so").read_bytes()[:4])


class Fetch(InFolder):
    def setUp(self):
        super().setUp()
        self.enter(mock.patch("fetch.THIRD_PARTY", self.folder / "third_party"))
        self.unpacked = []
        self.enter(mock.patch("fetch.fetch", lambda wanted: self.unpacked.append(wanted.name)))

    def test_an_unknown_group_names_the_known_ones(self):
        with self.assertRaisesRegex(pins.SetupError, "'cup' is no group; give one or more of cpu, gpu, just"):
            fetch.main(["cpu", "cup"])

    def test_a_current_group_is_left_alone(self):
        self.write("third_party/cpu.stamp", pins.read_groups()["cpu"].fingerprint())
        fetch.main(["just", "cpu"])
        self.assertEqual(["just"], self.unpacked)

    def test_a_group_fetched_once_is_kept_up_to_date(self):
        self.write("third_party/gpu.stamp", "of older pins")
        fetch.main(["cpu"])
        self.assertEqual(["cpu", "gpu"], self.unpacked)

    def test_a_full_disk_names_place_and_need(self):
        fetch.wheel_folder().mkdir(parents=True)
        with self.assertRaisesRegex(pins.SetupError, "third_party has .* GB free; a thing and the build need 1000000000 GB"):
            fetch.check_disk(group(free_gigabytes=10**9))


def group(*wheels, **changes):
    fields = dict(name="cpu", about="a thing", free_gigabytes=1, wheels=list(wheels))
    return pins.Group(**{**fields, **dict(replaces=[], moves={}, empty_library=""), **changes})


if __name__ == "__main__":
    outcome = unittest.main(exit=False).result
    failed = len(outcome.failures) + len(outcome.errors)
    # The form of cargo's own summary, so that both are counted alike.
    print(f"test result: {'FAILED' if failed else 'ok'}. {outcome.testsRun - failed} passed; {failed} failed")
    sys.exit(failed > 0)
