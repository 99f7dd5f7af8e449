"""From verdicts to proposals: drafts, overrides, reconcile with open ones, guards, recheck before sending, shadow."""
