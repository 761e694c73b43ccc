"""libpq through ctypes: enough to run SQL from many threads at once.

The interpreter's lock is released while libpq works, so threads are real
clients.  Results are text; NULL is None.
"""
import ctypes
import ctypes.util
import glob

_CONNECTION_OK = 0
_COMMAND_OK, _TUPLES_OK, _EMPTY = 1, 2, 0
_DIAG_SQLSTATE = ord("C")


def _load():
    name = ctypes.util.find_library("pq")
    if name is None:
        found = sorted(glob.glob("/usr/lib/*/libpq.so.5"))
        if not found:
            raise ImportError("libpq is not installed")
        name = found[0]
    lib = ctypes.CDLL(name)
    for func in ("PQconnectdb", "PQexec"):
        getattr(lib, func).restype = ctypes.c_void_p
    for func in ("PQerrorMessage", "PQresultErrorMessage", "PQgetvalue",
                 "PQresultErrorField", "PQfname", "PQcmdTuples"):
        getattr(lib, func).restype = ctypes.c_char_p
    lib.PQconnectdb.argtypes = [ctypes.c_char_p]
    lib.PQexec.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    for func in ("PQstatus", "PQfinish", "PQerrorMessage", "PQclear",
                 "PQresultStatus", "PQntuples", "PQnfields", "PQbackendPID",
                 "PQresultErrorMessage", "PQcmdTuples"):
        getattr(lib, func).argtypes = [ctypes.c_void_p]
    lib.PQgetvalue.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]
    lib.PQgetisnull.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]
    lib.PQfname.argtypes = [ctypes.c_void_p, ctypes.c_int]
    lib.PQresultErrorField.argtypes = [ctypes.c_void_p, ctypes.c_int]
    # Notices go nowhere, whatever thread they come from.
    lib.PQsetNoticeProcessor.argtypes = [ctypes.c_void_p, ctypes.c_void_p,
                                         ctypes.c_void_p]
    lib.PQsetNoticeProcessor.restype = ctypes.c_void_p
    return lib


_lib = _load()
_Notice = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p)


class PgError(Exception):
    def __init__(self, sqlstate, message, is_broken=False):
        super().__init__("%s: %s" % (sqlstate or "no connection",
                                     message.strip()))
        self.sqlstate = sqlstate
        self.is_broken = is_broken


class Connection:
    """One session."""

    def __init__(self, conninfo):
        self.notices = []
        self._notice = _Notice(
            lambda _, text: self.notices.append(text.decode().strip()))
        self._conn = _lib.PQconnectdb(conninfo.encode())
        if _lib.PQstatus(self._conn) != _CONNECTION_OK:
            message = _lib.PQerrorMessage(self._conn).decode()
            self.close()
            raise PgError(None, message, True)
        _lib.PQsetNoticeProcessor(
            self._conn, ctypes.cast(self._notice, ctypes.c_void_p), None)

    @property
    def pid(self):
        return _lib.PQbackendPID(self._conn)

    def close(self):
        if self._conn:
            _lib.PQfinish(self._conn)
            self._conn = None

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def query(self, sql):
        """All rows of the (last) statement, as tuples of text or None."""
        res = _lib.PQexec(self._conn, sql.encode())
        try:
            status = _lib.PQresultStatus(res) if res else -1
            if status not in (_COMMAND_OK, _TUPLES_OK, _EMPTY):
                state = _lib.PQresultErrorField(res, _DIAG_SQLSTATE) \
                    if res else None
                text = _lib.PQresultErrorMessage(res) if res \
                    else _lib.PQerrorMessage(self._conn)
                raise PgError(state.decode() if state else None,
                              text.decode(errors="replace"),
                              _lib.PQstatus(self._conn) != _CONNECTION_OK)
            cols = range(_lib.PQnfields(res))
            return [tuple(None if _lib.PQgetisnull(res, row, col)
                          else _lib.PQgetvalue(res, row, col).decode()
                          for col in cols)
                    for row in range(_lib.PQntuples(res))]
        finally:
            if res:
                _lib.PQclear(res)

    def value(self, sql):
        """The first column of the first row."""
        rows = self.query(sql)
        return rows[0][0] if rows else None


def quote(text):
    """A literal."""
    if text is None:
        return "NULL"
    if "\\" in text:
        return " E'%s'" % text.replace("\\", "\\\\").replace("'", "''")
    return "'%s'" % text.replace("'", "''")
