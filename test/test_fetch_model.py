# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The download of networks, from a web server of the test's own."""

import fcntl
import hashlib
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import threading
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler

import pytest

from headpose_ros.assets.bundle import ASSETS
from headpose_ros.cli.main import main


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder; of files in ``broken/`` the second half never comes."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        if not self.path.startswith('/broken/'):
            return super().do_GET()
        with open(self.translate_path(self.path), 'rb') as file:
            content = file.read()
        self.send_response(200)
        self.send_header('Content-Length', str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2])
        self.wfile.flush()
        self.server.half_is_sent.set()
        if self.path.startswith('/broken/stalled'):
            self.server.may_end.wait()


@pytest.fixture
def server(tmp_path):
    """A running server, with the folder and the address of what it serves."""
    folder = tmp_path / 'served'
    (folder / 'broken').mkdir(parents=True)
    server = HTTPServer(('127.0.0.1', 0), partial(Handler, directory=folder))
    server.folder, server.address = folder, f'http://127.0.0.1:{server.server_port}'
    server.half_is_sent, server.may_end = threading.Event(), threading.Event()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.may_end.set()
    server.shutdown()
    thread.join()
    server.server_close()


def serve(server, name, content):
    (server.folder / name).write_bytes(content)
    return f'{server.address}/{name}'


def refusal(capsys, *arguments):
    """The one sentence with which it ends."""
    assert main(['fetch-model', *map(str, arguments)]) == 1
    error = capsys.readouterr().err
    assert error.startswith('error: ') and error.count('\n') == 1
    return error


def test_it_says_what_it_does_and_leaves_the_file(server, bundle, tmp_path, capsys):
    url, out = serve(server, 'model.task', bundle.read_bytes()), tmp_path / 'new/folder/model.task'
    assert main(['fetch-model', '--url', url, '--out', str(out)]) == 0
    told = capsys.readouterr().out
    assert f'downloading {url} (3.8 MB) to {out}\n' in told
    assert 'Apache-2.0' in told and 'model card' in told
    assert 'HEADPOSE_FACE_LANDMARKER' in told
    assert out.read_bytes() == bundle.read_bytes()
    assert list(out.parent.iterdir()) == [out]
    assert out.stat().st_mode & 0o444 == 0o444  # for the node of another user


def test_the_default_is_where_the_detector_looks(server, bundle, tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_DATA_HOME', str(tmp_path / 'data'))
    url = serve(server, 'model.task', bundle.read_bytes())
    assert main(['fetch-model', '--url', url]) == 0
    from headpose_ros.assets.bundle import find_bundle

    monkeypatch.delenv('HEADPOSE_FACE_LANDMARKER', raising=False)
    assert find_bundle() == tmp_path / 'data/headpose_ros/face_landmarker.task'


@pytest.mark.parametrize('name', ASSETS)
def test_each_file_has_a_place_a_checksum_and_terms_of_its_own(
    server, name, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv('XDG_DATA_HOME', str(tmp_path / 'data'))
    content, asset = name.encode(), ASSETS[name]
    url = serve(server, 'network', content)
    assert 'wrong checksum' in refusal(capsys, name, '--url', url)
    assert not asset.path.exists()
    right = asset._replace(sha256=hashlib.sha256(content).hexdigest())
    monkeypatch.setitem(ASSETS, name, right)
    assert main(['fetch-model', name, '--url', url]) == 0
    told = capsys.readouterr().out
    assert asset.terms in told and 'model card' in told
    assert f'({asset.size / 1e6:.1f} MB) to {asset.path}\n' in told
    assert asset.path.read_bytes() == content
    assert asset.path.parent == tmp_path / 'data/headpose_ros'


def test_what_is_there_is_not_downloaded_again(bundle, tmp_path, capsys):
    out = tmp_path / 'model.task'
    out.write_bytes(bundle.read_bytes())
    assert main(['fetch-model', '--url', 'http://127.0.0.1:9/', '--out', str(out)]) == 0
    assert f'{out} is up to date' in capsys.readouterr().out


def test_another_file_is_replaced_only_by_the_right_one(server, bundle, tmp_path, capsys):
    out = tmp_path / 'model.task'
    out.write_text('mine')
    bad = serve(server, 'bad.task', b'not this one')
    assert 'wrong checksum' in refusal(capsys, '--url', bad, '--out', out)
    assert out.read_text() == 'mine'
    assert {each.name for each in tmp_path.iterdir()} == {'model.task', 'served'}
    good = serve(server, 'good.task', bundle.read_bytes())
    assert main(['fetch-model', '--url', good, '--out', str(out)]) == 0
    assert 'replacing the existing file' in capsys.readouterr().out
    assert out.read_bytes() == bundle.read_bytes()


def test_what_goes_wrong_is_told_in_one_sentence(server, tmp_path, capsys):
    out = tmp_path / 'model.task'
    half = serve(server, 'broken/half.task', bytes(300_000))
    for url, told in (
        (f'{server.address}/nothing', '(404 Client Error: File not found for url: '),
        (half, '(IncompleteRead(150000 bytes read, 150000 more expected)); check the URL'),
        ('http://127.0.0.1:9/', '([Errno 111] Connection refused); check the URL'),
        ('http://no.such.invalid/', 'no.such.invalid/ cannot be downloaded ([Errno '),
        ('no address', 'no address cannot be downloaded ('),
    ):
        assert told in refusal(capsys, '--url', url, '--out', out)
        assert {each.name for each in tmp_path.iterdir()} == {'served'}


def test_where_it_cannot_be_written_is_told(server, bundle, tmp_path, capsys):
    url = serve(server, 'model.task', bundle.read_bytes())
    (tmp_path / 'file').write_text('')
    for out, told in (
        (tmp_path, 'is a folder; specify a file'),
        (tmp_path / 'file/model.task', 'cannot be written: '),
        ('/proc/model.task', 'cannot be written: '),
    ):
        assert told in refusal(capsys, '--url', url, '--out', out)


@pytest.mark.slow
def test_ctrl_c_leaves_nothing_behind(server, tmp_path):
    url, out = serve(server, 'broken/stalled.task', bytes(300_000)), tmp_path / 'model.task'
    process = subprocess.Popen(
        [sys.executable, '-m', 'headpose_ros', 'fetch-model', '--url', url, '--out', out],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.half_is_sent.wait(60)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert (process.returncode, error) == (1, 'error: interrupted; nothing was kept\n')
    assert {each.name for each in tmp_path.iterdir()} == {'served'}


@pytest.mark.slow
def test_a_terminal_sees_progress(server, bundle, tmp_path):
    url = serve(server, 'model.task', bundle.read_bytes())
    command = [sys.executable, '-m', 'headpose_ros', 'fetch-model', '--url', url, '--out']
    master, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))
    subprocess.run([*command, tmp_path / 'seen.task'], stderr=terminal, check=True, timeout=60)
    os.close(terminal)
    assert b'/3.76M [' in os.read(master, 100_000)
    os.close(master)
    piped = subprocess.run(
        [*command, tmp_path / 'piped.task'], stderr=subprocess.PIPE, check=True, timeout=60
    )
    assert piped.stderr == b''
