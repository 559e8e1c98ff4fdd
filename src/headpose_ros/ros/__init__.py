"""The ROS 2 side: nodes, parameters and messages around the core."""
