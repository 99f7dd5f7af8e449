"""Who gets it: the org's users and queues, who needs an owner, pools and turns."""
