"""The options that an output may have, and what each takes: a closed list, like that of the filters.

Left out on purpose, because they read, write or connect (threats A31, A34): passlogfile, vstats_file, stats of
x264-params, attach, hls and tee, and every option that takes free text.
"""

from collections.abc import Mapping
from typing import Final

from cutroom.media.kinds import Choice, Flag, Int, Kind, LanguageTag, Params, Ratio, Real, Time
from cutroom.media.words import Word as Known

W = Known

MUXERS: Final = frozenset(
    {
        W.MP4, W.MOV, W.IPOD, W.MATROSKA, W.WEBM, W.MPEGTS, W.AVI, W.NUT, W.GIF, W.MP3, W.ADTS, W.WAV, W.W64, W.FLAC,
        W.OGG, W.H264, W.IMAGE2, W.FRAMEMD5, W.NULL, W.RAWVIDEO,
        W.F32LE,
        W.S16LE,
        W.WEBP,
    }
)  # fmt: skip
DEMUXERS: Final = frozenset(
    {
        W.MOV, W.MATROSKA, W.MPEGTS, W.AVI, W.GIF, W.MP3, W.AAC, W.WAV, W.W64, W.FLAC, W.OGG, W.NUT, W.PNG_PIPE,
        W.JPEG_PIPE, W.WEBP_PIPE, W.APNG, W.H264, W.AC3, W.EAC3, W.AIFF, W.CAF, W.FLV, W.ASF,
        W.RAWVIDEO,
        W.WEBVTT,
    }
)  # fmt: skip
"""WebVTT is for files that we wrote ourselves: no probe gives it."""

HARDWARE: Final = (
    W.H264_NVENC, W.HEVC_NVENC, W.AV1_NVENC, W.H264_QSV, W.HEVC_QSV, W.AV1_QSV, W.VP9_QSV, W.H264_VIDEOTOOLBOX,
    W.HEVC_VIDEOTOOLBOX,
)  # fmt: skip
"""Encoders of graphics cards that take pictures from main memory, so that a graph need not know of the card."""
_PRESETS: Final = (
    W.ULTRAFAST, W.SUPERFAST, W.VERYFAST, W.FASTER, W.FAST, W.MEDIUM, W.SLOW, W.SLOWER,
)  # fmt: skip
_COLORS: Final = (W.BT709, W.BT470BG, W.SMPTE170M, W.BT2020)

OUTPUT_OPTIONS: Final[Mapping[str, Kind]] = {
    # pictures
    "c:v": Choice(
        W.COPY, W.LIBX264, W.LIBX265, W.LIBVPX, W.LIBVPX_VP9, W.LIBSVTAV1, W.PRORES_KS, W.FFV1, W.RAWVIDEO, W.MJPEG,
        W.PNG, W.GIF,
        W.LIBWEBP_ANIM, *HARDWARE,
    ),
    "preset": Choice(*_PRESETS, W.P4, W.SVT_6, W.SVT_8, W.SVT_10, W.SVT_11, W.SVT_12),
    "tune": Choice(W.FILM, W.ANIMATION, W.STILLIMAGE, W.ZEROLATENCY),
    "profile:v": Choice(W.BASELINE, W.MAIN, W.HIGH, W.PROXY, W.LT, W.STANDARD, W.HQ, W.PRORES_4444),
    "level": Int(1, 62),
    "crf": Real(0, 63),
    "b:v": Int(0, 1_000_000_000),
    "maxrate": Int(1000, 1_000_000_000),
    "bufsize": Int(1000, 2_000_000_000),
    "q:v": Real(1, 100),
    "g": Int(1, 100_000),
    "keyint_min": Int(1, 100_000),
    "bf": Int(0, 16),
    "refs": Int(1, 16),
    "sc_threshold": Int(0, 1_000_000_000),
    "flags:v": Choice(W.PLUS_BITEXACT, W.CLOSED_GOP, separator=""),
    "pix_fmt": Choice(
        W.YUV420P, W.YUV422P, W.YUV444P, W.YUVA420P, W.YUVA444P10LE, W.YUV420P10LE, W.YUVJ420P, W.RGB24, W.RGBA, W.PAL8,
        W.YUVA444P, W.YUV422P10LE, W.BGRA,
    ),
    "color_range": Choice(W.TV, W.PC),
    "colorspace": Choice(W.BT709, W.BT470BG, W.SMPTE170M, W.BT2020NC),
    "color_primaries": Choice(*_COLORS),
    "color_trc": Choice(W.BT709, W.SMPTE170M, W.IEC61966_2_1),
    "x264-params": Params(
        keyint=Int(1, 100_000), min_keyint=Int(1, 100_000), scenecut=Int(0, 1000), open_gop=Int(0, 1),
        bframes=Int(0, 16), b_adapt=Int(0, 2), ref=Int(1, 16), rc_lookahead=Int(0, 250), sync_lookahead=Int(0, 250),
        mbtree=Int(0, 1), threads=Int(1, 128), lookahead_threads=Int(1, 16), sliced_threads=Int(0, 1),
        aq_mode=Int(0, 3), force_cfr=Int(0, 1), annexb=Int(0, 1), repeat_headers=Int(0, 1), stitchable=Int(0, 1),
        weightp=Int(0, 2), sps_id=Int(0, 31),
    ),
    "x265-params": Params(
        keyint=Int(1, 100_000), bframes=Int(0, 16), b_pyramid=Int(0, 1), open_gop=Int(0, 1), frame_threads=Int(1, 16),
        pools=Int(1, 64), info=Int(0, 1), log_level=Int(0, 4),
    ),
    "svtav1-params": Params(lp=Int(0, 6)),
    "deadline": Choice(W.GOOD),
    "cpu-used": Int(-8, 8),
    "row-mt": Flag(),
    "auto-alt-ref": Int(0, 6),
    "vendor": Choice(W.APL0),
    "tag:v": Choice(W.HVC1),
    "slices": Int(1, 64),
    "slicecrc": Int(0, 1),
    "lossless": Int(0, 1),
    "quality": Real(0, 100),
    "compression_level": Int(0, 12),
    "rc": Choice(W.VBR),
    "cq": Int(0, 63),
    "global_quality": Int(1, 63),
    "forced-idr": Flag(),
    "fps_mode:v": Choice(W.PASSTHROUGH, W.CFR, W.VFR),
    "enc_time_base:v": Ratio(),
    "r": Ratio(),
    "frames:v": Int(1),
    "threads": Int(1, 64),
    # sound
    "c:a": Choice(W.COPY, W.AAC, W.LIBMP3LAME, W.LIBOPUS, W.PCM_S16LE, W.PCM_S24LE, W.PCM_F32LE, W.FLAC),
    "b:a": Int(8000, 1_000_000),
    "q:a": Real(0, 10),
    "aac_coder": Choice(W.TWOLOOP, W.FAST),
    "flags:a": Choice(W.PLUS_BITEXACT),
    "ar": Int(8000, 192_000),
    "ac": Int(1, 8),
    "frame_size": Int(16, 65536),
    # subtitles
    "c:s": Choice(W.COPY, W.MOV_TEXT),
    "metadata:s:s:0": LanguageTag(),
    "disposition:s:0": Choice(W.DEFAULT),
    # container
    "movflags": Choice(W.FASTSTART, W.FRAG_KEYFRAME, W.EMPTY_MOOV, separator=""),
    "video_track_timescale": Int(1, (1 << 31) - 1),
    "movie_timescale": Int(1, (1 << 31) - 1),
    "use_editlist": Flag(),
    "write_xing": Flag(),
    "id3v2_version": Int(0, 4),
    "rf64": Int(-1, 1),
    "fflags": Choice(W.PLUS_BITEXACT),
    "t": Time(),
    "avoid_negative_ts": Int(-1, 2),
    "loop": Int(-1, 65535),
    "muxpreload": Time(),
    "muxdelay": Time(),
}  # fmt: skip
