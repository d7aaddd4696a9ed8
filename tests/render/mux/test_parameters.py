"""Parameter sets, as x264 writes them."""

import av
import pytest

from cutroom.render.mux.parameters import Config, collide, merged, read_config, read_sequence
from tests.render.studio import HEIGHT, WIDTH, Studio


async def record(studio: Studio, name: str, *options: str) -> bytes:
    media = await studio.counter(name, "30", 0.2, "-c:v", "libx264", *options)
    with av.open(str(studio.paths[media.sha256])) as file:
        return bytes(file.streams.video[0].codec_context.extradata or b"")


def sets_of(data: bytes) -> dict[tuple[str, int], bytes]:
    return read_config(data).sets


async def test_a_sequence_says_what_the_encoder_was_told(studio: Studio) -> None:
    tags = ("-vf", "setparams=range=pc:color_primaries=bt709:color_trc=bt709:colorspace=smpte170m")
    config = read_config(await record(studio, "set.mp4", *tags, "-x264-params", "sps-id=7", "-level", "3.1"))
    (nal,) = config.sequences
    found = read_sequence(nal)
    assert (found.id, found.profile, found.level) == (7, 100, 31)
    assert (found.width, found.height, found.shifted, found.progressive) == (WIDTH, HEIGHT, False, True)
    assert (found.chroma, found.depth, found.square, found.full_range) == (1, 8, True, True)
    assert (found.primaries, found.transfer, found.matrix) == (1, 1, 6)
    assert set(config.sets) == {("sequence", 7), ("picture", 7)}


@pytest.mark.parametrize(
    ("options", "profile", "chroma", "depth"),
    [
        (("-pix_fmt", "yuv420p10le"), 110, 1, 10),
        (("-pix_fmt", "yuv444p"), 244, 3, 8),
        (("-profile:v", "baseline"), 66, 1, 8),
        (("-x264-params", "cqm=jvt"), 100, 1, 8),
        (("-x264-params", "tff=1"), 100, 1, 8),
    ],
)
async def test_profiles_are_told_apart(
    studio: Studio, options: tuple[str, ...], profile: int, chroma: int, depth: int
) -> None:
    config = read_config(await record(studio, f"profile-{'-'.join(options).replace(':', '')}.mp4", *options))
    found = read_sequence(config.sequences[0])
    assert (found.profile, found.chroma, found.depth) == (profile, chroma, depth)
    assert (found.width, found.height) == (WIDTH, HEIGHT)
    assert found.progressive == ("tff=1" not in options)


async def test_records_are_merged_and_the_highest_profile_and_level_stand_for_all(studio: Studio) -> None:
    base = await record(studio, "base.mp4", "-profile:v", "baseline", "-level", "4.2", "-x264-params", "sps-id=3")
    high = await record(studio, "high.mp4", "-level", "3", "-x264-params", "sps-id=1")
    both = merged([base, high, base])
    assert merged([high, base]) == both
    config = read_config(both)
    assert [read_sequence(nal).id for nal in config.sequences] == [1, 3]
    assert both[1] == 100
    assert both[3] == 42
    assert config.sets == read_config(base).sets | read_config(high).sets
    assert merged([base]) == base


async def test_one_id_with_two_contents_is_refused(studio: Studio) -> None:
    one = await record(studio, "first.mp4", "-preset", "ultrafast")
    two = await record(studio, "second-set.mp4", "-preset", "slow")
    assert collide(read_config(one), read_config(two))
    assert not collide(read_config(one), read_config(one))
    with pytest.raises(ValueError, match="has two contents"):
        merged([one, two])


async def test_what_is_no_record_is_refused(studio: Studio) -> None:
    whole = await record(studio, "whole.mp4")
    for cut in range(len(whole) - 5):
        with pytest.raises(ValueError, match=r"avcC|parameter set|ends too soon"):
            sets_of(whole[:cut])
    with pytest.raises(ValueError, match="no sequence"):
        read_sequence(b"\x68\x00\x00\x00")
    with pytest.raises(ValueError, match="too soon"):
        read_sequence(b"\x67\x64\x00\x1f")
    assert Config(4, (), ()).sets == {}
