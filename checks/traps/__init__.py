"""The traps of tables that people made: texts, numbers and whole columns that are not what they are called."""
