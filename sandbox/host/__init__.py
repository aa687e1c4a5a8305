"""The program that runs inside the sandbox. Nothing on the trusted side imports it; it is started as a process."""
