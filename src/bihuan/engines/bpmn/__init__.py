"""BPMN 2.0 process definitions: read, check, and advance an instance by pure computation."""
