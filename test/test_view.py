# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The web page in a real browser, of real nodes."""

import os
import re
import shutil
import signal
import socket
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import cv2
import numpy as np
import pytest
import yaml
from geometry_msgs.msg import Vector3Stamped
from installed import installed
from rcl_interfaces.srv import GetParameters
from ros_side import LIMIT, RosSide
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from headpose_ros.rotation import rotation_from_rpy

ROOT = Path(__file__).resolve().parents[1]

COSTLY = '/head_pose/annotated_image/compressed'  # what the node makes for listeners only


class Browser:
    """Chromium without a window, and what stands on the page."""

    def __init__(self):
        chromium, driver = shutil.which('chromium'), shutil.which('chromedriver')
        if not (chromium and driver):
            pytest.skip('needs a browser: sudo apt install chromium chromium-driver')
        options = webdriver.ChromeOptions()
        options.binary_location = chromium
        for each in ('--headless=new', '--no-sandbox', '--disable-dev-shm-usage'):
            options.add_argument(each)
        self.driver = webdriver.Chrome(options, webdriver.ChromeService(driver))
        self.driver.set_window_size(1440, 1000)

    def wait(self, condition, what):
        return WebDriverWait(self.driver, LIMIT, 0.1).until(lambda _: condition(), what)

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def text(self, selector):
        """Of all that match, at one moment: the page changes all the time."""
        return self.driver.execute_script(
            'return [...document.querySelectorAll(arguments[0])].map(e => e.innerText).join(" ")',
            selector,
        )

    def shown(self, selector):
        return self.find(selector).is_displayed()

    def part(self, parameter, tag):
        return self.find(f'[data-parameter={parameter}] {tag}')

    def points(self):
        """Points that each line of the plot has."""
        return self.driver.execute_script(
            'return getElement(document.querySelector(".plot").id.slice(1))'
            '.chart.getOption().series.map(line => line.data.length)'
        )

    def notes(self):
        return self.text('.answer')


@pytest.fixture(scope='module')
def browser():
    browser = Browser()
    yield browser
    browser.driver.quit()


class View:
    """Camera, node and page, each in a process, and a browser that looks."""

    def __init__(self, ros, browser):
        self.ros = ros
        self.browser = browser
        self.start_page()
        self.start_camera()
        self.node = ros.start('headpose_node')
        self.node.wait_for('images from /image')

    def start_page(self):
        self.page, self.address = start_page(self.ros)
        self.open()

    def start_camera(self, source='sample'):
        self.camera = self.ros.start(
            'camera_node', '--ros-args', '-p', 'rate:=10.0', '-p', f'source:={source}'
        )

    def open(self):
        self.browser.driver.get(self.address)

    @contextmanager
    def still(self, picture):
        """Instead of the built-in head, which moves, a picture is seen in the meantime."""
        self.camera.stop()
        poses = self.ros.collect(Vector3Stamped, 'head_pose')
        self.start_camera(picture)
        try:
            self.ros.spin_until(lambda: len(poses) > 20, 'poses of the picture')
            yield
        finally:
            self.camera.stop()
            self.start_camera()


def start_page(ros):
    """A page on a port that is free, and its address."""
    page = ros.start('view_node', '--ros-args', '-p', 'port:=0')
    page.wait_for(': http://localhost:')
    return page, re.search(r'web page of \S+: (\S+)', page.output)[1]


@pytest.fixture(scope='module')
def view(browser):
    ros = RosSide()
    try:
        yield View(ros, browser)
    finally:
        ros.close()


def value_of(view, parameter):
    request = GetParameters.Request(names=[parameter])
    return view.ros.call(GetParameters, 'headpose_node/get_parameters', request).values[0]


def test_image_moves_and_plot_grows(view):
    browser = view.browser
    browser.wait(lambda: not browser.shown('.note'), 'an image')
    before = browser.find('.picture img').screenshot_as_png
    browser.wait(lambda: browser.find('.picture img').screenshot_as_png != before, 'a move')
    first = browser.wait(lambda: min(browser.points()), 'a line for each angle')
    browser.wait(lambda: min(browser.points()) > first, 'more points')


def test_it_tells_people_rates_and_how_the_node_is(view):
    browser = view.browser
    browser.wait(lambda: re.search(r'f\d+ primary', browser.text('.faces')), 'a person')
    sign = '[+\N{MINUS SIGN}]'
    assert re.search(rf'({sign}\d+\.\d ± \d+\.\d°\s?){{3}}', browser.text('.faces'))
    assert len(re.findall(rf'{sign}\d+\.\d°', browser.text('.angles'))) == 3
    browser.wait(lambda: re.search(r'\d ms\nlatency, median', browser.text('.rates')), 'latency')
    assert browser.text('.status')
    assert not browser.shown('.banner')


def test_a_slider_sets_a_parameter(view):
    slider = view.browser.part('smoothing_min_cutoff', '.q-slider')
    view.browser.wait(lambda: slider.get_attribute('aria-disabled') != 'true', 'the values')
    assert value_of(view, 'smoothing_min_cutoff').double_value == 0.5
    ActionChains(view.browser.driver).click(slider).perform()  # in its middle
    view.ros.spin_until(
        lambda: value_of(view, 'smoothing_min_cutoff').double_value != 0.5, 'a new value'
    )
    value = value_of(view, 'smoothing_min_cutoff').double_value
    # An eighth of the range from 0 to 100 Hz: most of the way of the slider is for low values.
    assert value == pytest.approx(12.5, rel=0.1)
    number = view.browser.part('smoothing_min_cutoff', 'input')
    assert float(number.get_attribute('value')) == value


def test_a_value_that_cannot_be_is_told_and_not_kept(view):
    number = view.browser.part('min_detection_confidence', 'input')
    view.browser.wait(number.is_enabled, 'the values')
    number.send_keys(Keys.CONTROL, 'a')
    number.send_keys('7', Keys.ENTER)
    view.browser.wait(lambda: 'min_detection_confidence' in view.browser.notes(), 'a refusal')
    view.browser.wait(lambda: number.get_attribute('value') == '0.6', 'the value before')
    assert value_of(view, 'min_detection_confidence').double_value == 0.6


@pytest.mark.parametrize('size', [(1440, 1000), (390, 844)], ids=['desk', 'phone'])
def test_an_answer_covers_nothing(view, size):
    browser = view.browser
    browser.driver.set_window_size(*size)
    try:
        button = browser.find('[data-service=reset_neutral]')
        button.click()
        browser.wait(lambda: 'a head facing the camera' in browser.notes(), 'an answer')
        top, *bottoms = browser.driver.execute_script(  # at one moment
            'return [document.querySelector(".answer").getBoundingClientRect().top,'
            '...[...document.querySelectorAll(".settings button, .setting")]'
            '.map(e => e.getBoundingClientRect().bottom)]'
        )
        assert len(bottoms) == 7 and top >= max(bottoms)
        button.click()  # which fails where something lies over it
    finally:
        browser.driver.set_window_size(1440, 1000)


def test_the_numbers_are_the_end_of_the_plot(view):
    seen = set()

    def agree():
        numbers, ends = view.browser.driver.execute_script(
            'const lines = getElement(document.querySelector(".plot").id.slice(1)).chart'
            '.getOption().series;'
            'return [[...document.querySelectorAll(".angle .number")].map(e => e.innerText),'
            'lines.map(line => line.data.at(-1)[1])]'
        )
        seen.add(tuple(ends))
        assert numbers == [f'{end:+.1f}°'.replace('-', '\N{MINUS SIGN}') for end in ends]
        return len(seen) > 8

    view.browser.wait(lambda: min(view.browser.points()), 'a plot')
    view.browser.wait(agree, 'poses')


def test_a_value_that_is_set_elsewhere_shows(view):
    number = view.browser.part('max_std', 'input')
    for value in 45.0, 40:  # as "ros2 param set" has a whole number
        assert view.ros.set_parameters(max_std=value).successful
        view.browser.wait(lambda v=value: float(number.get_attribute('value')) == v, 'the value')


def test_the_neutral_pose_is_set_and_reset(view, rendered_head, tmp_path):
    browser = view.browser
    degrees = [5.0, 8.0, 20.0]
    picture = rendered_head.render(rotation_from_rpy(np.radians(degrees)))
    cv2.imwrite(str(tmp_path / 'picture.png'), picture)
    with view.still(tmp_path / 'picture.png'):
        browser.find('[data-service=calibrate_neutral]').click()
        browser.wait(lambda: 'neutral pose set to roll' in browser.notes(), 'an answer')
    neutral = value_of(view, 'neutral_rpy').double_array_value
    np.testing.assert_allclose(neutral, degrees, atol=12.0)  # as the angles are
    browser.find('[data-service=reset_neutral]').click()
    browser.wait(lambda: 'a head facing the camera' in browser.notes(), 'a reset')
    assert list(value_of(view, 'neutral_rpy').double_array_value) == [0.0, 0.0, 0.0]


def test_rviz_is_set_up_for_topics_that_there_are(view):
    config = yaml.safe_load((ROOT / 'config' / 'headpose.rviz').read_text())
    displays = config['Visualization Manager']['Displays']
    wanted = {each['Topic']['Value'] for each in displays if 'Topic' in each}
    assert len(wanted) == 4
    if not installed('vision_msgs'):
        wanted.remove('/head_pose/heads')
    assert wanted <= {name for name, _ in view.ros.node.get_topic_names_and_types()}


def test_everything_comes_from_this_machine(view):
    urls = view.browser.driver.execute_script(
        'return performance.getEntriesByType("resource").map(each => each.name)'
    )
    assert urls
    assert all(url.startswith((view.address, 'data:')) for url in urls), urls


def test_death_and_return_of_the_node_show(view):
    browser = view.browser
    view.node.signal(signal.SIGKILL)
    browser.wait(lambda: browser.shown('.banner'), 'the banner')
    assert re.fullmatch(r'no data from headpose_node for \d+ s', browser.text('.banner'))
    browser.wait(lambda: browser.shown('.note'), 'that the image is old')
    number = browser.part('max_std', 'input')
    browser.wait(lambda: not number.is_enabled(), 'that nothing can be set')
    view.node = view.ros.start('headpose_node')
    browser.wait(lambda: not browser.shown('.banner'), 'the return')
    browser.wait(lambda: not browser.shown('.note'), 'a new image')
    # What the new one has, not what the dead one had.
    browser.wait(number.is_enabled, 'the values')
    browser.wait(lambda: number.get_attribute('value') == '60', 'the value')


def test_nothing_is_asked_of_the_node_while_nobody_looks(view):
    def listeners():
        return view.ros.node.count_subscribers(COSTLY)

    view.ros.spin_until(lambda: listeners() == 1, 'a subscription')
    view.browser.driver.get('about:blank')
    view.ros.spin_until(lambda: listeners() == 0, 'the end of it')
    view.open()
    view.ros.spin_until(lambda: listeners() == 1, 'a subscription')


def test_it_ends_while_somebody_looks(view):
    view.browser.wait(lambda: view.browser.shown('.status'), 'the page')
    view.page.signal(signal.SIGTERM)
    assert view.page.exit_code() == 0, view.page.output
    assert 'Traceback' not in view.page.output and 'ERROR' not in view.page.output
    view.start_page()


def test_what_keeps_it_from_starting_is_told(ros, tmp_path):
    missing = tmp_path / 'nicegui'
    missing.mkdir()
    (missing / '__init__.py').write_text('raise ImportError("No module named nicegui")\n')
    with socket.create_server(('127.0.0.1', 0)) as taken:
        port = taken.getsockname()[1]
        expected = {
            f'cannot listen on 127.0.0.1, port {port}': ('-p', f'port:={port}'),
            "host is 'no such place', not a valid address": ('-p', 'host:="no such place"'),
        }
        started = {
            text: ros.start('view_node', '--ros-args', *options)
            for text, options in expected.items()
        }
        paths = f'{tmp_path}{os.pathsep}{os.environ.get("PYTHONPATH", "")}'
        ros.environment['PYTHONPATH'] = paths
        started["pip install 'nicegui"] = ros.start('view_node', '--ros-args', '-p', 'port:=0')
        for text, process in started.items():
            assert process.exit_code() == 1
            assert text in process.output
            assert 'Traceback' not in process.output


def test_it_ends_cleanly_however_often_it_is_told(ros):
    process, address = start_page(ros)
    with urlopen(address, timeout=LIMIT) as page:  # once there is one
        assert page.status == 200
    ros.spin_until(
        lambda: not process.alive, 'its end', lambda: process.signal(signal.SIGINT), period=0.01
    )
    assert process.exit_code() == 0, process.output
    assert 'Traceback' not in process.output


def test_others_who_can_see_it_are_told(ros):
    process = ros.start('view_node', '--ros-args', '-p', 'port:=0', '-p', 'host:=0.0.0.0')
    process.wait_for('Anyone on this network can open http://')
    process.signal(signal.SIGINT)
    assert process.exit_code() == 0, process.output
