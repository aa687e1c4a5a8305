"""An assessment in the formats of others: pure functions of the record, which neither judge nor measure."""
