"""Make kubernetes.json: the schemas of the kinds that deploy/kubernetes uses, in one file.

Run as `python tests/deploy/schemas/make.py FOLDER`; the folder is one of kubernetes-validate (PyPI), such as
`kubernetes_validate/kubernetes-json-schema/v1.37.0-local-strict`: unknown fields are wrong. Words are left out.
"""

import json
import sys
from pathlib import Path
from typing import Any

KINDS = {
    "Namespace": "namespace-v1",
    "ConfigMap": "configmap-v1",
    "Secret": "secret-v1",
    "Service": "service-v1",
    "Deployment": "deployment-apps-v1",
    "PodDisruptionBudget": "poddisruptionbudget-policy-v1",
    "HorizontalPodAutoscaler": "horizontalpodautoscaler-autoscaling-v2",
}


def bare(schema: Any) -> Any:
    """A schema without descriptions, and with references into our own file."""
    if isinstance(schema, list):
        return [bare(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {}
    for key, value in schema.items():
        if key == "properties":
            kept[key] = {name: bare(of) for name, of in value.items()}
        elif key == "$ref":
            kept[key] = "#/$defs/" + value.rpartition("/")[2]
        elif key not in ("description", "$id", "$schema") and not key.startswith("x-kubernetes"):
            kept[key] = bare(value)
    return kept


def named(schema: Any) -> set[str]:
    """The definitions that a schema refers to."""
    if isinstance(schema, list):
        return set().union(*map(named, schema)) if schema else set()
    if not isinstance(schema, dict):
        return set()
    own = {schema["$ref"].rpartition("/")[2]} if isinstance(schema.get("$ref"), str) else set()
    return own.union(*map(named, schema.values()))


def main(folder: Path) -> None:
    everything = json.loads((folder / "_definitions.json").read_text())["$defs"]
    kinds = {kind: bare(json.loads((folder / f"{name}.json").read_text())) for kind, name in KINDS.items()}
    wanted = named(list(kinds.values()))
    definitions: dict[str, Any] = {}
    while missing := wanted - definitions.keys():
        for name in missing:
            definitions[name] = bare(everything[name])
            wanted |= named(definitions[name])
    made = {"version": folder.name, "kinds": kinds, "$defs": dict(sorted(definitions.items()))}
    Path(__file__).with_name("kubernetes.json").write_text(json.dumps(made, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
