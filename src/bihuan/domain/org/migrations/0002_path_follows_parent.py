"""The database itself checks, at commit, that every path is its parent's path plus its own id."""

from django.db import migrations

CHECKS = """
create function org_path_follows_parent() returns trigger language plpgsql as $$
begin
    if exists (
        select 1 from org_orgunit u left join org_orgunit p on p.id = u.parent_id
        where (u.id = new.id or u.parent_id = new.id)
          and u.path <> coalesce(p.path, '/') || u.id || '/'
    ) then
        raise exception 'org unit % has a path that does not follow its parent', new.id
            using errcode = 'check_violation', constraint = 'org_unit_path_follows_parent';
    end if;
    return null;
end $$;

create constraint trigger org_unit_path_follows_parent
after insert or update of path, parent_id on org_orgunit
deferrable initially deferred
for each row execute function org_path_follows_parent();
"""
DROP = """
drop trigger org_unit_path_follows_parent on org_orgunit;
drop function org_path_follows_parent();
"""


class Migration(migrations.Migration):
    dependencies = [("org", "0001_people_and_places")]

    operations = [migrations.RunSQL(CHECKS, DROP)]
