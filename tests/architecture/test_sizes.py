"""The central file grows unless it has a budget (style.md: pretix, netbox, saleor)."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
BUDGET = 400


def over_budget(root: Path) -> dict[str, int]:
    files = [
        path
        for folder in ("src", "tests", "frontend/src")
        for suffix in ("py", "ts", "css", "html")
        for path in (root / folder).rglob(f"*.{suffix}")
        if "migrations" not in path.parts
    ]
    sizes = {str(p.relative_to(root)): len(p.read_text("utf-8").splitlines()) for p in files}
    return {name: lines for name, lines in sizes.items() if lines > BUDGET}


def test_no_file_is_over_its_budget():
    assert over_budget(ROOT) == {}


def test_a_file_over_its_budget_is_found(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "long.py").write_text("x = 1\n" * (BUDGET + 1))

    assert over_budget(tmp_path) == {"src/long.py": BUDGET + 1}
