"""A longform's plan in words."""

from collections import Counter

from cutroom.render.longform.compile import longform_pieces
from cutroom.render.longform.plan import CopiedSound, EncodedSound, LongformPlan
from cutroom.render.mux.samples import AAC_FRAME
from cutroom.render.repeat import made_for

_KEY = 12  # characters of a key or hash that are shown
_LINES = 200


def explain_longform(plan: LongformPlan) -> str:
    """What a plan will make and how: what is encoded, what is repeated, what is copied, the warnings."""
    output, sound = plan.output, plan.sound
    picture = f", {output.width}x{output.height} at {float(output.fps):g} fps" if plan.segments else ""
    lines = [f"{output.format}{picture}: {plan.frames} frames, {float(plan.duration):.3f} s, made by {plan.engine}"]
    pieces = longform_pieces(plan)
    kinds = Counter(segment.kind for segment in plan.segments)
    encoded = sum(piece.frames for piece in pieces if not isinstance(piece, EncodedSound))
    spread = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    lines += ["", f"pictures: {len(plan.segments)} segments ({spread}); {encoded} of {plan.frames} frames are encoded"]
    lines += [
        f"  {segment.index:5d}  {segment.kind:<6}  frames {segment.start}-{segment.start + segment.frames - 1}"
        f"  of {made_for(segment).frames} encoded  key {segment.key[:_KEY]}"
        for segment in plan.segments[:_LINES]
    ]
    copied = sum(part.last - part.first for part in sound.parts if isinstance(part, CopiedSound))
    lines += [
        "",
        f"sound: {sound.samples} samples at {sound.sample_rate} Hz, {copied} of {sound.packets} packets copied",
    ]
    for part in sound.parts[:_LINES]:
        start, end = (max(0, q * AAC_FRAME - sound.priming) / sound.sample_rate for q in (part.first, part.last))
        what = f"of {part.media.sha256[:_KEY]}" if isinstance(part, CopiedSound) else f"key {part.key[:_KEY]}"
        lines.append(f"         {part.kind:<6}  {start:.3f}-{end:.3f} s  {what}")
    if plan.warnings:
        lines += ["", "warnings:", *(f"  {w.code} at {w.pointer or '/'}: {w.message}" for w in plan.warnings)]
    return "\n".join(lines)
