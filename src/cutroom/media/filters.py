"""The filters that a graph may use, and what their options take: the closed list that `filtergraph` builds from.

Left out on purpose, because they read, write, listen or load code (threats A26 to A34): movie and amovie, ladspa, lv2,
frei0r, zmq, sendcmd, metadata and ametadata with a file, psnr and ssim, vidstab, signature, curves with a file, and the
`text` and `expansion` of drawtext. Option names: ffmpeg-filters(1); a test holds each against the real ffmpeg.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cutroom.media.expression import Variable
from cutroom.media.kinds import Choice, File, Flag, Formula, Int, Kind, Paint, Ratio, Real, Reals, Size, Time
from cutroom.media.words import Word

MANY: Final = "*"

V = Variable
W = Word


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter.

    Args:
        inputs: kinds of its inputs, `v` or `a` each; `v*` for any number of them.
        outputs: kinds of its outputs.
        options: what may be given.
        always: what is always written, as it stands.
        counted: the option that takes the number of inputs or outputs.
    """

    inputs: str
    outputs: str
    options: Mapping[str, Kind]
    always: Mapping[str, str] = field(default_factory=dict)
    counted: str | None = None


def _video(**options: Kind) -> Filter:
    return Filter("v", "v", options)


def _audio(**options: Kind) -> Filter:
    return Filter("a", "a", options)


def _source(kind: str, **options: Kind) -> Filter:
    return Filter("", kind, options)


_PIXEL_FORMATS: Final = (
    W.YUV420P, W.YUV422P, W.YUV444P, W.YUVA420P, W.YUVA444P, W.YUVA444P10LE, W.YUV420P10LE, W.YUVJ420P, W.NV12, W.GRAY,
    W.RGB24, W.RGBA, W.GBRP, W.GBRP10LE, W.GBRAP, W.PAL8, W.YUV422P10LE,
)  # fmt: skip
_MATRICES: Final = Choice(W.AUTO, W.BT709, W.BT601, W.BT470BG, W.SMPTE170M, W.BT2020)
_RANGES: Final = Choice(W.AUTO, W.TV, W.PC, W.LIMITED, W.FULL)
_SCALERS: Final = Choice(
    W.FAST_BILINEAR, W.BILINEAR, W.BICUBIC, W.LANCZOS, W.AREA, W.NEIGHBOR, W.ACCURATE_RND, W.FULL_CHROMA_INT,
    W.FULL_CHROMA_INP, W.BITEXACT, separator="+",
)  # fmt: skip
_BLENDS: Final = Choice(
    W.NORMAL, W.MULTIPLY, W.SCREEN, W.OVERLAY, W.DARKEN, W.LIGHTEN, W.ADDITION, W.DIFFERENCE, W.SOFTLIGHT, W.HARDLIGHT,
    W.DODGE, W.BURN,
)  # fmt: skip
_CURVES: Final = Choice(W.TRI, W.QSIN, W.HSIN, W.ESIN, W.LOG, W.EXP, W.NOFADE)
_CLOCK: Final = (V.TIME, V.FRAME)
_WHEN: Final = Formula(*_CLOCK)
_PIXELS: Final = Formula(V.IN_WIDTH, V.IN_HEIGHT, V.ASPECT, *_CLOCK)
_OUT_PIXELS: Final = Formula(V.IN_WIDTH, V.IN_HEIGHT, V.OUT_WIDTH, V.OUT_HEIGHT, V.ASPECT, *_CLOCK)
_ON_CANVAS: Final = Formula(V.CANVAS_WIDTH, V.CANVAS_HEIGHT, V.WIDTH, V.HEIGHT, *_CLOCK)
_TEXT: Final = Formula(V.WIDTH, V.HEIGHT, V.TEXT_WIDTH, V.TEXT_HEIGHT, V.LINE_HEIGHT, *_CLOCK)
_ZOOM: Final = Formula(
    V.IN_WIDTH, V.IN_HEIGHT, V.X, V.Y, V.ZOOM, V.OUT_FRAME, V.IN_FRAME, V.OUT_TIME, V.IN_TIME
)  # fmt: skip
_STAMP: Final = Formula(
    V.PTS, V.START_PTS, V.TIME_BASE, V.FRAME_UPPER, V.TIME_UPPER, V.FRAME_RATE, V.SAMPLE_RATE
)  # fmt: skip
_BLEND: Final = Formula(
    V.UPPER_PIXEL, V.LOWER_PIXEL, V.X_UPPER, V.Y_UPPER, V.CANVAS_WIDTH, V.CANVAS_HEIGHT, V.TIME_UPPER, V.FRAME_UPPER
)  # fmt: skip
_LEVEL: Final = Formula(V.VALUE, V.MAX_VALUE, V.WIDTH, V.HEIGHT)
_AFTER: Final = Choice(W.REPEAT, W.ENDALL)
_MIX: Final[Mapping[str, Kind]] = {"shortest": Flag(), "repeatlast": Flag(), "eof_action": _AFTER}
_TRIM: Final[Mapping[str, Kind]] = {
    "start": Time(),
    "end": Time(),
    "duration": Time(),
    "start_pts": Int(-(1 << 62), 1 << 62),
    "end_pts": Int(-(1 << 62), 1 << 62),
}

_VIDEO_FILTERS: Final[Mapping[str, Filter]] = {
    # shape
    "scale": _video(
        w=_PIXELS, h=_PIXELS, flags=_SCALERS, force_original_aspect_ratio=Choice(W.DISABLE, W.DECREASE, W.INCREASE),
        force_divisible_by=Int(1, 256), in_color_matrix=_MATRICES, out_color_matrix=_MATRICES, in_range=_RANGES,
        out_range=_RANGES, eval=Choice(W.INIT, W.FRAME), reset_sar=Flag(),
    ),
    "crop": _video(w=_OUT_PIXELS, h=_OUT_PIXELS, x=_OUT_PIXELS, y=_OUT_PIXELS, exact=Flag()),
    "pad": _video(w=_PIXELS, h=_PIXELS, x=_OUT_PIXELS, y=_OUT_PIXELS, color=Paint()),
    "rotate": _video(angle=_OUT_PIXELS, out_w=_OUT_PIXELS, out_h=_OUT_PIXELS, fillcolor=Paint(), bilinear=Flag()),
    "transpose": _video(dir=Choice(W.CLOCK, W.CCLOCK)),
    "hflip": _video(),
    "vflip": _video(),
    "zoompan": _video(zoom=_ZOOM, x=_ZOOM, y=_ZOOM, d=Int(1, 10_000_000), s=Size(), fps=Ratio()),
    # format
    "format": _video(pix_fmts=Choice(*_PIXEL_FORMATS, separator="|")),
    "setsar": _video(sar=Ratio()),
    "setparams": _video(
        range=_RANGES, color_primaries=Choice(W.BT709, W.BT470BG, W.SMPTE170M, W.BT2020),
        color_trc=Choice(W.BT709, W.SMPTE170M, W.IEC61966_2_1),
        colorspace=Choice(W.BT709, W.BT470BG, W.SMPTE170M, W.BT2020NC),
        alpha_mode=Choice(W.AUTO, W.STRAIGHT, W.PREMULTIPLIED),
    ),
    "null": _video(),
    "bwdif": _video(mode=Choice(W.SEND_FRAME, W.SEND_FIELD), deint=Choice(W.INTERLACED)),
    # time
    "fps": _video(fps=Ratio(), start_time=Time(-1e7), round=Choice(W.ZERO, W.INF, W.DOWN, W.UP, W.NEAR)),
    "settb": _video(expr=Ratio()),
    "setpts": _video(expr=_STAMP),
    "trim": _video(start_frame=Int(), end_frame=Int(), **_TRIM),
    "loop": _video(loop=Int(-1), size=Int(0, 32767), start=Int()),
    "tpad": _video(
        start=Int(), stop=Int(-1), start_mode=Choice(W.ADD, W.CLONE), stop_mode=Choice(W.ADD, W.CLONE),
        start_duration=Time(), stop_duration=Time(), color=Paint(),
    ),
    "select": _video(expr=_WHEN),
    "framestep": _video(step=Int(1)),
    "reverse": _video(),
    # look
    "fade": _video(
        type=Choice(W.IN, W.OUT), start_frame=Int(), nb_frames=Int(), alpha=Flag(), start_time=Time(), duration=Time(),
        color=Paint(),
    ),
    "colorchannelmixer": _video(**{a + b: Real(-2, 2) for a in "rgba" for b in "rgba"}),
    "lut": _video(**{f"c{n}": _LEVEL for n in range(4)}),
    "lutrgb": _video(r=_LEVEL, g=_LEVEL, b=_LEVEL, a=_LEVEL),
    "lutyuv": _video(y=_LEVEL, u=_LEVEL, v=_LEVEL),
    "premultiply": _video(inplace=Flag()),
    "unpremultiply": _video(inplace=Flag()),
    "eq": _video(contrast=Real(-1000, 1000), brightness=Real(-1, 1), saturation=Real(0, 3), gamma=Real(0.1, 10)),
    "hue": _video(h=Real(-3600, 3600), s=Real(-10, 10), b=Real(-10, 10)),
    "negate": _video(),
    "lut3d": _video(file=File()),
    "boxblur": _video(luma_radius=Int(0, 4096), luma_power=Int(0, 16)),
    "gblur": _video(sigma=Real(0, 1024), steps=Int(1, 6)),
    "avgblur": _video(sizeX=Int(1, 1024), sizeY=Int(1, 1024)),
    "unsharp": _video(luma_msize_x=Int(3, 23), luma_msize_y=Int(3, 23), luma_amount=Real(-2, 5)),
    "vignette": _video(angle=Real(0, 1.571)),
    "noise": _video(alls=Int(0, 100), all_seed=Int()),
    "chromakey": _video(color=Paint(), similarity=Real(0.00001, 1), blend=Real(0, 1)),
    "colorkey": _video(color=Paint(), similarity=Real(0.00001, 1), blend=Real(0, 1)),
    "drawbox": _video(x=_OUT_PIXELS, y=_OUT_PIXELS, w=_PIXELS, h=_PIXELS, color=Paint(), replace=Flag(), t=Int(0)),
    # text: only from files that we wrote
    "drawtext": Filter(
        "v", "v",
        {
            "textfile": File(), "fontfile": File(), "fontsize": Real(1, 4096), "fontcolor": Paint(), "x": _TEXT,
            "y": _TEXT, "alpha": _TEXT, "borderw": Int(0, 512), "bordercolor": Paint(), "shadowx": Int(-512, 512),
            "shadowy": Int(-512, 512), "shadowcolor": Paint(), "box": Flag(), "boxcolor": Paint(),
            "boxborderw": Int(0, 1024), "line_spacing": Int(-1024, 1024),
        },
        always={"expansion": "none"},
    ),
    "subtitles": _video(filename=File(), fontsdir=File(), alpha=Flag(), original_size=Size()),
    "ass": _video(filename=File(), fontsdir=File(), alpha=Flag(), original_size=Size()),
    # several pictures
    "overlay": Filter(
        "vv", "v",
        {
            "x": _ON_CANVAS, "y": _ON_CANVAS, "eval": Choice(W.INIT, W.FRAME),
            "format": Choice(W.YUV420, W.YUV444, W.RGB, W.AUTO), "alpha": Choice(W.STRAIGHT, W.PREMULTIPLIED),
            "threads": Int(1, 64), **_MIX,
        },
    ),
    "blend": Filter(
        "vv", "v", {"all_mode": _BLENDS, "all_opacity": Real(0, 1), "all_expr": _BLEND, **_MIX},
    ),
    "alphamerge": Filter("vv", "v", _MIX),
    "alphaextract": _video(),
    "lut2": Filter("vv", "v", {f"c{n}": Formula(V.X, V.Y) for n in range(4)}),
    "maskedmerge": Filter("vvv", "v", {"planes": Int(0, 15)}),
    "hstack": Filter("v*", "v", {"shortest": Flag()}, counted="inputs"),
    "vstack": Filter("v*", "v", {"shortest": Flag()}, counted="inputs"),
    "split": Filter("v", "v*", {}, counted="outputs"),
    "palettegen": _video(max_colors=Int(2, 256), reserve_transparent=Flag(), stats_mode=Choice(W.FULL, W.DIFF)),
    "paletteuse": Filter(
        "vv", "v",
        {"dither": Choice(W.BAYER, W.SIERRA2_4A), "bayer_scale": Int(0, 5), "diff_mode": Choice(W.RECTANGLE),
        "alpha_threshold": Int(0, 255)},
    ),
    # measuring, into the log
    "blackdetect": _video(d=Time(), pix_th=Real(0, 1), pic_th=Real(0, 1)),
    "freezedetect": _video(n=Real(0, 1), d=Time()),
    "cropdetect": _video(),
    # sources
    "color": _source("v", color=Paint(), size=Size(), rate=Ratio(), duration=Time(), sar=Ratio()),
    "nullsrc": _source("v", size=Size(), rate=Ratio(), duration=Time(), sar=Ratio()),
    "testsrc2": _source("v", size=Size(), rate=Ratio(), duration=Time(), alpha=Int(0, 255)),
    "gradients": _source(
        "v", size=Size(), rate=Ratio(), duration=Time(), c0=Paint(), c1=Paint(), x0=Int(-1), y0=Int(-1), x1=Int(-1),
        y1=Int(-1), n=Int(2, 8), seed=Int(-1), speed=Real(0, 1),
    ),
}  # fmt: skip

_AUDIO_FILTERS: Final[Mapping[str, Filter]] = {
    "aformat": _audio(
        sample_fmts=Choice(W.FLTP, W.FLT, W.S16, W.S16P, separator="|"), sample_rates=Int(8000, 192_000),
        channel_layouts=Choice(W.MONO, W.STEREO, separator="|"),
    ),
    "aresample": _audio(
        sample_rate=Int(8000, 192_000), first_pts=Int(-(1 << 62), 1 << 62), **{"async": Int()}
    ),
    "asetrate": _audio(sample_rate=Int(1000, 768_000)),
    "asettb": _audio(expr=Ratio()),
    "asetpts": _audio(expr=_STAMP),
    "asetnsamples": _audio(nb_out_samples=Int(1, 1 << 24), pad=Flag()),
    "atrim": _audio(start_sample=Int(0, 1 << 62), end_sample=Int(0, 1 << 62), **_TRIM),
    "apad": _audio(pad_len=Int(0, 1 << 62), whole_len=Int(0, 1 << 62), pad_dur=Time(), whole_dur=Time()),
    "aloop": _audio(loop=Int(-1), size=Int(0, (1 << 31) - 1), start=Int(0, 1 << 62)),
    "adelay": Filter("a", "a", {"delays": Int(0, 1 << 40, suffix="S")}, always={"all": "1"}),
    "atempo": _audio(tempo=Real(0.5, 100)),
    "volume": _audio(
        volume=Formula(V.TIME, V.FRAME), eval=Choice(W.ONCE, W.FRAME), precision=Choice(W.FIXED, W.FLOAT, W.DOUBLE)
    ),
    "afade": _audio(
        type=Choice(W.IN, W.OUT), start_sample=Int(0, 1 << 62), nb_samples=Int(0, 1 << 62), start_time=Time(),
        duration=Time(), curve=_CURVES,
    ),
    "acrossfade": Filter(
        "aa", "a", {"nb_samples": Int(1, 1 << 31), "duration": Time(), "overlap": Flag(), "curve1": _CURVES,
        "curve2": _CURVES},
    ),
    "amix": Filter(
        "a*", "a", {"duration": Choice(W.LONGEST, W.SHORTEST, W.FIRST), "dropout_transition": Real(0, 1e6),
        "weights": Reals(), "normalize": Flag()}, counted="inputs",
    ),
    "asplit": Filter("a", "a*", {}, counted="outputs"),
    "alimiter": _audio(limit=Real(0.0625, 1), attack=Real(0.1, 80), release=Real(1, 8000), level=Flag()),
    "acompressor": _audio(
        threshold=Real(0.0009, 1), ratio=Real(1, 20), attack=Real(0.01, 2000), release=Real(0.01, 9000),
        makeup=Real(1, 64),
    ),
    "sidechaincompress": Filter(
        "aa", "a", {"threshold": Real(0.0009, 1), "ratio": Real(1, 20), "attack": Real(0.01, 2000),
        "release": Real(0.01, 9000), "makeup": Real(1, 64)},
    ),
    "loudnorm": _audio(
        i=Real(-70, -5), lra=Real(1, 50), tp=Real(-9, 0), measured_i=Real(-99, 0), measured_lra=Real(0, 99),
        measured_tp=Real(-99, 99), measured_thresh=Real(-99, 0), offset=Real(-99, 99), linear=Flag(), dual_mono=Flag(),
    ),
    "highpass": _audio(frequency=Real(0, 96_000)),
    "lowpass": _audio(frequency=Real(0, 96_000)),
    "areverse": _audio(),
    "anull": _audio(),
    "silencedetect": _audio(noise=Real(0, 1), duration=Time()),
    "volumedetect": _audio(),
    "ebur128": _audio(),
    "anullsrc": _source("a", channel_layout=Choice(W.MONO, W.STEREO), sample_rate=Int(8000, 192_000), duration=Time()),
    "sine": _source("a", frequency=Real(0, 96_000), sample_rate=Int(8000, 192_000), duration=Time()),
}  # fmt: skip

TIMELINE: Final = frozenset(
    {
        "avgblur", "blend", "boxblur", "chromakey", "colorchannelmixer", "colorkey", "drawbox",
        "drawtext", "eq", "fade", "gblur", "hue", "lut", "lutrgb", "lutyuv", "negate", "noise", "overlay", "rotate",
        "unsharp", "vignette", "volume", "afade", "alimiter", "highpass", "lowpass", "adelay",
    }
)  # fmt: skip
"""The filters that also take `enable`, a formula: while it is 0 they pass their input on."""

WHEN: Final = _WHEN
FILTERS: Final[Mapping[str, Filter]] = {**_VIDEO_FILTERS, **_AUDIO_FILTERS}
