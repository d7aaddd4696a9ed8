"""Floor 6: templates that workspaces own: documents with placeholders. What they mean is the timeline's matter."""

from cutroom.templates.service import TemplateService
from cutroom.templates.template import TEMPLATE_PREFIX, Template

__all__ = ["TEMPLATE_PREFIX", "Template", "TemplateService"]
