"""What is heard of it all: ducking, loudness, seams."""

from fractions import Fraction
from typing import Any

from cutroom.timeline import ResolvedSoundtrack
from cutroom.timeline.resolved import Ducking, Keyframe, Loudness
from tests.timeline import media
from tests.timeline.documents import SOUND, codes, color, one, resolved, sound, video


def music(seconds: float = 20, given: float = 10, **fields: Any) -> ResolvedSoundtrack:
    result = resolved(soundtrack={"src": SOUND, **fields}, duration=seconds, given={SOUND: media.audio(given)})
    assert result.soundtrack is not None
    return result.soundtrack


def test_music_that_starts_again_crosses_with_its_own_end() -> None:
    assert music(loop=True).seam == Fraction(1, 20)
    assert music(loop=True, crossfade=2).seam == 2
    assert music(loop=True, crossfade=0).seam == 0


def test_a_seam_is_at_most_half_of_the_music() -> None:
    assert music(loop=True, crossfade=30, given=3).seam == Fraction(3, 2)


def test_music_that_plays_once_has_no_seam() -> None:
    assert music(crossfade=2).seam == 0


def test_music_that_is_too_short_to_start_again_is_told_of() -> None:
    told = [("too_short_to_loop", "/timeline/soundtrack/loop")]
    for seconds, loop, wanted in ((0.2, True, told), (0.2, False, []), (0.3, True, [])):
        track = {"src": SOUND, "loop": loop}
        assert codes(resolved([video(length=4)], soundtrack=track, given={SOUND: media.audio(seconds)})) == wanted


def test_music_swells() -> None:
    found = music(volume=[{"at": 0, "value": 0}, {"at": 5, "value": 1, "easing": "hold"}])
    assert (found.volume, found.swell) == (1, (Keyframe(Fraction(0), 0.0), Keyframe(Fraction(5), 1.0, "hold")))


def test_ducking_is_asked_for_or_said() -> None:
    assert music().ducking is None
    assert music(ducking=False).ducking is None
    assert music(ducking=True).ducking == Ducking(12, 0.2, 0.6)
    assert music(ducking={"depth": 6, "attack": 0, "release": 2}).ducking == Ducking(6, 0, 2)
    assert one(video(ducking=True)).ducking == Ducking(12, 0.2, 0.6)
    assert one(sound(ducking={"depth": 3})).ducking == Ducking(3, 0.2, 0.6)
    assert one(sound()).ducking is None


def test_the_whole_mix_has_a_loudness_when_asked() -> None:
    def loudness(value: Any) -> Loudness | None:
        return resolved([video()], loudness=value).loudness

    assert resolved([video()]).loudness is None
    assert loudness(value=False) is None
    assert loudness(value=True) == Loudness(-14, -1)
    assert loudness(-23) == Loudness(-23, -1)
    assert loudness({"target": -16, "peak": -2}) == Loudness(-16, -2)


def test_music_that_is_silent_all_the_time_makes_no_sound() -> None:
    result = resolved([color()], soundtrack={"src": SOUND, "volume": [{"at": 0, "value": 0}]})
    assert [warning.code for warning in result.warnings] == ["silent"]
