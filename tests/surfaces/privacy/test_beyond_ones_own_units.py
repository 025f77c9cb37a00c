"""What lies beyond one's part of the organisation is not there, for every role."""

import pytest
from django.test import Client

from bihuan.domain.org.models import Staff
from bihuan.domain.processes.models import Token
from tests.surfaces.privacy import world as worlds

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(240)]
HOTLINE = ("linxiao", "shenzhiyuan", "gumingyu", "zhouli", "sumin", "qiumin", "fangqin", "gaoyuan")
HOTLINE += ("yeqing", "dongyuan", "guanli")
ITSM = ("it-songjia", "it-luwei", "it-yuhang", "it-mengfei")


def test_pages_of_another_part_of_the_organisation_are_not_there(world):
    of_hotline = worlds.addresses(world.cases[0], world.customers[0])
    of_it = worlds.addresses(world.cases[-1], world.customers[2])
    found = {}
    for logins, foreign in ((HOTLINE, of_it), (ITSM, of_hotline)):
        for login in logins:
            client = Client()
            client.force_login(Staff.objects.get(login_name=login))
            for address in foreign:
                status = client.get(address).status_code
                # A role without the verb at all is refused before anything is looked for.
                if status != 404 and not (status == 403 and login == "guanli"):
                    found[login, address] = status

    assert Token.objects.exists()
    assert found == {}
