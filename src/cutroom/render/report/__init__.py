"""What is measured on a finished render, and the checks that it must pass before anybody gets it."""

from cutroom.render.report.iso import starts_fast
from cutroom.render.report.model import REPORT, RenderReport, write_report
from cutroom.render.report.verify import verify

__all__ = ["REPORT", "RenderReport", "starts_fast", "verify", "write_report"]
