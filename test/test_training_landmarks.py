# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""``python -m training landmarks``: stopped and gone on with, on a Dask cluster, and its parts."""

import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import pytest
from test_training_cli import ROOT, dataset, error_of, run  # noqa: F401 (a fixture)

from training import cli
from training.augmentation import AUGMENTATION_NAMES, PLAIN
from training.datasets import read_dataset
from training.detecting import detect_chunks, plan_search, split
from training.errors import TrainingError
from training.landmark_file import LandmarkFile
from training.landmark_parts import Parts

pytestmark = pytest.mark.usefixtures('face_mesh')

# Four chunks, which take about a second each with their augmentations: two for each of two
# processes, so that what is stopped after the first chunk has another second to go.
IMAGES = 30
PATIENCE = 60.0  # seconds, many times what anything here takes

ENVIRONMENT = os.environ | {
    'PYTHONPATH': os.pathsep.join([str(ROOT), str(ROOT / 'src'), os.environ.get('PYTHONPATH', '')])
}


@pytest.fixture(scope='module')
def images(dataset, tmp_path_factory):  # noqa: F811
    folder = tmp_path_factory.mktemp('images')
    for image in sorted(dataset.glob('*.jpg'))[:IMAGES]:
        for file in (image, image.with_suffix('.mat')):
            shutil.copy(file, folder)
    return folder


@pytest.fixture(scope='module')
def whole(images, tmp_path_factory):
    """Landmark file that was made at once, in one process."""
    out = tmp_path_factory.mktemp('whole') / 'landmarks.npz'
    result = run('landmarks', images, '--out', out, '--jobs', 1, cwd=out.parent)
    assert result.returncode == 0, result.stderr
    return out


def start(*arguments, cwd):
    """The command in a process group of its own, as a terminal has it."""
    return subprocess.Popen(
        [sys.executable, '-m', 'training', 'landmarks', *map(str, arguments)],
        stdout=subprocess.DEVNULL,
        stderr=(cwd / 'stderr').open('w'),
        cwd=cwd,
        env=ENVIRONMENT,
        start_new_session=True,
    )


def wait_for(condition, *processes):
    """What a condition gives as soon as it is true; the processes must live until then."""
    end = time.monotonic() + PATIENCE
    while not (result := condition()):
        assert time.monotonic() < end, 'waited in vain'
        for process in processes:
            assert process.poll() is None
        time.sleep(0.005)
    return result


def parts_of(out):
    return sorted(out.with_name(f'{out.name}.parts').glob('*.part.npz'))


def of_session(leader):
    """Processes that a command started, except the one of joblib that cleans up."""
    found = []
    for process in psutil.process_iter(['cmdline']):
        with suppress(ProcessLookupError):
            if os.getsid(process.pid) == leader and 'LokyProcess' in str(process.info['cmdline']):
                found.append(process)
    return found


def blocks_interrupts(process):
    status = Path(f'/proc/{process.pid}/status').read_text()
    (blocked,) = re.findall(r'^SigBlk:\s+(\w+)', status, re.MULTILINE)
    return bool(int(blocked, 16) & 1 << (signal.SIGINT - 1))


@pytest.mark.slow
@pytest.mark.parametrize('how', [signal.SIGKILL, signal.SIGINT])
def test_stopped_in_the_middle_it_goes_on_to_the_same_file(images, whole, tmp_path, how):
    out = tmp_path / 'landmarks.npz'
    process = start(images, '--out', out, '--jobs', 2, cwd=tmp_path)
    wait_for(lambda: parts_of(out), process)
    if how == signal.SIGINT:
        assert all(blocks_interrupts(each) for each in of_session(process.pid))
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.kill()
    process.wait(PATIENCE)
    printed = (tmp_path / 'stderr').read_text()
    assert not out.exists()
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert 'Traceback' not in printed
        assert printed.rstrip().endswith('run the same command to resume')
    else:
        wait_for(lambda: not of_session(process.pid))  # nobody is left behind
        # Cut off, as by a disk that was full or a machine that went down.
        os.truncate(parts_of(out)[0], 3000)
        other = run('landmarks', images, '--out', out, '--no-augment', cwd=tmp_path)
        assert "augmentations ['plain', 'mirrored'" in error_of(other)
        assert 'delete the folder, or use another --out' in error_of(other)
    result = run('landmarks', images, '--out', out, '--jobs', 2, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    if how == signal.SIGINT:
        (share,) = re.findall(r'^resuming: (\d+\.\d)% is done', result.stdout, re.MULTILINE)
        # The bar, as it is shown first.
        shown = re.findall(rf'landmarks: .*\| (\d+)/{IMAGES} \[', result.stderr)
        assert 0 < int(shown[0]) < IMAGES
        assert float(share) == pytest.approx(100.0 * int(shown[0]) / IMAGES, abs=0.1)
    assert out.read_bytes() == whole.read_bytes()
    assert not out.with_name('landmarks.npz.parts').exists()


@pytest.fixture(scope='module')
def cluster(tmp_path_factory):
    """Client of a Dask scheduler with two worker processes."""
    folder = tmp_path_factory.mktemp('cluster')

    def dask(*arguments):
        command = [sys.executable, '-m', 'dask', *map(str, arguments), '--no-dashboard']
        with (folder / f'{len(processes)}.log').open('w') as log:
            process = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, env=ENVIRONMENT, cwd=folder
            )
        processes.append(process)
        return process

    processes = []
    file = folder / 'scheduler.json'
    dask('scheduler', '--host', '127.0.0.1', '--port', 0, '--scheduler-file', file)
    wait_for(file.is_file, *processes)
    # Of several threads each needs a detector of its own.
    for _ in range(2):
        dask('worker', '--scheduler-file', file, '--no-nanny', '--nthreads', 2)
    distributed = pytest.importorskip('distributed')
    with distributed.Client(scheduler_file=str(file)) as client:
        client.wait_for_workers(2, timeout=PATIENCE)
        yield client
    for process in reversed(processes):
        process.terminate()
        process.wait(PATIENCE)


@pytest.mark.slow
def test_dask_makes_the_same_file_though_a_worker_is_killed(images, whole, cluster, tmp_path):
    out = tmp_path / 'landmarks.npz'
    options = ('--backend', 'dask', '--scheduler', cluster.scheduler.address)
    pids = cluster.run(os.getpid)
    process = start(images, '--out', out, *options, cwd=tmp_path)
    busy = wait_for(lambda: [w for w, tasks in cluster.processing().items() if tasks], process)
    os.kill(pids[busy[0]], signal.SIGKILL)
    assert process.wait(PATIENCE) == 0, (tmp_path / 'stderr').read_text()
    assert out.read_bytes() == whole.read_bytes()


@pytest.mark.slow
def test_what_a_worker_of_dask_cannot_read_is_named(images, cluster):
    data = read_dataset(images)
    search = plan_search('face_mesh', [PLAIN], None)
    (sample, *_) = data.samples
    object.__setattr__(sample, 'image', images / 'elsewhere.jpg')
    with pytest.raises(TrainingError, match='elsewhere.jpg: no such image on '):
        list(detect_chunks(search, [(0, [sample])], scheduler=cluster.scheduler.address))


def complaint(capsys, *arguments):
    assert cli.main(['landmarks', *map(str, arguments)]) == 1
    return capsys.readouterr().err.splitlines()[-1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ('options', 'words'),
    [
        (['--backend', 'dask'], 'error: --backend dask requires --scheduler ADDRESS'),
        (['--scheduler', 'tcp://h:1'], 'without --backend dask'),
        (
            ['--backend', 'dask', '--scheduler', 'tcp://h:1', '--jobs', '2'],
            'error: --jobs is 2, but a Dask cluster',
        ),
        (
            ['--backend', 'dask', '--scheduler', 'tcp://127.0.0.1:9'],
            'error: tcp://127.0.0.1:9: no response from a Dask scheduler',
        ),
    ],
)
def test_dask_without_what_it_needs_is_an_error(
    images, tmp_path, capsys, options, words
):
    out = tmp_path / 'landmarks.npz'
    assert words in complaint(capsys, images, '--out', out, *options)
    assert not list(tmp_path.iterdir())


def test_dask_that_is_not_installed_is_an_error(images, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, 'distributed', None)
    options = ('--out', tmp_path / 'x.npz', '--backend', 'dask', '--scheduler', 'tcp://h:1')
    assert "pip install '.[training,dask]'" in complaint(capsys, images, *options)


def test_a_file_that_another_process_makes_is_left_to_it(images, tmp_path, capsys):
    folder = tmp_path / 'x.npz.parts'
    folder.mkdir()
    lock = os.open(folder, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        told = complaint(capsys, images, '--out', tmp_path / 'x.npz')
    finally:
        os.close(lock)
    assert 'x.npz is being written by another process' in told
    assert folder.is_dir()


def test_a_folder_of_something_else_is_left_alone(images, tmp_path, capsys):
    folder = tmp_path / 'x.npz.parts'
    folder.mkdir()
    (folder / 'mine').touch()
    told = complaint(capsys, images, '--out', tmp_path / 'x.npz')
    assert 'x.npz.parts has other contents than parts' in told
    assert (folder / 'mine').is_file()


def test_parts_of_other_labels_are_refused(images, tmp_path):
    data = read_dataset(images)
    search = plan_search('face_mesh', [PLAIN], None)
    with Parts(tmp_path / 'x.npz', data, search) as parts:
        (chunk,) = detect_chunks(search, [(0, split(data.samples)[0])], jobs=1)
        parts.add(chunk)
    data.samples[0].label[0] += 0.1
    with pytest.raises(TrainingError, match='sha256 of names and labels'):
        Parts(tmp_path / 'x.npz', data, search).__enter__()


@pytest.mark.slow
def test_the_file_is_what_numpy_writes(whole, tmp_path):
    data = LandmarkFile.load(whole)
    assert len(data.names) == IMAGES * len(AUGMENTATION_NAMES)
    assert list(data.names[: len(AUGMENTATION_NAMES)]) == ['image00000'] * len(AUGMENTATION_NAMES)
    data.save(tmp_path / 'saved.npz')
    assert (tmp_path / 'saved.npz').read_bytes() == whole.read_bytes()
    with np.load(whole) as archive:
        assert archive['landmarks'].shape == (IMAGES * len(AUGMENTATION_NAMES), 468, 3)


def test_names_of_different_lengths_are_read_again(images, tmp_path):
    for file in images.glob('image0000[01].*'):
        name = 'short' if file.stem.endswith('0') else 'a_longer_name'
        shutil.copy(file, tmp_path / f'{name}{file.suffix}')
    out = tmp_path / 'landmarks.npz'
    arguments = ['--out', str(out), '--no-augment', '--jobs', '1']
    assert cli.main(['landmarks', str(tmp_path), *arguments]) == 0
    data = LandmarkFile.load(out)
    assert data.names.tolist() == data.groups.tolist() == ['a_longer_name', 'short']
