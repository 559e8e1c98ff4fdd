"""Head orientation from camera images: a core without ROS, and ROS 2 nodes in ``.ros``."""
