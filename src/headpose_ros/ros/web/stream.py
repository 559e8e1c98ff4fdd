# Copyright 2026 headpose_ros contributors
# SPDX-License-Identifier: Apache-2.0

"""The annotated image as motion JPEG: each image as the node made it."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

from fastapi.responses import StreamingResponse
from PIL import Image

from headpose_ros.ros.web.state import NodeState

STREAM = '/image.mjpeg'

BOUNDARY = 'image'
BOUNDARY_LINE = f'--{BOUNDARY}\r\n'.encode()
LOOK_PERIOD = 0.5  # seconds between two looks at whether the server ends


def stream_images(state: NodeState, is_ending: Callable[[], bool]) -> StreamingResponse:
    """Response that goes on with each image that comes.

    :param is_ending: whether it has to end, as the server does.
    """
    return StreamingResponse(
        _parts(state, is_ending),
        media_type=f'multipart/x-mixed-replace; boundary={BOUNDARY}',
        # Otherwise it would be compressed, and held back until there is enough of it.
        headers={'Cache-Control': 'no-store', 'Content-Encoding': 'identity'},
    )


async def _parts(state: NodeState, is_ending: Callable[[], bool]) -> AsyncIterator[bytes]:
    # A browser goes on loading a page until the second part of an image begins.
    first = _part(state.image or _black())
    yield BOUNDARY_LINE + first + first
    while not is_ending():
        with suppress(asyncio.TimeoutError):
            yield _part(await asyncio.wait_for(state.next_image(), LOOK_PERIOD))


def _part(jpeg: bytes) -> bytes:
    head = f'Content-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n'.encode()
    # A browser shows an image when the next boundary comes: let it come at once.
    return head + jpeg + b'\r\n' + BOUNDARY_LINE


def _black() -> bytes:
    """Where there is no image yet: a small one of the shape that most have."""
    file = io.BytesIO()
    Image.new('L', (4, 3)).save(file, 'JPEG')
    return file.getvalue()
