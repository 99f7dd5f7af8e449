"""Everything that changes by decision, in one database: runs, leases, data files, plans, changes, memory, audit rows."""
