# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""What services around a repository read: workflow, changelog, package.xml, containers."""

import json
import re
from pathlib import Path

import yaml
from catkin_pkg.changelog import get_changelog_from_path
from catkin_pkg.package import parse_package

ROOT = Path(__file__).resolve().parents[1]
MAKEFILE = (ROOT / 'Makefile').read_text(encoding='utf-8')
TARGETS = set(re.search(r'^\.PHONY: (.*)$', MAKEFILE, re.MULTILINE)[1].split())
VARIABLES = set(re.findall(r'^(\w+) \?=', MAKEFILE, re.MULTILINE))
PREPARES = re.compile(r'(sudo )?apt-get (update|install .*)|rosdep (update|install) .*')
ROS_SET_UP = '. /opt/ros/${{ matrix.distro }}/setup.sh && '


def commands():
    workflow = yaml.safe_load((ROOT / '.github' / 'workflows' / 'ci.yml').read_text())
    for job in workflow['jobs'].values():
        for step in job['steps']:
            yield from step.get('run', '').splitlines()


def test_the_workflow_runs_what_the_makefile_has():
    made = [
        command.removeprefix(ROS_SET_UP).split()
        for command in commands() if not PREPARES.fullmatch(command)
    ]
    assert {target for _, target, *_ in made} == {'check', 'docs', 'hooks', 'test'} <= TARGETS
    for make, _, *settings in made:
        assert make == 'make'
        assert {setting.partition('=')[0] for setting in settings} <= VARIABLES


def test_package_xml_is_complete():
    warnings = []
    package = parse_package(str(ROOT / 'package.xml'), warnings=warnings)
    assert not warnings
    assert package.authors and package.maintainers
    assert {'repository', 'bugtracker'} <= {url.type for url in package.urls}
    (rosdoc2,) = (each.content for each in package.exports if each.tagname == 'rosdoc2')
    *_, config = yaml.safe_load_all((ROOT / rosdoc2).read_text())
    (builder,) = config['builders']
    assert (ROOT / builder['sphinx']['sphinx_sourcedir'] / 'conf.py').is_file()


def test_the_changelog_is_one_that_bloom_reads():
    changelog = get_changelog_from_path(str(ROOT / 'CHANGELOG.rst'), 'headpose_ros')
    released = [entry for entry in changelog.foreach_version() if entry[0] != 'Forthcoming']
    version, date, content = released[0]
    assert version == parse_package(str(ROOT / 'package.xml')).version
    assert content
    citation = yaml.safe_load((ROOT / 'CITATION.cff').read_text(encoding='utf-8'))
    assert date.date() == citation['date-released']


def test_the_devcontainer_is_a_stage_of_the_dockerfile():
    build = json.loads((ROOT / '.devcontainer' / 'devcontainer.json').read_text())['build']
    dockerfile = (ROOT / '.devcontainer' / build['dockerfile']).read_text()
    assert build['target'] in re.findall(r'^FROM .* AS (\w+)$', dockerfile, re.MULTILINE)
