"""Where agents and supervisors work cases."""
