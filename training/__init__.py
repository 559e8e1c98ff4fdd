"""Training of head-pose regressors, in plain Python: no ROS is imported here."""
