"""The addresses of the API, its OpenAPI document and page."""

from django.urls import path

from bihuan.surfaces.api.application import api

urlpatterns = [path("", api.urls)]
