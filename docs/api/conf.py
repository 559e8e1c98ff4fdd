# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Sphinx: the API reference from the docstrings, see ``make docs``."""

import sys
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

ROOT = next(p for p in Path(__file__).resolve().parents if (p / 'package.xml').is_file())
sys.path.insert(0, str(ROOT / 'src'))

project = 'headpose_ros'
release = ElementTree.parse(ROOT / 'package.xml').findtext('version')
author = 'headpose_ros contributors'
project_copyright = f'2026 {author}, Apache-2.0'

extensions = ['sphinx.ext.autodoc']
autodoc_default_options = {'members': True, 'member-order': 'bysource'}
autodoc_typehints = 'signature'
# rosdoc2 runs with what apt has, not with requirements.txt.
autodoc_mock_imports = [name for name in ('platformdirs',) if not find_spec(name)]
python_use_unqualified_type_names = True
maximum_signature_line_length = 90
toc_object_entries_show_parents = 'hide'

# Types of others are not linked: the build needs no network.
nitpicky = True
nitpick_ignore_regex = [('py:.*', r'(numpy|np|os|collections)\..*')]

# rosdoc2 has its own theme.
html_theme = 'furo' if find_spec('furo') else 'alabaster'
html_title = f'{project} {release} API'
html_copy_source = False
