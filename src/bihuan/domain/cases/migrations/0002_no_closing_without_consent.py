from django.db import migrations

ADD = """
alter table cases_closure
    add constraint closure_refers_to_an_agreed_consent_of_its_own_case
    foreign key (consent_id, case_id, consent_answer)
    references cases_consent (id, case_id, answer);
alter table cases_case
    add constraint case_refers_to_a_closure_of_its_own
    foreign key (closure_id, id)
    references cases_closure (id, case_id);
"""
REMOVE = """
alter table cases_case drop constraint case_refers_to_a_closure_of_its_own;
alter table cases_closure drop constraint closure_refers_to_an_agreed_consent_of_its_own_case;
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_cases_and_their_closing")]

    operations = [migrations.RunSQL(ADD, REMOVE)]
