"""Tests of the command desk."""
