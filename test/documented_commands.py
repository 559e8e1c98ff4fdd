# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""How each command of the pages is run by the tests: one table."""

from dataclasses import dataclass

AS_IT_IS = '{}'  # stands for the command, in ``How.run`` too


@dataclass(frozen=True)
class How:
    """How a command is run.

    :ivar run: what bash runs in a copy of this repository, with ``$ROOT`` for this one and
        ``python``, ``pip``, ``headpose`` and ``make`` those of the tests; empty where another test
        runs the command.
    :ivar by: the test that runs it or what it starts, ``file.py::name``.
    :ivar needs: what bash must be able to do, else the command is skipped.
    :ivar beside_nodes: camera_node and headpose_node run meanwhile.
    """

    run: str = ''
    by: str = ''
    needs: str = ''
    beside_nodes: bool = False


def _here(run: str = AS_IT_IS, needs: str = '') -> How:
    return How(run=run, needs=needs)


def _by(test: str) -> How:
    return How(by=test)


def _beside_nodes(run: str) -> How:
    # All of the list is read: ros2 tells a pipe that closes early with a traceback.
    there = 'until ros2 topic list | grep /head_pose/face_count > /dev/null; do sleep 0.5; done'
    return How(run=f'{there}; timeout 60 {run}', needs='command -v ros2', beside_nodes=True)


def _apt(*packages: str) -> How:
    names = ' '.join(packages)
    return _here(f'apt-get install --simulate {names}', needs=f'apt-cache show {names}')


def _profile(variable: str) -> How:
    # Fast DDS reads the file when a context begins, and prints what is wrong with it.
    return _here(
        f'export {variable}="$ROOT/config/fastdds_large_images.xml" && test -f "${variable}" && '
        'test -z "$(python -c "import rclpy; rclpy.init()" 2>&1)"'
    )


_CLI, _LAUNCH, _EXAMPLES = 'test_training_cli.py', 'test_launch.py', 'test_examples.py'
_LAUNCHED = _by(f'{_LAUNCH}::test_launched_node_gives_poses_and_ends_cleanly')
_VIEWED = _by(f'{_LAUNCH}::test_pages_are_served_and_end_cleanly')
_HRI = _by('test_hri.py::test_people_come_and_go_with_their_topics')
_MERGED = _by('test_hri.py::test_several_cameras_have_one_list')
_DASK = _by('test_training_landmarks.py::test_dask_makes_the_same_file_though_a_worker_is_killed')

# The order is that of the pages; what needs the output of another comes after it, as there.
TABLE = {
    # --- on a machine without ROS
    'make demo': _by('test_demo.py::test_it_shows_poses_and_leaves_a_video'),
    'make demo SOURCE=/dev/video0': _here('make demo SOURCE=faces DURATION=1'),
    'make test': _here('PYTEST_ADDOPTS=test/test_primary.py make test'),
    'make bench': How(
        run='make --dry-run bench && python -m benchmarks report --help',
        by='test_benchmarks.py::test_the_estimator_is_compared_with_the_bare_loop',
    ),
    # --- on a robot
    'mkdir -p ~/ros2_ws/src && cd ~/ros2_ws': _here(f'HOME=$PWD && {AS_IT_IS}'),
    'git clone <address of this repository> src/headpose_ros': _here(
        'git clone --depth 1 "file://$ROOT" cloned', needs='git -C "$ROOT" rev-parse HEAD'
    ),
    'rosdep install --from-paths src --ignore-src -y': _here(
        f'{AS_IT_IS} --simulate', needs='command -v rosdep'
    ),
    'python3 -m venv --system-site-packages venv && touch venv/COLCON_IGNORE': _here(
        'python3 -m venv --without-pip --system-site-packages venv && touch venv/COLCON_IGNORE'
    ),
    '. venv/bin/activate': _here(f'{AS_IT_IS} && test "$VIRTUAL_ENV" = "$PWD/venv"'),
    # What is installed already satisfies them, and what is not would be downloaded.
    'pip install -r src/headpose_ros/requirements.txt': _here(
        'pip install --no-index -r requirements.txt'
    ),
    "pip install '.[training]'": _here(
        "pip install --no-index --dry-run 'headpose_ros[training]'",
        needs='pip show headpose_ros',
    ),
    'colcon build --packages-select headpose_ros': _LAUNCHED,
    '. install/setup.bash': _LAUNCHED,
    'ros2 launch headpose_ros headpose.launch.py image:=/camera/image_raw': _LAUNCHED,
    'ros2 launch headpose_ros headpose.launch.py namespace:=robot image:=/camera/image_raw':
        _LAUNCHED,
    'ros2 launch headpose_ros headpose.launch.py image:=/camera/image_raw depth:=/camera/depth':
        _by(f'{_LAUNCH}::test_depth_is_used_where_its_topic_is_named'),
    'ros2 launch headpose_ros headpose_multi.launch.py cameras:=front,rear image:=image_raw':
        _by(f'{_LAUNCH}::test_several_cameras_have_a_node_each'),
    'docker build --build-arg ROS_DISTRO=humble --tag headpose_ros .': _here(
        needs='docker image inspect ros:humble-ros-base'
    ),
    'docker run --rm --net=host --ipc=host headpose_ros '
    'ros2 launch headpose_ros headpose.launch.py image:=/camera/image_raw': _here(
        f'{AS_IT_IS} --show-args', needs='docker image inspect headpose_ros'
    ),
    'sudo apt install ros-$ROS_DISTRO-usb-cam': _apt('ros-$ROS_DISTRO-usb-cam'),
    'sudo apt install python3-venv': _apt('python3-venv'),
    'sudo apt install libegl1 libgles2': _apt('libegl1', 'libgles2'),
    'ros2 run rqt_image_view rqt_image_view /head_pose/annotated_image': _here(
        'ros2 pkg executables rqt_image_view', needs='ros2 pkg prefix rqt_image_view'
    ),
    'export FASTRTPS_DEFAULT_PROFILES_FILE='
    '$(ros2 pkg prefix --share headpose_ros)/config/fastdds_large_images.xml':
        _profile('FASTRTPS_DEFAULT_PROFILES_FILE'),
    'export FASTDDS_DEFAULT_PROFILES_FILE='
    '$(ros2 pkg prefix --share headpose_ros)/config/fastdds_large_images.xml':
        _profile('FASTDDS_DEFAULT_PROFILES_FILE'),
    'headpose fetch-model':
        _by('test_fetch_model.py::test_it_says_what_it_does_and_leaves_the_file'),
    'headpose fetch-model yunet': _by(
        'test_fetch_model.py::test_each_file_has_a_place_a_checksum_and_terms_of_its_own'
    ),
    'export https_proxy=http://127.0.0.1:9': _here(
        f'{AS_IT_IS} && '
        '''test "$(python -c 'import urllib.request as r; print(r.getproxies()["https"])')" '''
        '= http://127.0.0.1:9'
    ),
    # --- files
    'headpose video video.mp4 --out heads.csv --annotated drawn.mp4': _here(),
    'headpose image photo.jpg folder --out heads.csv': _here(
        'headpose image photo.jpg faces --out images.csv'
    ),
    'headpose video video.mp4 --annotated drawn.mp4': _here(f'{AS_IT_IS} --force'),
    'headpose video /dev/video0':
        _by('test_files_video.py::test_what_was_written_until_it_is_stopped_is_whole'),
    'headpose bag recording --topic /camera/image_raw':
        _by('test_files_bag.py::test_the_topic_is_named_where_there_are_several'),
    'headpose bag recording --depth /camera/camera/aligned_depth_to_color/image_raw':
        _by('test_files_depth.py::test_any_topic_can_be_named_and_depth_may_be_recorded_later'),
    'python -m pytest -rP test/test_depth.py':
        _by('test_depth.py::test_position_within_two_percent_and_15_mm'),
    'python -m benchmarks depth': _by('test_benchmarks.py::test_depth_is_measured'),
    'headpose info recording':
        _by('test_files_video.py::test_info_says_what_a_file_is_and_what_is_installed'),
    'headpose video sample | head -4': _here(),
    'python -c "import pandas; print(pandas.read_csv(\'heads.csv\').describe())"': _here(),
    "headpose video video.mp4 --format jsonl | jq 'select(.primary == 1) | .yaw_deg'": _here(
        needs='command -v jq'
    ),
    # --- looking at it
    'make demo VIEW=1': _by('test_demo.py::test_with_view_it_starts_the_page'),
    "pip install 'nicegui>=3.5,<4'": _here(
        "pip install --no-index 'nicegui>=3.5,<4'", needs='pip show nicegui'
    ),
    'ros2 launch headpose_ros headpose.launch.py view:=true': _VIEWED,
    'sudo apt install ros-$ROS_DISTRO-hri-msgs': _apt('ros-$ROS_DISTRO-hri-msgs'),
    'ros2 launch headpose_ros headpose.launch.py image:=/camera/image_raw hri:=true': _HRI,
    'ros2 topic echo /humans/faces/tracked': _HRI,
    'ros2 launch headpose_ros headpose_multi.launch.py cameras:=front,rear image:=image_raw '
    'hri:=true': _by(f'{_LAUNCH}::test_several_cameras_have_one_list_of_faces'),
    'ros2 run headpose_ros headpose_node --ros-args -r __ns:=/front -p publish_hri:=true '
    '-p id_prefix:=front_ -r /humans/faces/tracked:=humans/faces/tracked': _MERGED,
    'ros2 run headpose_ros faces_node --ros-args -p cameras:=front,rear': _MERGED,
    'ros2 run headpose_ros view_node': _by('test_view.py::test_image_moves_and_plot_grows'),
    'ssh -L 8080:localhost:8080 ROBOT': _here(
        'ssh -G -L 8080:localhost:8080 ROBOT', needs='command -v ssh'
    ),
    'sudo apt install ros-$ROS_DISTRO-rqt-image-view': _apt('ros-$ROS_DISTRO-rqt-image-view'),
    'sudo apt install ros-$ROS_DISTRO-rviz2': _apt('ros-$ROS_DISTRO-rviz2'),
    'rviz2 -d $(ros2 pkg prefix --share headpose_ros)/config/headpose.rviz':
        _by('test_view.py::test_rviz_is_set_up_for_topics_that_there_are'),
    'sudo apt install ros-$ROS_DISTRO-plotjuggler-ros': _apt('ros-$ROS_DISTRO-plotjuggler-ros'),
    'ros2 run plotjuggler plotjuggler': _here(
        'ros2 pkg executables plotjuggler', needs='ros2 pkg prefix plotjuggler'
    ),
    'ros2 param set /headpose_node draw_mesh true': _beside_nodes(AS_IT_IS),
    # --- topics, services, nodes
    'ros2 topic echo /head_pose': _beside_nodes('ros2 topic echo --once /head_pose'),
    'ros2 topic echo /head_pose/face_count': _beside_nodes(
        'ros2 topic echo --once /head_pose/face_count'
    ),
    'ros2 topic echo --once /diagnostics': _beside_nodes(AS_IT_IS),
    'ros2 topic hz /camera/image_raw': _beside_nodes(
        'timeout -s INT 15 ros2 topic hz --window 10 /image | grep "average rate"'
    ),
    'ros2 topic info --verbose /head_pose': _beside_nodes(AS_IT_IS),
    'ros2 topic info /head_pose/annotated_image': _beside_nodes(AS_IT_IS),
    'ros2 service call /headpose_node/calibrate_neutral std_srvs/srv/Trigger':
        _beside_nodes(AS_IT_IS),
    'ros2 param set /headpose_node smoothing_min_cutoff 0.2': _beside_nodes(AS_IT_IS),
    'ros2 run headpose_ros headpose_node --ros-args -p detector:=face_landmarker':
        _by('test_face_landmarker.py::test_the_node_runs_it_with_the_bundle_of_its_parameter'),
    'ros2 run headpose_ros headpose_node --ros-args -p model:=$PWD/my_model/face_mesh.npz':
        _by('test_node_lifecycle.py::test_what_was_missing_may_come'),
    'ros2 run headpose_ros headpose_node --ros-args '
    '-p model:=$PWD/my_regressor/face_mesh.joblib':
        _by('test_node_lifecycle.py::test_a_joblib_file_runs_with_warnings'),
    'ros2 run headpose_ros camera_node --ros-args -p source:=video.mp4':
        _by('test_camera_node.py::test_a_video_keeps_its_rate'),
    'python -m benchmarks outputs': _by('test_benchmarks.py::test_what_messages_cost'),
    'python -m pytest -rP test/test_landmarks70.py':
        _by('test_landmarks70.py::test_points_are_those_of_aflw2000'),
    'python -m pytest -rP test/test_one_euro.py':
        _by('test_one_euro.py::test_a_still_head_jitters_less_by_60_percent'),
    # --- training on AFLW2000-3D
    'python -m training landmarks AFLW2000 --out landmarks.npz':
        _by(f'{_CLI}::test_landmarks_prints_the_share_of_faces_found'),
    'python -m training compare landmarks.npz --out results':
        _by(f'{_CLI}::test_compare_writes_tables_and_plots'),
    'python -m training fit landmarks.npz --out models':
        _by(f'{_CLI}::test_fit_writes_a_model_that_describes_itself'),
    'python -m training evaluate AFLW2000 --out evaluation':
        _by(f'{_CLI}::test_evaluate_measures_a_model_on_a_folder'),
    'python -m training evaluate POINTING04':
        _by(f'{_CLI}::test_evaluate_measures_a_model_on_a_folder'),
    'python -m training evaluate BIWI':
        _by('test_training_biwi.py::test_evaluate_measures_in_the_axes_of_the_camera'),
    'python -m training benchmark AFLW2000 --pointing04 POINTING04 --biwi BIWI '
    '--baselines-python PATH':
        _by('test_training_benchmark.py::test_the_command_measures_every_method'),
    'python -m dask scheduler': _DASK,
    'python -m dask worker ADDRESS': _DASK,
    'python -m training landmarks 300W_LP --backend dask --scheduler ADDRESS': _DASK,
    # --- examples
    'python3 examples/turn_head.py --ros-args '
    '-r joint_trajectory:=/head_controller/joint_trajectory':
        _by(f'{_EXAMPLES}::test_a_head_turns_to_the_person_and_back_when_there_is_none'),
    'python3 examples/who_looks_at_me.py':
        _by(f'{_EXAMPLES}::test_who_looks_is_told_of_each_and_stays_told_in_between'),
    'python3 examples/read_hri_faces.py --ros-args -p frame:=base_link':
        _by(f'{_EXAMPLES}::test_faces_of_ros4hri_are_read_as_long_as_they_are_published'),
    'python examples/train_on_my_photos.py MY_PHOTOS':
        _by('test_example_training.py::test_it_trains_on_photographs_and_reads_one_more'),
    # --- figures
    'python docs/notes/plot_tried.py': _here(),
    'python docs/make_axes_figure.py': _here(),
    'python docs/make_figures.py': _here(),
    # --- training on one's own data, on what the snippet before it has written
    'python -m training landmarks MY_DATA --out mine.npz': _here(f'{AS_IT_IS} --jobs 1'),
    'python -m training fit mine.npz --out my_model': _here(
        f'{AS_IT_IS} --regressor ridge --folds 2 --repeats 1 --jobs 1'
    ),
    'python -m training fit mine.npz --regressor my_regressor.joblib --out my_regressor':
        _here(f'{AS_IT_IS} --features six --folds 2 --repeats 1 --jobs 1'),
    'python -m training evaluate POINTING04 --model my_model/face_mesh.npz --out on_others':
        _here(f'{AS_IT_IS} --jobs 1'),
}
