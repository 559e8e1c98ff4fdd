# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""Samples of more than 8 bits: what is white is learned, and kept."""

import numpy as np
import pytest

from headpose_ros.images.grey_range import PATIENCE, GreyRange

RAMP = np.tile(np.linspace(0.0, 1.0, 640), (480, 1))  # black to white
STEP = 1 / 255  # of 8 bits


def of_depth(bits, brightness=1.0):
    return np.round(RAMP * brightness * (2**bits - 1)).astype(np.uint16)


def error(result, wanted=RAMP):
    assert result.dtype == np.uint8 and result.shape == wanted.shape
    return np.abs(result / 255 - wanted).max()


@pytest.mark.parametrize('bits', [8, 9, 10, 12, 14, 16])
def test_each_depth_of_sensors_fills_8_bits(bits):
    assert error(GreyRange().to_uint8(of_depth(bits))) <= STEP


def test_all_16_bits_are_as_cv_bridge_has_them():
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    np.testing.assert_array_equal(GreyRange().to_uint8(values), np.round(values / 257))


@pytest.mark.parametrize('kind', [np.float32, np.float64])
def test_floats_from_0_to_1(kind):
    assert error(GreyRange().to_uint8(RAMP.astype(kind))) <= STEP
    # What a filter leaves above 1 and below 0, and what is no number, are rare.
    samples = RAMP.astype(kind)
    samples[::97, ::97] = [[-3.0, 7.0, np.nan, np.inf, -np.inf, 0.5, 0.5]]
    result = GreyRange().to_uint8(samples)
    assert np.median(np.abs(result / 255 - RAMP)) <= STEP
    assert list(result[0, ::97]) == [0, 255, 0, 0, 0, 128, 128]


def test_floats_up_to_255_and_integers_of_32_bits():
    assert error(GreyRange().to_uint8((RAMP * 255).astype(np.float32))) <= 2 * STEP
    assert error(GreyRange().to_uint8((RAMP * 1023).astype(np.int32))) <= STEP


def test_eight_bits_stay_as_they_are():
    samples = of_depth(8).astype(np.uint8)
    assert GreyRange().to_uint8(samples) is samples
    for shape in ((480, 640, 1), (480, 160, 4)):
        assert GreyRange().to_uint8(of_depth(10).reshape(shape)).shape == shape


def test_black_stays_black():
    noise = np.random.default_rng(0).integers(0, 30, RAMP.shape).astype(np.uint16)
    assert GreyRange().to_uint8(noise).max() < 30
    for zeros in (np.zeros((2, 2), np.uint16), np.zeros((2, 2), np.float32)):
        assert not GreyRange().to_uint8(zeros).any()


def test_a_reflection_does_not_darken_the_picture():
    samples = of_depth(10)
    samples[100:110, 300:310] = 65535
    assert np.median(np.abs(GreyRange().to_uint8(samples) / 255 - RAMP)) <= STEP


def test_white_is_kept_while_the_light_changes():
    grey = GreyRange()
    for brightness in (0.01, 1.0, 0.6, 0.3, 0.9, 0.2):
        result = grey.to_uint8(of_depth(10, brightness))
        # What came before the first light of day has no more to go by than itself.
        assert brightness == 0.01 or error(result, RAMP * brightness) <= STEP


def test_one_broken_image_does_not_darken_the_rest_of_a_stream():
    grey, small = GreyRange(), of_depth(10)[::40, ::40]
    grey.to_uint8(small)
    grey.to_uint8(np.full_like(small, 65535))
    assert grey.to_uint8(small).max() < 5
    for _ in range(PATIENCE):
        last = grey.to_uint8(small)
    assert last.max() > 230


def test_white_that_was_given_stays():
    grey = GreyRange(white=4095.0)
    for bits in (16, 10, 12):
        last = grey.to_uint8(of_depth(bits))
    assert grey.white == 4095.0 and error(last) <= STEP
    assert GreyRange(4095.0).to_uint8(of_depth(16))[0, -1] == 255
