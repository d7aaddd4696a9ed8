"""A folder of 255 patterns as people have them from Fabric: its layout, its sizes and every oddity measured in it.

The words are ours; what is like the original is how files lie, how long they are, and which tokens are in them.
"""

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Final

COUNT: Final = 255
LARGEST_BYTES: Final = 231_376
NEEDING: Final = {
    "translate_into": ["lang_code"],
    "write_as": ["author_name"],
    "judge_answers": ["question", "answer", "reference", "scale"],
}
"""Patterns that cannot run without these variables."""
FOREIGN: Final = {
    "clean_templates": [f"{mark}{number}" for number in range(4) for mark in ("#if row", "/if", "> part", "{raw")],
    "write_scanner_rules": ["BaseURL", "Hostname", "interactsh-url", *(f"payload_{number}" for number in range(42))],
}
"""Patterns that speak of another template language, whose tokens no run has values for."""
_WORDS: Final = [
    *("read", "consider", "weigh", "list", "name", "claim", "idea", "source", "reason", "example", "detail", "point"),
    *("answer", "text", "reader", "writer", "short", "plain", "exact", "honest", "useful", "before", "after", "within"),
]


@dataclass(frozen=True)
class Folder:
    """Where the patterns lie, and what they were made as."""

    patterns: Path
    texts: dict[str, str]

    @property
    def runnable(self) -> list[str]:
        """Those that need nothing but an input."""
        return [name for name in self.texts if name not in NEEDING and name not in FOREIGN]


def make(root: Path) -> Folder:
    """Write the folder, with the file of descriptions where Fabric has it."""
    dice = random.Random(6)
    folder = root / "data" / "patterns"
    texts = dict(sorted({**_special(dice), **_plain(dice)}.items()))
    for index, (name, text) in enumerate(texts.items()):
        home = folder / name
        if name == "linked":
            home = root / "elsewhere" / "linked"
            folder.joinpath(name).symlink_to(home, target_is_directory=True)
        home.mkdir(parents=True)
        (home / "system.md").write_bytes(text.encode("utf-8-sig" if name == "with_bom" else "utf-8"))
        if index % 5 == 0 and index < 235:
            (home / "user.md").write_text("CONTENT:\n{{never_read}}\n" if index % 25 == 0 else "", "utf-8")
        if index % 7 == 0:
            (home / "README.md").write_text("# How to use it\n\n{{not_a_variable}}\n", "utf-8")
    _clutter(folder)
    described = [
        {"patternName": name, "description": f"Does {name.replace('_', ' ')}.", "tags": ["ANALYSIS", "WRITING"]}
        for name in list(texts)[:250]
    ]
    told = root / "scripts" / "pattern_descriptions" / "pattern_descriptions.json"
    told.parent.mkdir(parents=True)
    (folder / "pattern_descriptions.json").write_text(json.dumps({"patterns": described}), "utf-8")
    told.write_text("{}", "utf-8")
    return Folder(folder, texts)


def _special(dice: random.Random) -> dict[str, str]:
    body = _body(dice, 1_500)
    made = {
        name: f"{body}\n\n" + "\n".join("{{" + token + "}}" for token in tokens) + "\n"
        for name, tokens in {**NEEDING, **FOREIGN}.items()
    }
    made["with_input"] = f"{body}\n\n# INPUT\n\n{{{{input}}}}\n"
    made["with_input_in_the_middle"] = f"Read this:\n\n{{{{input}}}}\n\n{body}"
    made["largest"] = _body(dice, LARGEST_BYTES)[:LARGEST_BYTES]
    made["shortest"] = "Sum up."
    made["with_bom"] = body
    made["linked"] = body
    made["with_windows_lines"] = body.replace("\n", "\r\n")
    made["with_a_rule_on_top"] = f"---\n\n# IDENTITY\n\n---\n{body}"
    made["with_front_like_text"] = f"---\nrole: a poet, not a setting of ours\n---\n{body}"
    made["with_yaml_that_is_none"] = f"# Template\n\n---\n: [ {{ broken\n---\n{body}"
    made["with_json"] = f'{body}\n\n```json\n{{"a": {{"b": [1, {{}}]}}}}\n```\n'
    made["with_single_braces"] = f"{body}\n\nWrite {{name}} and }} or {{ as they are.\n"
    made["with_other_scripts"] = f"{body}\n\nNaïve café, Übung, 日本語, עברית, 🎬\u2028\n"
    made["with_trailing_space"] = f"{body}   \n\n\n  "
    made["with-hyphens_and_2_digits"] = body
    return made


def _plain(dice: random.Random) -> dict[str, str]:
    verbs = ["analyze", "create", "extract", "summarize", "write", "improve", "explain", "find", "rate", "review"]
    things = [
        "paper",
        "claims",
        "threat",
        "logs",
        "essay",
        "story",
        "design",
        "prose",
        "code",
        "idea",
        "debate",
        "mail",
    ]
    names = [f"{verb}_{thing}" for verb in verbs for thing in things]
    names += [f"{name}_{kind}" for name in names for kind in ("short", "long")]
    special = 20
    return {name: _body(dice, round(dice.lognormvariate(7.64, 0.55))) for name in names[: COUNT - special]}


def _body(dice: random.Random, size: int) -> str:
    """Instructions of about this many bytes, in sections as such patterns have them."""
    lines = ["# IDENTITY AND PURPOSE", "", "You read texts for people who have no time for it.", "", "# STEPS", ""]
    length = sum(len(line) + 1 for line in lines)
    while length < size - 60:
        line = f"- {' '.join(dice.choices(_WORDS, k=10)).capitalize()}."
        lines.append(line)
        length += len(line) + 1
    text = "\n".join([*lines, "", "# INPUT", "", "INPUT:"])
    return text if len(text) >= size else text + " " * (size - len(text))


def _clutter(folder: Path) -> None:
    """What else lies in such folders, and is no pattern."""
    (folder / "loose.md").write_text("x", "utf-8")
    (folder / "no_system").mkdir()
    (folder / "no_system" / "user.md").write_text("x", "utf-8")
    (folder / ".git" / "hooks").mkdir(parents=True)
    (folder / ".git" / "system.md").write_text("x", "utf-8")
    (folder / "name with spaces").mkdir()
    (folder / "name with spaces" / "system.md").write_text("x", "utf-8")
    (folder / "dangling").symlink_to(folder / "nowhere")
