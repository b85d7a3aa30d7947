"""Tests of decisions, rules, processes and cases."""
