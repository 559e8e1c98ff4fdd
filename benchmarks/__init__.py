"""Programs that measure the node, for anybody to run; not needed on a robot."""
