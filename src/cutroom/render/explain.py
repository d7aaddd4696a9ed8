"""A plan in words, for people who wonder what will be done."""

from collections.abc import Iterable
from fractions import Fraction

from cutroom.render.encoders import SAMPLE_RATE
from cutroom.render.outline import made_whole
from cutroom.render.plan import CopySegment, ImageLayer, Layer, RenderPlan, Segment, VideoLayer
from cutroom.render.repeat import made_for
from cutroom.render.sound.plan import AudioPlan

_KEY = 12  # characters of a key or hash that are shown


def explain(plan: RenderPlan) -> str:
    """What a plan will make and how: segments, their layers, inputs and keys, the sound, the warnings."""
    output = plan.output
    picture = f", {output.width}x{output.height} at {_rate(output.fps)} fps" if plan.segments else ""
    lines = [f"{output.format}{picture}: {plan.frames} frames, {float(plan.duration):.3f} s, made by {plan.engine}"]
    if plan.segments:
        encoder = plan.segments[0].encoder
        lines += ["", f"pictures: {len(plan.segments)} segments, {encoder.codec} {encoder.preset} crf {encoder.crf}"]
        lines += [line for segment in plan.segments for line in _segment(segment, output.fps)]
    lines += ["", *(_audio(plan.audio) if plan.audio is not None else ["sound: none"])]
    lines += ["", *_inputs(plan)]
    if plan.warnings:
        lines += ["", "warnings:", *(f"  {w.code} at {w.pointer or '/'}: {w.message}" for w in plan.warnings)]
    return "\n".join(lines)


def _segment(segment: Segment, fps: Fraction) -> Iterable[str]:
    last = segment.start + segment.frames
    yield (
        f"  {segment.index:4d}  {segment.kind:<6}  frames {segment.start}-{last - 1}"
        f"  {float(segment.start / fps):.3f}-{float(last / fps):.3f} s  key {segment.key[:_KEY]}"
    )
    if isinstance(segment, CopySegment):
        yield f"          {segment.source.sha256[:_KEY]} packets from {segment.first_pts}  {segment.pointer}"
        return
    inner = made_for(segment)
    if inner is not segment:
        yield f"          {inner.frames} frames, shown again and again"
    for layer in inner.layers:
        yield f"          {layer.kind:<7}  {layer.first}-{layer.last - 1}  {_look(layer, fps)}  {layer.pointer}"


def _look(layer: Layer, fps: Fraction) -> str:
    words: list[str] = []
    if layer.kind == "text":
        words.append(f"{layer.position} {layer.text.text.splitlines()[0][:40]!r}")
    else:
        box = layer.window if layer.kind == "painted" else layer.box
        words.append(f"{box.width}x{box.height}{box.x:+d}{box.y:+d}")
    if layer.kind == "painted":
        words.append(f"{layer.painting.subject.kind}, from frame {layer.at}, {layer.blend}")
    if isinstance(layer, VideoLayer):
        words.append(f"{layer.source.sha256[:_KEY]} from {float(layer.at):.3f} s")
    elif isinstance(layer, ImageLayer):
        words.append(layer.sha256[:_KEY])
    if whole := made_whole(layer, fps):
        words.append(f"a picture of {whole}")
    if layer.opacity < 1:
        words.append(f"opacity {layer.opacity:g}")
    words += [f"{'in' if ramp.rising else 'out'} over {ramp.length} from {ramp.first}" for ramp in layer.ramps]
    return ", ".join(words)


def _audio(audio: AudioPlan) -> Iterable[str]:
    encoder = audio.encoder
    how = ", copied" if audio.copies else ""
    yield (
        f"sound: {audio.samples} samples{how}, {encoder.codec} at {encoder.bit_rate // 1000} kbit/s,"
        f" {len(audio.voices)} voices in {len(audio.spans)} spans  key {audio.key[:_KEY]}"
    )
    for voice in audio.voices:
        fades = "".join(f", {'in' if r.rising else 'out'} over {r.length / SAMPLE_RATE:.3f} s" for r in voice.ramps)
        yield (
            f"          {voice.first / SAMPLE_RATE:.3f}-{voice.last / SAMPLE_RATE:.3f} s"
            f"  {voice.source.sha256[:_KEY]} from {float(voice.at):.3f} s, volume {voice.volume:g}{fades}"
            f"  {voice.pointer}"
        )


def _inputs(plan: RenderPlan) -> Iterable[str]:
    needed = {name for segment in plan.segments for name in segment.inputs}
    needed |= set(plan.audio.inputs) if plan.audio is not None else set()
    yield f"inputs: {len(needed)}"
    for name in sorted(needed):
        readers = sum(name in segment.inputs for segment in plan.segments)
        yield f"  {name[:_KEY]}  read by {readers} of {len(plan.segments)} segments"


def _rate(fps: Fraction) -> str:
    return str(fps.numerator) if fps.denominator == 1 else f"{float(fps):.3f}"
