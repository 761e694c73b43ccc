"""Where a row that we read differs from Debezium's on purpose.

Debezium reads tables through JDBC, with other conversions than its stream
has; we have one encoder, and it is the stream's.
"""
from compare import MISSING
from differences import ANY, Known

PLAIN = [
]
SCHEMAS = [
]
