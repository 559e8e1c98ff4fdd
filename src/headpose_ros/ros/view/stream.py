"""The annotated image as motion JPEG: each image as the node made it."""

import asyncio
from collections.abc import AsyncIterator, Callable

from fastapi.responses import StreamingResponse

from headpose_ros.ros.view.heard import Heard

STREAM = '/image.mjpeg'

BOUNDARY = 'image'
LOOK_PERIOD = 0.5  # seconds between two looks at whether the server ends


def stream_images(heard: Heard, is_ending: Callable[[], bool]) -> StreamingResponse:
    """Response that goes on with each image that comes.

    :param is_ending: whether it has to end, as the server does.
    """
    return StreamingResponse(
        _parts(heard, is_ending),
        media_type=f'multipart/x-mixed-replace; boundary={BOUNDARY}',
        # Otherwise it would be compressed, and held back until there is enough of it.
        headers={'Cache-Control': 'no-store', 'Content-Encoding': 'identity'},
    )


async def _parts(heard: Heard, is_ending: Callable[[], bool]) -> AsyncIterator[bytes]:
    boundary = f'--{BOUNDARY}\r\n'.encode()
    yield boundary
    while not is_ending():
        try:
            jpeg = await asyncio.wait_for(heard.next_image(), LOOK_PERIOD)
        except asyncio.TimeoutError:
            continue
        head = f'Content-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n'.encode()
        # A browser shows an image when the next boundary comes: let it come at once.
        yield head + jpeg + b'\r\n' + boundary
