from django.apps import AppConfig


class KitConfig(AppConfig):
    name = "bihuan.kit"
    label = "kit"
