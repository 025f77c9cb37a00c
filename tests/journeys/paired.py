"""A small pack with two branches and a join, its second version without the last unit, and cases on it."""

import json
from pathlib import Path

from tests.journeys.conftest import Service

PACK = """key = "paired"
version = "{version}"
name = {{ zh = "报价审批" }}
description = {{ zh = "核价与验资并行，汇合后复核" }}
requires = ["base >= 1.0", "hotline >= 1.0"]
"""
CLASSES = """title: 报价分类
classes:
  - {code: quote, name: 报价审批, request_type: REPORT, process: paired, limit: 3wd, calendar: base.office}
"""
APPLICANT, PRICER, FUNDS, CHECKER, ARCHIVIST, MANAGER = (
    "shenzhiyuan", "gumingyu", "sumin", "qiumin", "fangqin", "yeqing",
)  # fmt: skip


def process(*, with_filing: bool) -> str:
    """Return the diagram: 申请, then 核价 beside 验资, then 复核 and in the first version 存档."""
    last = (
        '<userTask id="file" name="存档" bh:post="archivist" bh:limit="4h"/>'
        '<sequenceFlow id="f8" sourceRef="check" targetRef="file"/>'
        '<sequenceFlow id="f9" sourceRef="file" targetRef="end"/>'
        if with_filing
        else '<sequenceFlow id="f8" sourceRef="check" targetRef="end"/>'
    )
    return (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
        ' xmlns:bh="http://bihuan.dev/schema/bpmn" targetNamespace="http://bihuan.dev/packs">'
        '<process id="paired" name="报价审批" isExecutable="true"><startEvent id="start"/>'
        '<userTask id="apply" name="申请" bh:post="judge" bh:limit="4h"/><parallelGateway id="fork"/>'
        '<userTask id="price" name="核价" bh:post="dispatcher" bh:limit="4h"/>'
        '<userTask id="funds" name="验资" bh:post="reviewer" bh:limit="4h"/><parallelGateway id="join"/>'
        '<userTask id="check" name="复核" bh:post="verifier" bh:limit="4h" bh:returnTo="any"/>'
        '<endEvent id="end"/>'
        '<sequenceFlow id="f1" sourceRef="start" targetRef="apply"/>'
        '<sequenceFlow id="f2" sourceRef="apply" targetRef="fork"/>'
        '<sequenceFlow id="f3" sourceRef="fork" targetRef="price"/>'
        '<sequenceFlow id="f4" sourceRef="fork" targetRef="funds"/>'
        '<sequenceFlow id="f5" sourceRef="price" targetRef="join"/>'
        '<sequenceFlow id="f6" sourceRef="funds" targetRef="join"/>'
        f'<sequenceFlow id="f7" sourceRef="join" targetRef="check"/>{last}</process></definitions>'
    )


def install(service: Service, folder: Path, version: str, *, with_filing: bool) -> None:
    """Put a version of the pack in force."""
    for name in ("processes", "taxonomy"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "pack.toml").write_text(PACK.format(version=version), "utf-8")
    (folder / "taxonomy/quotes.yaml").write_text(CLASSES, "utf-8")
    diagram = process(with_filing=with_filing)
    (folder / "processes/paired.bpmn").write_text(diagram, "utf-8")
    service.run("pack", "install", str(folder))


def open_cases(desk, service: Service, *titles: str) -> list[str]:
    """Open cases as a program does; return their numbers."""
    said = service.run("staff", "token", "linxiao", "报价系统", "--scope", "case.open", "--json")
    headers = {"Authorization": f"Bearer {json.loads(said.splitlines()[-1])['token']}"}
    found = []
    for title in titles:
        body = {"pack": "paired", "title": title, "unit": "csc", "class_code": "quote"}
        answer = desk.page.request.post(f"{service.url}/api/v1/cases", data=body, headers=headers)
        assert answer.status == 201, answer.text()
        found.append(answer.json()["number"])
    return found
