"""The conversation with a Salesforce org: one session, one login, one policy for what goes wrong, one `Org`."""
