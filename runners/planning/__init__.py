"""What an assessment would take, before it is made: a short trial behind the walls and a dress rehearsal."""
