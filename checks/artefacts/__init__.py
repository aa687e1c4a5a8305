"""Read submitted files on the trusted side: bounded, by the standard library, and without executing anything."""
