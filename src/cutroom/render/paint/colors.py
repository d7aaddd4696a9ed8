"""From decoded pictures to sRGB bytes.

FFmpeg's own conversion of YUV to RGB is biased by one to two levels (measured on libswscale 9.5: -2.3, -1.8, -2.1 with
`accurate_rnd`; unbiased only with `full_chroma_int`, at 38 ms for 1080p). Here the colour samples are enlarged with
OpenCV and multiplied by the matrix: unbiased, in 5 ms. FFmpeg still scales, and unpacks rarer formats.
"""

from typing import Final, cast

import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from numpy.typing import NDArray

from cutroom.media.info import Light
from cutroom.render.light import shown
from cutroom.render.paint.warp import Picture

Plane = NDArray[np.uint8]

# ITU-T H.273, table 4: the weights of red and blue in luma, by AVColorSpace.
_WEIGHTS: Final = {1: (0.2126, 0.0722), 4: (0.3, 0.11), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087)}
_WIDE: Final = (0.2627, 0.0593)
_WIDE_CODES: Final = frozenset({9, 10})
_HD, _SD = 1, 6
_FULL: Final = 2  # AVCOL_RANGE_JPEG
_DIRECT: Final = frozenset(
    {"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "yuva420p", "yuva422p", "yuva444p"}
)


def converted(
    frame: VideoFrame, size: tuple[int, int], *, alpha: bool, hd: bool | None, finest: bool = False
) -> Picture:
    """A decoded picture, upright, of `size` as displayed, in sRGB: RGB, or RGBA multiplied by alpha.

    Args:
        frame: the picture as stored.
        size: width and height of the result.
        alpha: whether to keep transparency.
        hd: what a picture without a colour tag is taken for: True for BT.709, otherwise BT.601.
        finest: resample with Lanczos, as plain images are, rather than bicubic, as plain videos are.
    """
    turns = round(-frame.rotation / 90) % 4
    stored = size if turns % 2 == 0 else (size[1], size[0])
    scaler = (Interpolation.LANCZOS if finest else Interpolation.BICUBIC) | Interpolation.BITEXACT
    if finest:
        scaler |= Interpolation.ACCURATE_RND
    picture = _from_yuv(frame, stored, alpha, hd, scaler) if _is_yuv(frame) else _from_rgb(frame, stored, alpha, scaler)
    if turns:
        picture = np.ascontiguousarray(np.rot90(picture, -turns))
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGBA2mRGBA), np.uint8) if alpha else picture


def bright(frame: VideoFrame, size: tuple[int, int], light: Light) -> Picture:
    """As `converted`, of a picture in HDR, which has no transparency."""
    turns = round(-frame.rotation / 90) % 4
    stored = size if turns % 2 == 0 else (size[1], size[0])
    scaler = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT | Interpolation.BITEXACT
    made = frame.reformat(width=stored[0], height=stored[1], format="gbrp16le", interpolation=scaler, threads=1)
    picture = shown(np.asarray(made.to_ndarray(), np.float32) / np.float32(65535), light)
    return np.ascontiguousarray(np.rot90(np.rint(picture * 255).astype(np.uint8), -turns))


def _is_yuv(frame: VideoFrame) -> bool:
    return frame.format.name.startswith(("yuv", "nv", "p0", "yuyv", "uyvy"))


def _from_rgb(frame: VideoFrame, size: tuple[int, int], alpha: bool, scaler: int) -> Picture:  # noqa: FBT001
    made = frame.reformat(
        width=size[0], height=size[1], format="rgba" if alpha else "rgb24", interpolation=scaler, threads=1
    )
    return np.asarray(made.to_ndarray(), np.uint8)


def _from_yuv(
    frame: VideoFrame,
    size: tuple[int, int],
    alpha: bool,  # noqa: FBT001
    hd: bool | None,  # noqa: FBT001
    scaler: int,
) -> Picture:
    full = frame.color_range == _FULL or frame.format.name.startswith("yuvj")
    space = _space(frame, hd)
    if (frame.width, frame.height) != size or frame.format.name not in _DIRECT:
        # The same colours on both sides: FFmpeg shall scale and unpack, and convert nothing.
        extent = ColorRange.JPEG if full else ColorRange.MPEG
        frame = frame.reformat(
            width=size[0],
            height=size[1],
            format="yuva444p" if alpha else "yuv444p",
            src_colorspace=Colorspace.ITU709,
            dst_colorspace=Colorspace.ITU709,
            src_color_range=extent,
            dst_color_range=extent,
            interpolation=scaler,
            threads=1,
        )
    planes = [_plane(frame, number) for number in range(len(frame.planes))]
    luma, blue, red = planes[0], *(_enlarged(plane, size) for plane in planes[1:3])
    rgb = np.asarray(cv2.transform(cv2.merge([luma, blue, red]), _matrix(space, full=full)), np.uint8)
    if not alpha:
        return rgb
    opacity = planes[3] if len(planes) > 3 else np.full(luma.shape, 255, np.uint8)
    return np.asarray(cv2.merge([*cv2.split(rgb), opacity]), np.uint8)


def _space(frame: VideoFrame, hd: bool | None) -> int:  # noqa: FBT001
    code = int(frame.colorspace)
    if code in _WEIGHTS or code in _WIDE_CODES:
        return code
    return _HD if hd else _SD


def _plane(frame: VideoFrame, number: int) -> Plane:
    """A plane's pixels, without the padding of its rows; not copied."""
    plane = frame.planes[number]
    pixels: Plane = np.frombuffer(memoryview(plane), np.uint8)
    return pixels.reshape(-1, plane.line_size)[: plane.height, : plane.width]


def _enlarged(plane: Plane, size: tuple[int, int]) -> Plane:
    """A plane of colour samples at the size of the luma; samples lie in the middle of the pixels that they are for."""
    if (plane.shape[1], plane.shape[0]) == size:
        return plane
    across, down = -(-size[0] // plane.shape[1]), -(-size[1] // plane.shape[0])
    whole = (plane.shape[1] * across, plane.shape[0] * down)
    made = np.asarray(cv2.resize(plane, whole, interpolation=cv2.INTER_LINEAR), np.uint8)
    return made[: size[1], : size[0]]


def _matrix(space: int, *, full: bool) -> NDArray[np.float32]:
    """From Y, Cb and Cr as bytes to red, green and blue (ITU-T H.273, 8.3)."""
    kr, kb = _WIDE if space in _WIDE_CODES else _WEIGHTS[space]
    kg = 1 - kr - kb
    light, color, black = (1.0, 1.0, 0.0) if full else (255 / 219, 255 / 224, 16.0)
    turned = np.array(
        [
            [light, 0, 2 * (1 - kr) * color],
            [light, -2 * (1 - kb) * kb / kg * color, -2 * (1 - kr) * kr / kg * color],
            [light, 2 * (1 - kb) * color, 0],
        ]
    )
    offset = -turned @ np.array([black, 128.0, 128.0])
    return cast("NDArray[np.float32]", np.concatenate([turned, offset[:, None]], axis=1).astype(np.float32))
