# headpose_ros in a colcon workspace on ROS 2; how to run it: docs/installation.md, "In Docker".
ARG ROS_DISTRO=jazzy
FROM ros:${ROS_DISTRO}-ros-base AS workspace
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
WORKDIR /ws
COPY package.xml requirements.txt src/headpose_ros/
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libgl1 libglib2.0-0 python3-venv \
 && rosdep update --rosdistro "$ROS_DISTRO" \
 && rosdep install --from-paths src --ignore-src --default-yes --dependency-types exec \
 && rm -rf /var/lib/apt/lists/*
RUN python3 -m venv --system-site-packages venv \
 && touch venv/COLCON_IGNORE \
 && venv/bin/pip install --no-cache-dir --requirement src/headpose_ros/requirements.txt

# For .devcontainer: what the tests need too; the sources are mounted.
FROM workspace AS dev
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends git make \
 && rosdep install --from-paths src --ignore-src --default-yes \
 && rm -rf /var/lib/apt/lists/*

FROM workspace
COPY . src/headpose_ros
# hadolint ignore=SC1090
RUN . "/opt/ros/$ROS_DISTRO/setup.bash" \
 && . venv/bin/activate \
 && colcon build --packages-select headpose_ros
ENTRYPOINT ["/bin/bash", "-c", ". venv/bin/activate && . install/setup.bash && exec \"$@\"", "--"]
CMD ["ros2", "launch", "headpose_ros", "headpose.launch.py"]
