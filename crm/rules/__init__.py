"""The rooms behind `crm.segments`: node kinds, operators, and one file for each thing done with a rule."""
