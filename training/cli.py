# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Command line of the training: ``python -m training``.

Each command imports what it needs itself: scikit-learn and matplotlib take seconds to load, also
in each process started by ``landmarks``.
"""

from pathlib import Path
from typing import Annotated, Literal

import typer

from headpose_ros.cli.command_line import CommandLine
from headpose_ros.cli.options import Bundle, Detector
from headpose_ros.regression.features import FEATURE_SETS
from training.augmentation import AUGMENTATION_NAMES, PLAIN
from training.baselines.network_process import INSTALL
from training.baselines.networks import NETWORKS
from training.command_checks import (
    Backend,
    check_backend,
    check_can_write,
    check_candidates,
    check_features,
    check_jobs,
    check_regressor_or_file,
    make_folder,
)
from training.datasets import describe_rest, obstacle_to_training, read_dataset
from training.detecting import plan_search
from training.landmark_file import LandmarkFile
from training.landmark_parts import Parts
from training.landmarks import found_table, store_landmarks

app = CommandLine(
    help='Train and evaluate head-pose regressors. Start with "landmarks".', no_args_is_help=True
)

Network = Annotated[
    Literal['face_mesh', 'face_landmarker'], typer.Option('--detector', help='Landmark network.')
]
Landmarks = Annotated[Path, typer.Argument(help='Landmark file written by "landmarks".')]
Folds = Annotated[int, typer.Option(help='Cross-validation folds.')]
Repeats = Annotated[int, typer.Option(help='Repeats of the cross-validation, with other splits.')]
Jobs = Annotated[int, typer.Option(help='Processes; -1: one per core.', callback=check_jobs)]


@app.command()
def landmarks(
    dataset: Annotated[
        Path,
        typer.Argument(help="Folder of (or laid out as) AFLW2000-3D, 300W-LP, Pointing'04, BIWI."),
    ],
    out: Annotated[Path, typer.Option(help='Landmark file to write.')] = Path('landmarks.npz'),
    detector: Network = 'face_mesh',
    bundle: Bundle = None,
    augment: Annotated[
        bool, typer.Option(help='Also augment: mirrored, rotated, degraded and rendered images.')
    ] = True,
    jobs: Jobs = -1,
    backend: Annotated[
        Backend, typer.Option(help='Local processes or a Dask cluster.')
    ] = 'processes',
    scheduler: Annotated[
        str | None, typer.Option(help='Address of the Dask scheduler, such as tcp://host:8786.')
    ] = None,
) -> None:
    """Detect the landmarks of the labelled faces of a dataset.

    Reads the images and labels of a dataset folder, writes a landmark file (.npz), and prints the
    detection rate. Progress is kept in a folder OUT.parts: after an interruption, run the same
    command to resume.
    """
    check_backend(backend, scheduler, jobs)
    check_can_write(out)
    data = read_dataset(dataset)
    typer.echo(
        f'{data.name}: {len(data.samples)} images, {data.left_out} excluded by angle'
    )
    if rest := describe_rest(data):
        typer.echo(rest)
    obstacle = obstacle_to_training(data.name, data.terms, data.has_roll)
    names = AUGMENTATION_NAMES if augment and not obstacle else [PLAIN]
    if augment and obstacle:
        typer.echo(f'{obstacle}: no augmentation')
    search = plan_search(detector, names, bundle)
    with Parts(out, data, search) as parts:
        if parts.done:
            typer.echo(f'resuming: {parts.share_done:.1%} is done, in {parts.folder}')
        try:
            table = store_landmarks(data, search, parts, out, jobs, scheduler)
        except KeyboardInterrupt:
            typer.echo('interrupted; run the same command to resume', err=True)
            raise typer.Exit(130) from None
    typer.echo(table.to_markdown(index=False))
    typer.echo(f'wrote {out}')


@app.command()
def compare(
    landmarks: Landmarks,
    out: Annotated[Path, typer.Option(help='Folder for tables and plots.')] = Path('results'),
    only: Annotated[
        list[str] | None,
        typer.Option(
            help='Only this regressor, by its name in the table; append " + augmentation" to '
            'train it with augmentation; may be repeated.',
            metavar='REGRESSOR',
            callback=check_candidates,
        ),
    ] = None,
    features: Annotated[
        list[str] | None,
        typer.Option(
            help='Only this feature set; may be repeated.',
            metavar='|'.join(FEATURE_SETS),
            callback=check_features,
        ),
    ] = None,
    folds: Folds = 5,
    repeats: Repeats = 3,
    others: Annotated[
        list[Path] | None,
        typer.Option(
            help='Landmark file of another dataset, for testing only; may be repeated.'
        ),
    ] = None,
    faces: Annotated[
        Path | None,
        typer.Option(help='Another landmark file: score only faces also found in it.'),
    ] = None,
    jobs: Jobs = -1,
) -> None:
    """Compare feature sets and regressors by repeated k-fold cross-validation.

    With --others, regressors trained on all data are also tested on other datasets.

    Reads a landmark file, writes results.md, results.csv and plots (.png).
    """
    from training.compare import SHIPPED
    from training.compare import compare as compare_regressors
    from training.crossval import Protocol
    from training.regressors import REGRESSORS

    make_folder(out)
    protocol = Protocol(folds, repeats, augmented=False)
    data = LandmarkFile.load(landmarks)
    everything = [*REGRESSORS, *([] if data.plain.all() else [SHIPPED])]
    candidates = [
        (feature_set, regressor)
        for feature_set in features or FEATURE_SETS
        for regressor in only or everything
    ]
    scored = data.found_in(LandmarkFile.load(faces)) if faces else None
    elsewhere = [LandmarkFile.load(other) for other in others or ()]
    table = compare_regressors(
        data, candidates, protocol, out, jobs, scored, elsewhere
    )
    typer.echo(table)
    typer.echo(f'wrote {out}/results.md, results.csv and plots')


@app.command()
def fit(
    landmarks: Landmarks,
    out: Annotated[Path, typer.Option(help='Folder for the model and its card.')] = Path('models'),
    regressor: Annotated[
        str | None,
        typer.Option(
            help='Regressor, by its name in "compare", or a .joblib with any scikit-learn '
            'regressor, fitted or not, from a trusted source (loading one executes code). '
            'Default: that of the built-in models.',
            metavar='NAME|FILE',
            callback=check_regressor_or_file,
        ),
    ] = None,
    features: Annotated[
        str | None,
        typer.Option(
            help='Feature set. Default: that of the built-in models.',
            metavar='|'.join(FEATURE_SETS),
            callback=check_features,
        ),
    ] = None,
    folds: Folds = 5,
    repeats: Repeats = 3,
    augment: Annotated[
        bool, typer.Option(help='Train on the augmentations in the landmark file too.')
    ] = True,
    jobs: Jobs = -1,
) -> None:
    """Train a model and write it with its model card.

    Reads a landmark file, cross-validates, trains on all data, and writes (overwrites)
    DETECTOR.npz, the model, with its checksum in SHA256SUMS, if the regressor has a plain numpy
    form; DETECTOR.joblib, the same for scikit-learn; and DETECTOR.md, the model card.
    """
    from training.crossval import Protocol
    from training.evaluate import figures_table
    from training.fit import DEFAULT_FEATURES, DEFAULT_REGRESSOR, fit_model
    from training.model_card import coverage_table, small_faces_table, sure_faces_table

    make_folder(out)
    data = LandmarkFile.load(landmarks)
    protocol = Protocol(folds, repeats, augment)
    description, obstacle = fit_model(
        data, regressor or DEFAULT_REGRESSOR, features or DEFAULT_FEATURES, protocol, out, jobs
    )
    typer.echo(description.protocol)
    typer.echo(figures_table(description.figures))
    typer.echo(coverage_table(description))
    typer.echo(small_faces_table(description))
    typer.echo(sure_faces_table(description))
    typer.echo(found_table(data).to_markdown(index=False))
    model = out / data.detector
    if obstacle:
        typer.echo(
            f'{model}.npz not written: {obstacle}; to run the .joblib with scikit-learn, set the '
            'parameter model of the node to it'
        )
    typer.echo(f'wrote {model}{"" if obstacle else ".npz,"} .joblib and .md')


@app.command()
def evaluate(
    data: Annotated[Path, typer.Argument(help='Dataset folder, or a landmark file.')],
    model: Annotated[
        Path | None,
        typer.Option(
            help='Model file (.npz), or a .joblib from a trusted source (loading one executes '
            'code). Default: the built-in model.'
        ),
    ] = None,
    detector: Detector = 'face_mesh',
    bundle: Bundle = None,
    out: Annotated[Path, typer.Option(help='Folder for report and plots.')] = Path('evaluation'),
    jobs: Jobs = -1,
) -> None:
    """Evaluate a model on a dataset.

    Reads a dataset folder or landmark file, prints error figures and the detection rate, and
    writes them with plots to a folder; for a dataset folder also the images with the largest
    errors, with labelled and estimated axes.
    """
    from training.evaluate import evaluate as evaluate_model

    make_folder(out)
    typer.echo(evaluate_model(data, model, detector, out, jobs, bundle))
    typer.echo(f'wrote {out}')


@app.command()
def benchmark(
    dataset: Annotated[Path, typer.Argument(help='Folder of AFLW2000-3D.')],
    pointing04: Annotated[
        Path | None, typer.Option(help="Folder of Pointing'04, for another test.")
    ] = None,
    biwi: Annotated[
        Path | None, typer.Option(help='Folder of BIWI, for another test, in camera axes.')
    ] = None,
    out: Annotated[Path, typer.Option(help='Folder for tables and plot.')] = Path(
        'benchmark'
    ),
    baselines_python: Annotated[
        Path | None,
        typer.Option(
            help=f'Path of {INSTALL}, to run {" and ".join(NETWORKS)}; otherwise they are skipped.'
        ),
    ] = None,
    landmarks: Annotated[
        list[Path] | None,
        typer.Option(
            help='Landmark file of one dataset and detector; may be repeated. Missing landmarks '
            'are extracted.'
        ),
    ] = None,
    bundle: Bundle = None,
    folds: Folds = 5,
    repeats: Repeats = 3,
    jobs: Jobs = -1,
) -> None:
    """Compare with baselines on the same images and faces.

    Cross-validates what is trained on the first dataset, runs the baselines, tests all on the
    other datasets, and writes benchmark.md, benchmark.csv and benchmark.png.
    """
    from training import benchmark as benchmarking
    from training.crossval import Protocol

    make_folder(out)
    setup = benchmarking.Setup(Protocol(folds, repeats), baselines_python, bundle, jobs)
    tests = [folder for folder in (pointing04, biwi) if folder]
    typer.echo(benchmarking.benchmark(dataset, out, setup, tests, landmarks or []))
    typer.echo(f'wrote {out}/benchmark.md, benchmark.csv and benchmark.png')


def main(args: list[str] | None = None) -> int:
    """Run a command and return the exit code.

    :param args: command-line arguments; ``None`` for those of the process.
    """
    return app.run('python -m training', args)
