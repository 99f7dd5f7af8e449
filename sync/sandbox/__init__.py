"""A small org that behaves like Salesforce: one pure function, `answer`, behind a loopback server or a requests adapter."""
