"""BPMN 2.0 diagrams as plain data: reading, writing, checking and drawing them, without a database."""
