"""What this project is compared with: each peer from an image or landmarks to ``R_opt``."""
