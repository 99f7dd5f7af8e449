"""Everything that changes by decision, in one database: runs, leases, segments, plans, changes, memory, audit rows."""
