"""Every import contract in pyproject.toml turns red when it is broken: a guard nobody tried is a hope."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

BREACHES = {
    "Packages: config > surfaces, integrations > domain > kit > engines": (
        "kit/clock.py",
        "import bihuan.domain.ledger.events",
    ),
    "Engines are pure Python": ("engines/worktime/__init__.py", "import django"),
    "Domain apps: which may know which": (
        "domain/ledger/queries.py",
        "import bihuan.domain.org.models",
    ),
    "Inside a domain app": ("domain/ledger/models.py", "import bihuan.domain.ledger.actions"),
    "Surfaces ask and act; they never reach for tables": (
        "surfaces/workspace/__init__.py",
        "import bihuan.domain.ledger.models",
    ),
    "Only surfaces, integrations and jobs read the clock": (
        "domain/ledger/actions.py",
        "import bihuan.kit.clock",
    ),
    "Surfaces do not know one another": (
        "surfaces/workspace/__init__.py",
        "import bihuan.surfaces.api",
    ),
    "Integrations do not know one another": (
        "integrations/postgres_embedded/__init__.py",
        "import bihuan.integrations.other",
    ),
    "No cycles anywhere": ("kit/problems.py", "import bihuan.kit.paging"),
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    return subprocess.run(
        [*command, "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder / "src"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    other = tmp_path / "src/bihuan/integrations/other"
    other.mkdir()
    (other / "__init__.py").write_text('"""A neighbour."""\n')
    return tmp_path


def test_the_contracts_hold(copy):
    result = lint(copy)

    assert result.returncode == 0, result.stdout
    assert f"{len(BREACHES)} kept, 0 broken" in result.stdout


@pytest.mark.parametrize("contract", BREACHES)
def test_breaking_a_contract_is_reported(copy, contract):
    file, line = BREACHES[contract]
    path = copy / "src/bihuan" / file
    path.write_text(path.read_text() + f"\n{line}\n")

    result = lint(copy)

    assert result.returncode == 1
    assert f"{contract} BROKEN" in " ".join(result.stdout.split())
