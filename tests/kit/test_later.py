"""Libraries that are loaded when they are first used."""

import subprocess
import sys

import pytest

from cutroom.kit.later import later


def test_a_library_is_loaded_at_its_first_use_and_then_itself() -> None:
    program = (
        "import sys; from cutroom.kit.later import later; wave = later('wave'); assert 'wave' not in sys.modules;"
        "assert wave.Error is __import__('wave').Error; assert 'wave' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_what_is_not_there_is_complained_of_by_its_name() -> None:
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        _ = later("wave").nothing_of_the_kind
    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        _ = later("no_such_library").anything
