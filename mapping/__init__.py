"""Salesforce records and the columns of the engine, both ways: fields, types, text keys, ids, SOQL, payloads. Pure."""
