"""``python -m training``."""

import sys

try:
    from training.cli import main

    if __name__ == '__main__':
        main()
except ImportError as error:
    sys.exit(
        f"error: {error}; install what training needs with pip install '.[training]'"
    )
