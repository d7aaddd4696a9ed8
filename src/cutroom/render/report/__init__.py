"""What is measured on a finished render, and the checks that it must pass before anybody gets it."""

from cutroom.render.report.iso import starts_fast
from cutroom.render.report.model import LEVEL, REPORT, Level, RenderReport, write_report
from cutroom.render.report.verify import sound_name, verify

__all__ = ["LEVEL", "REPORT", "Level", "RenderReport", "sound_name", "starts_fast", "verify", "write_report"]
