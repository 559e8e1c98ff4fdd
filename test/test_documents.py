# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What the pages say of the code and of one another is so."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    page for folder in ('.', 'docs', 'examples', 'models') for page in ROOT.glob(f'{folder}/*.md')
)

# What differs in a line of the log from one time to the next, and where a sentence of it is put
# together from several.
VARIABLE = re.compile(
    r'\S*[/\d.\'"(]\S*|[;:,)] |pip install|ImportError.*'
    r'|\bor (?=set|train)|\bis (?=\')|\b(?:built-in code|K)\b'
)
SHORT = 2  # words, which are found in any text


def anchors(page):
    """Of the headings of a page, as GitHub makes them."""
    headings = re.findall(r'^#+ (.*)$', page.read_text(encoding='utf-8'), re.MULTILINE)
    return {re.sub(r'[^\w\- ]', '', heading.lower()).replace(' ', '-') for heading in headings}


@pytest.mark.parametrize('page', PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for link in re.findall(r'\]\(([^)\s]+)\)', page.read_text(encoding='utf-8')):
        if '://' in link:
            continue
        file, _, anchor = link.partition('#')
        target = page.parent / file if file else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def rows(page, heading):
    """Cells of the table below a heading, without its head."""
    text = (ROOT / 'docs' / page).read_text(encoding='utf-8').partition(f'{heading}\n')[2]
    table = re.search(r'(^\|.*\n)+', text, re.MULTILINE)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.split('|')[1:-1]] for line in table]


def test_the_table_of_parameters_has_each_with_its_default():
    (content,) = yaml.safe_load((ROOT / 'config' / 'headpose.yaml').read_text()).values()
    told = {}
    for names, _, default, *_ in rows('topics_and_frames.md', '### Parameters'):
        for name in re.findall(r'`(\w+)`', names):
            default = '' if default == 'empty' else default.strip('`')
            told[name] = yaml.safe_load(f'[{default}]') if ', ' in default else default
    assert told == {
        name: '' if value == [''] else value if isinstance(value, list) else str(value).lower()
        for name, value in content['ros__parameters'].items()
    }


def test_the_lines_of_the_log_are_those_of_the_code():
    sources = (ROOT / 'src').rglob('*.py')
    code = '\n'.join(path.read_text(encoding='utf-8') for path in sources)
    code = re.sub(r"'\n\s*f?'", '', code)  # texts over several lines
    page = (ROOT / 'docs' / 'troubleshooting.md').read_text(encoding='utf-8')
    quoted = re.findall(r'```text\n(.*?)```', page, re.DOTALL)
    assert len(quoted) > 10
    for line in ''.join(quoted).splitlines():
        line = re.sub(r'^\[\w+\] \[headpose_node\]: ', '', line)
        parts = [part.strip(' ,;:') for part in VARIABLE.split(line)]
        compared = [part for part in parts if len(part.split()) > SHORT]
        for part in compared or [max(parts, key=len)]:
            assert part in code, part


@pytest.mark.parametrize('folder', ['.', 'ros'])
def test_contributing_tells_where_what_lives(folder):
    page = (ROOT / 'CONTRIBUTING.md').read_text(encoding='utf-8')
    table = page.partition('| in `src/headpose_ros/` |')[2].partition('\n\n')[0]
    told = set(re.findall(r'`(\w+)(?:/|\.py)?`', table))
    package = ROOT / 'src' / 'headpose_ros' / folder
    modules = {path.stem for path in package.glob('*.py') if not path.stem.startswith('__')}
    folders = {path.parent.name for path in package.glob('*/__init__.py')} - {'ros'}
    assert modules | folders <= told
