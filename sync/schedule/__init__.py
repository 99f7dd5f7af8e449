"""When syncs are due, and who runs them: due times, slots, catching up, and the thread that looks at the clock."""
