"""The table of recurring work, and its two runners: a loop inside one process, and Procrastinate's queue on PostgreSQL.

Both go through the same guard, a row of the database per job: whichever process runs a job, it is done once.
"""
