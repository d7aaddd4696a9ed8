"""What deploys us is written as its schemas want it, and names settings, commands, ports and paths that there are."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jsonschema_rs
import pytest
import typer
import yaml
from typer.core import TyperGroup

from cutroom.api import health
from cutroom.app.cli import cli
from cutroom.app.settings import Settings, load
from cutroom.jobs.claimant import STOP_S
from tests.deploy.versions import ROOT

DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file() and path.name not in {".env", "secrets.env"})
OURS = re.compile(r"\b((?:CUTROOM|TEMPORAL|OTEL|HF)_[A-Z0-9_]+|DATABASE_URL|REDIS_URL)\b")
SECRET = "0123456789abcdef" * 4
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
OWN = {name: service for name, service in COMPOSE["services"].items() if "build" in service}
MANIFESTS = [
    manifest
    for path in sorted(KUBERNETES.glob("*.yaml"))
    if path.name != "kustomization.yaml"
    for manifest in yaml.safe_load_all(path.read_text())
]
DEPLOYMENTS = {
    one["metadata"]["name"]: one["spec"]["template"]["spec"] for one in MANIFESTS if one["kind"] == "Deployment"
}
RAILWAY = {name: json.loads((DEPLOY / "railway" / f"{name}.json").read_text()) for name in ("web", "worker")}


def variables() -> set[str]:
    """The environment variables that are read."""
    named = Settings.model_fields.items()
    return {str(field.alias or f"CUTROOM_{name.upper()}") for name, field in named}


def env_file(path: Path) -> dict[str, str]:
    lines = (line for line in path.read_text().splitlines() if line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


def filled(text: str, given: dict[str, str]) -> str:
    """As compose fills it: `${NAME:-default}` and `${NAME:?why}`."""
    return re.sub(r"\$\{(\w+)(?::([-?])([^}]*))?\}", lambda m: given.get(m[1]) or (m[3] if m[2] == "-" else ""), text)


def image_variables() -> dict[str, str]:
    """What the image sets."""
    return dict(re.findall(r"(CUTROOM_\w+)=(\S+)", DOCKERFILE))


def parse(argv: list[str]) -> None:
    """Let the command line read arguments of `cutroom`, without running anything."""
    group = typer.main.get_command(cli)
    assert isinstance(group, TyperGroup)
    assert argv[0] in group.commands
    group.commands[argv[0]].make_context(argv[0], argv[1:])


def seconds(text: str) -> float:
    assert text.endswith("s"), text
    return float(text[:-1])


def test_every_setting_that_is_named_exists() -> None:
    named = {path: set(OURS.findall(path.read_text())) for path in FILES}
    assert {path.name: names - variables() for path, names in named.items() if names - variables()} == {}
    assert set().union(*named.values()) > {"DATABASE_URL", "REDIS_URL", "CUTROOM_SECRET", "CUTROOM_S3_BUCKET"}


def _environments() -> Iterator[tuple[str, dict[str, str]]]:
    given = {**env_file(DEPLOY / "example.env"), "CUTROOM_SECRET": SECRET, "CUTROOM_S3_SECRET_KEY": SECRET}
    for name, service in OWN.items():
        yield f"compose {name}", {key: filled(str(value), given) for key, value in service["environment"].items()}
    secrets = {**env_file(KUBERNETES / "secrets.example.env"), "CUTROOM_SECRET": SECRET}
    keys = {"CUTROOM_S3_ACCESS_KEY": "key", "CUTROOM_S3_SECRET_KEY": SECRET}
    yield "kubernetes", {**env_file(KUBERNETES / "settings.env"), **secrets, **keys}
    railway = env_file(DEPLOY / "railway" / "variables.env")
    texts = {"CUTROOM_SECRET": SECRET, "REDIS_URL": "redis://redis", "CUTROOM_PUBLIC_URL": "https://web.example.org"}
    shared = {name: re.sub(r"\$\{\{.*?\}\}", "somewhere", value) for name, value in railway.items()}
    yield "railway", {**shared, **texts}


@pytest.mark.parametrize(("where", "given"), [pytest.param(*one, id=one[0]) for one in _environments()])
def test_programs_would_start_with_what_they_are_given(
    where: str, given: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in variables():
        monkeypatch.delenv(name, raising=False)
    for name, value in {**image_variables(), **given}.items():
        monkeypatch.setenv(name, value)
    settings = load()
    assert settings.database_url, where
    assert settings.s3_bucket, where
    assert settings.environment == ("development" if where.startswith("compose") else "production")
    assert str(settings.data) == "/var/lib/cutroom"


def test_every_command_can_be_read_by_the_command_line() -> None:
    commands = [service["command"] for service in OWN.values()]
    for spec in DEPLOYMENTS.values():
        commands += [container["args"] for container in (*spec["initContainers"], *spec["containers"])]
    for service in RAILWAY.values():
        commands.append(service["deploy"]["startCommand"].removeprefix("tini -- cutroom ").split())
        commands += [text.removeprefix("cutroom ").split() for text in service["deploy"].get("preDeployCommand", ())]
    commands.append(json.loads(re.findall(r"^CMD (.*)$", DOCKERFILE, re.MULTILINE)[0]))
    for argv in commands:
        parse(argv)
    assert {argv[0] for argv in commands} == {"api", "worker", "migrate"}


def test_ports_and_paths_are_the_same_everywhere() -> None:
    port, agents = image_variables()["CUTROOM_PORT"], "8001"
    assert re.findall(r"^EXPOSE (.*)$", DOCKERFILE, re.MULTILINE) == [f"{port} {agents}"]
    assert COMPOSE["services"]["api"]["ports"] == [f"{port}:{port}", f"127.0.0.1:{agents}:{agents}"]
    addresses = (
        COMPOSE["services"]["api"]["environment"]["CUTROOM_GRPC_ADDRESS"],
        env_file(KUBERNETES / "settings.env")["CUTROOM_GRPC_ADDRESS"],
    )
    assert set(addresses) == {f"0.0.0.0:{agents}"}
    (api,) = DEPLOYMENTS["api"]["containers"]
    assert {one["name"]: one["containerPort"] for one in api["ports"]} == {"http": int(port), "grpc": int(agents)}
    assert env_file(DEPLOY / "railway" / "variables.env")["PORT"] == port
    asked = {api[probe]["httpGet"]["path"] for probe in ("startupProbe", "readinessProbe", "livenessProbe")}
    asked |= {RAILWAY["web"]["deploy"]["healthcheckPath"], *re.findall(r"\+ '(/\w+)'", DOCKERFILE)}
    assert asked == {"/livez", "/readyz"}
    assert asked <= {getattr(route, "path", "") for route in health.router.routes}


def test_workers_are_killed_long_after_they_have_put_their_jobs_back() -> None:
    worker = COMPOSE["services"]["worker"]
    drains = [
        (worker["environment"]["CUTROOM_WORKER_DRAIN_S"], seconds(worker["stop_grace_period"])),
        (
            env_file(KUBERNETES / "settings.env")["CUTROOM_WORKER_DRAIN_S"],
            DEPLOYMENTS["worker"]["terminationGracePeriodSeconds"],
        ),
        (
            env_file(DEPLOY / "railway" / "variables.env")["CUTROOM_WORKER_DRAIN_S"],
            RAILWAY["worker"]["deploy"]["drainingSeconds"],
        ),
    ]
    for drain, grace in drains:
        assert float(drain) + STOP_S + 5 <= float(grace)


def test_nothing_runs_as_root_and_every_image_has_a_version() -> None:
    user = re.findall(r"^USER (\d+):(\d+)", DOCKERFILE, re.MULTILINE)
    assert user == [("10001", "10001")]
    for spec in DEPLOYMENTS.values():
        assert (spec["securityContext"]["runAsNonRoot"], spec["securityContext"]["runAsUser"]) == (True, 10001)
        for container in (*spec["initContainers"], *spec["containers"]):
            assert container["image"] == "cutroom"
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert container["securityContext"]["readOnlyRootFilesystem"]
    for service in OWN.values():
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    for service in COMPOSE["services"].values():
        image = filled(service["image"], {})
        assert re.search(r":v?\d", image), f"{image} may be anything"


def test_tools_are_those_of_a_checkout() -> None:
    dev = (ROOT / "dev").read_text()
    (uv,) = re.findall(r'^UV_VERSION = "(.*?)"', dev, re.MULTILINE)
    (temporal,) = re.findall(r'^TEMPORAL_VERSION = "v(.*?)"', dev, re.MULTILINE)
    assert f"uv=={uv}" in DOCKERFILE
    assert COMPOSE["services"]["temporal"]["image"] == f"temporalio/temporal:{temporal}"
    kept = {line[1:] for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {name for line in re.findall(r"^COPY (?!--)(.*) \S+$", DOCKERFILE, re.MULTILINE) for name in line.split()}
    assert kept == copied


def test_compose_is_written_as_its_specification_wants_it() -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*check, DEPLOY / "compose.yaml"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    volumes = {volume.partition(":")[0] for one in COMPOSE["services"].values() for volume in one.get("volumes", ())}
    assert volumes == set(COMPOSE["volumes"])
    for service in COMPOSE["services"].values():
        assert set(service.get("depends_on", ())) <= set(COMPOSE["services"])


def test_manifests_are_written_as_kubernetes_wants_them() -> None:
    schemas = json.loads(Path(__file__).with_name("schemas").joinpath("kubernetes.json").read_text())
    for manifest in MANIFESTS:
        schema = {**schemas["kinds"][manifest["kind"]], "$defs": schemas["$defs"]}
        assert [error.message for error in jsonschema_rs.validator_for(schema).iter_errors(manifest)] == []
    kustomization = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())
    assert {*kustomization["resources"], "kustomization.yaml"} == {path.name for path in KUBERNETES.glob("*.yaml")}
    made = {one["name"] for key in ("configMapGenerator", "secretGenerator") for one in kustomization[key]}
    for spec in DEPLOYMENTS.values():
        for container in (*spec["initContainers"], *spec["containers"]):
            assert {next(iter(source.values()))["name"] for source in container["envFrom"]} == made
            assert {mount["name"] for mount in container["volumeMounts"]} == {one["name"] for one in spec["volumes"]}


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not here")
def test_kubectl_makes_manifests_of_the_folder(tmp_path: Path) -> None:
    shutil.copytree(KUBERNETES, tmp_path / "kubernetes", ignore=shutil.ignore_patterns("secrets.env"))
    (tmp_path / "kubernetes" / "secrets.example.env").rename(tmp_path / "kubernetes" / "secrets.env")
    done = subprocess.run(
        ["kubectl", "kustomize", tmp_path / "kubernetes"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    kinds = [one["kind"] for one in yaml.safe_load_all(done.stdout)]
    assert sorted({*kinds}) == sorted({*(one["kind"] for one in MANIFESTS), "ConfigMap", "Secret"})


def test_the_dockerfile_is_without_fault() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([linter, DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
