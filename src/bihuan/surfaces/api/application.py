"""The API as one object: who may call it, and how a refusal is told."""

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, ValidationError
from ninja.security import HttpBearer

from bihuan.domain.org.actions import admit_token
from bihuan.domain.org.ports import Access
from bihuan.kit import clock
from bihuan.kit.problems import Invalid, Refused, problem_response
from bihuan.surfaces.api import (
    cases,
    charges,
    colleagues,
    customers,
    definitions,
    gathering,
    improving,
    intake,
    many,
    messages,
    notices,
    pressing,
    routes,
    units,
)


class Token(HttpBearer):
    """`Authorization: Bearer bh_…`, a key issued with `bihuan staff token`."""

    openapi_scheme = "bearer"

    def authenticate(self, request: HttpRequest, token: str) -> Access:
        """Return what the token's owner may do, narrowed to the token's scopes."""
        return admit_token(key=token, at=clock.now())


class TokenMissing(Refused):
    """The request carries no token."""

    status = 401
    message = "请在 Authorization 头里带上令牌：Bearer bh_…"


class RequestMalformed(Invalid):
    """What was sent does not have the shape the OpenAPI page describes."""

    message = "请求的内容不符合接口定义。"


api = NinjaAPI(
    title="Bihuan 闭环",
    version="1",
    description="Cases, units of work and customers. Times are RFC 3339 with an offset.",
    auth=Token(),
    urls_namespace="api",
)
api.add_router("/cases", cases.router, tags=["cases"])
api.add_router("/cases", pressing.of_case, tags=["cases"])
api.add_router("/cases", gathering.of_case, tags=["cases"])
api.add_router("/cases", improving.of_case, tags=["cases"])
api.add_router("/cases", intake.of_case, tags=["cases"])
api.add_router("/intake", intake.intake, tags=["intake"])
api.add_router("/register", intake.register, tags=["intake"])
api.add_router("/consultations", intake.consultations, tags=["cases"])
api.add_router("/studies", improving.studies, tags=["studies"])
api.add_router("/grants", improving.grants, tags=["grants"])
api.add_router("/bursts", gathering.bursts, tags=["bursts"])
api.add_router("/supervision", pressing.orders, tags=["supervision"])
api.add_router("/escalations", pressing.ladders, tags=["escalations"])
api.add_router("/notices", notices.router, tags=["notices"])
api.add_router("/units", many.router, tags=["units"])
api.add_router("/units", units.router, tags=["units"])
api.add_router("/units", routes.units, tags=["units"])
api.add_router("/instances", routes.instances, tags=["instances"])
api.add_router("/skips", routes.skips, tags=["units"])
api.add_router("/messages", messages.router, tags=["instances"])
api.add_router("/definitions", definitions.router, tags=["definitions"])
api.add_router("/migrations", routes.migrations, tags=["instances"])
api.add_router("/units", colleagues.units, tags=["units"])
api.add_router("/cases", charges.of_case, tags=["cases"])
api.add_router("/charges", charges.charges, tags=["charges"])
api.add_router("/copies", colleagues.copies, tags=["copies"])
api.add_router("/extensions", colleagues.extensions, tags=["extensions"])
api.add_router("/me", colleagues.me, tags=["me"])
api.add_router("/customers", customers.router, tags=["customers"])


@api.exception_handler(Refused)
def refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """Answer a refusal as RFC 9457 problem+json."""
    return problem_response(request, refusal)


@api.exception_handler(AuthenticationError)
def stranger(request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    """Answer a request without a token."""
    return problem_response(request, TokenMissing())


@api.exception_handler(ValidationError)
def malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Answer what ninja could not read with the place of each mistake."""
    places = {".".join(map(str, e["loc"][1:])) or "body": str(e["msg"]) for e in error.errors}
    return problem_response(request, RequestMalformed(fields=places))
