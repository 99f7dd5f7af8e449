"""When syncs are due, and who runs them: due times, slots, catching up, and the ticker that looks at the clock."""
