"""Modules are named after their subject; a drawer with no subject always fills."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DRAWERS = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "core",
    "base",
    "manager",
    "service",
    "misc",
}


def drawers(root: Path) -> list[str]:
    return sorted(str(p.relative_to(root)) for p in root.rglob("*.py") if p.stem in DRAWERS)


def settings_read(root: Path) -> set[str]:
    text = "\n".join(p.read_text("utf-8") for p in root.rglob("*.py"))
    return set(re.findall(r"[\"'](BIHUAN_[A-Z_]+)[\"']", text))


def test_no_module_is_a_drawer():
    assert drawers(ROOT / "src") == []


def test_a_drawer_is_found(tmp_path):
    (tmp_path / "utils.py").write_text("")

    assert drawers(tmp_path) == ["utils.py"]


def test_every_setting_is_documented():
    page = (ROOT / "docs/reference/settings.md").read_text("utf-8")
    documented = set(re.findall(r"`(BIHUAN_[A-Z_]+)`", page))

    assert settings_read(ROOT / "src") - documented == set()


def test_every_package_says_what_it_owns():
    silent = [
        str(init.relative_to(ROOT))
        for init in (ROOT / "src").rglob("__init__.py")
        if init.parent.name != "migrations"
        and not init.read_text("utf-8").lstrip().startswith('"""')
    ]

    assert silent == []
