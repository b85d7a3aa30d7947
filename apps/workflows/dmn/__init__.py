"""Decision tables of DMN 1.3 with S-FEEL: read and written as XML, evaluated exactly, searched for gaps and overlaps."""
