"""The fields leadsync writes back to, and their deployable Salesforce source."""
