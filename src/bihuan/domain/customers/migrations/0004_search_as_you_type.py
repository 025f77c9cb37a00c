from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0003_one_file_per_customer'),
    ]

    operations = [
        migrations.RemoveIndex(model_name='customer', name='customer_by_pinyin'),
        migrations.RemoveIndex(model_name='customer', name='customer_by_initials'),
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(fields=['name_pinyin', 'name_norm', 'id'], name='customer_by_sound'),
        ),
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(fields=['name_initials', 'name_norm', 'id'], name='customer_by_initial'),
        ),
    ]
