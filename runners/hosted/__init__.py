"""The model behind the walls: proven, started, asked, and what is recorded of them and of the machine."""
