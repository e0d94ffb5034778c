#!/usr/bin/env python3
"""test_arrow.py LIBRARY [FOLDER]: value streams pass between libmando and another implementation of the Arrow C
interfaces, nanoarrow (looked for in FOLDER as well): what one gives the other takes, in both directions."""
import ctypes
import sys
import unittest

try:
    sys.path[:0] = sys.argv[2:3]
    import nanoarrow as na
    from nanoarrow.c_array_stream import allocate_c_array_stream
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

MANDO = ctypes.CDLL(sys.argv[1])
SERIES, MATRIX, DOCUMENT = 1, 2, 3
START = 1764547200000000  # 2025-12-01T00:00:00Z
HOUR = 3600000000


class Bits(ctypes.Structure):
    _fields_ = [("bytes", ctypes.POINTER(ctypes.c_uint8)), ("offset", ctypes.c_size_t)]


class Texts(ctypes.Structure):
    _fields_ = [("offsets", ctypes.POINTER(ctypes.c_int32)), ("bytes", ctypes.c_char_p)]


class Rows(ctypes.Structure):
    """struct mando_rows"""
    _fields_ = [("count", ctypes.c_size_t), ("type", ctypes.c_int), ("width", ctypes.c_uint32),
                ("point", ctypes.POINTER(ctypes.c_int32)),
                *[(name, ctypes.POINTER(ctypes.c_int64)) for name in ("start", "end", "known", "changed")],
                ("value", ctypes.POINTER(ctypes.c_double)), ("document", Texts), ("author", Texts),
                *[(name, Bits) for name in ("present", "number_present", "ended", "is_known", "deleted")],
                ("owned", ctypes.c_void_p)]


class Error(ctypes.Structure):
    """struct mando_error"""
    _fields_ = [("code", ctypes.c_char_p), ("line", ctypes.c_int64), ("column", ctypes.c_int64),
                ("index", ctypes.c_int64), ("where", ctypes.c_char * 160), ("message", ctypes.c_char * 248)]


def array(kind, *values):
    return (kind * len(values))(*values)


def bits(value, offset=0):
    return Bits(array(ctypes.c_uint8, value), offset)


def times(*hours):
    return array(ctypes.c_int64, *(START + hour * HOUR for hour in hours))


def given(rows):
    """The rows as nanoarrow reads them from a stream of libmando: a dictionary of columns."""
    stream, error = allocate_c_array_stream(), Error()
    status = MANDO.mando_rows_stream(ctypes.byref(rows), ctypes.c_void_p(stream._addr()), ctypes.byref(error))
    assert status == 0, error.message
    with na.ArrayStream(stream) as opened:
        table = opened.read_all()
        names = [field.name for field in table.schema.fields]
        return {name: column.to_pylist() for name, column in zip(names, table.iter_children())}


def taken(array_or_stream):
    """What libmando makes of a stream of nanoarrow: status, error code and the batches, by `read`."""
    stream = na.c_array_stream(array_or_stream)
    rows, error, batches = Rows(), Error(), []
    while True:
        status = MANDO.mando_rows_next(ctypes.c_void_p(stream._addr()), ctypes.byref(rows), ctypes.byref(error))
        if status or rows.count == 0:
            return status, error.code, batches
        batches.append(read(rows))


def is_set(some, i, otherwise):
    at = some.offset + i
    return bool(some.bytes[at // 8] >> at % 8 & 1) if some.bytes else otherwise


def read(rows):
    result = {"start": rows.start[:rows.count], "type": rows.type}
    if rows.type == DOCUMENT:
        texts = rows.document
        address = ctypes.cast(ctypes.pointer(texts), ctypes.POINTER(ctypes.c_void_p))[1]
        whole = ctypes.string_at(address, texts.offsets[rows.count]) if address else b""
        cells = [whole[texts.offsets[i]:texts.offsets[i + 1]] for i in range(rows.count)]
    elif rows.type == MATRIX:
        cells = [[rows.value[i * rows.width + j] if is_set(rows.number_present, i * rows.width + j, True) else None
                  for j in range(rows.width)] for i in range(rows.count)]
    else:
        cells = rows.value[:rows.count]
    result["value"] = [cell if is_set(rows.present, i, True) else None for i, cell in enumerate(cells)]
    if rows.end:
        result["end"] = [rows.end[i] if is_set(rows.ended, i, True) else None for i in range(rows.count)]
    if rows.deleted.bytes:
        result["deleted"] = [is_set(rows.deleted, i, False) for i in range(rows.count)]
    return result


def instants(*hours):
    return na.c_array([None if hour is None else START + hour * HOUR for hour in hours], na.timestamp("us", "UTC"))


def table(length, **columns):
    schema = na.struct({name: column.schema for name, column in columns.items()})
    return na.c_array_from_buffers(schema, length, [None], children=list(columns.values()))


class Given(unittest.TestCase):
    def test_a_series_with_every_column(self):
        self.assertEqual(
            [[value.timestamp() if hasattr(value, "timestamp") else value for value in column]
             for column in given(Rows(
                 count=2, type=SERIES, width=1, point=array(ctypes.c_int32, 0, 1), start=times(0, 1), end=times(1, 2),
                 known=times(-1, 0), changed=times(0, 0), value=array(ctypes.c_double, 1.5, 0), present=bits(0b1000, 3),
                 is_known=bits(0b01), deleted=bits(0b100, 1),
                 author=Texts(array(ctypes.c_int32, 0, 3, 6), b"annbob"))).values()],
            [[0, 1], [START / 1e6, START / 1e6 + 3600], [START / 1e6 + 3600, START / 1e6 + 7200],
             [START / 1e6 - 3600, None], [START / 1e6] * 2, [1.5, None], [False, True], ["ann", "bob"]])

    def test_a_matrix_and_its_missing_numbers(self):
        rows = Rows(count=2, type=MATRIX, width=2, start=times(0, 1), value=array(ctypes.c_double, 1, 2, 3, 4),
                    number_present=bits(0b1101))
        self.assertEqual(list(map(list, given(rows)["value"])), [[1, None], [3, 4]])

    def test_documents(self):
        rows = Rows(count=2, type=DOCUMENT, width=1, start=times(0, 1),
                    document=Texts(array(ctypes.c_int32, 0, 2, 6), '{}"ä"'.encode()))
        self.assertEqual(given(rows)["value"], ["{}", '"ä"'])


class Taken(unittest.TestCase):
    def test_a_series_with_nulls(self):
        batch = table(3, value=na.c_array([1.5, None, -2.0], na.float64()), start=instants(0, 1, 2),
                      end=instants(1, None, 3), deleted=na.c_array([False, True, True], na.bool_()))
        self.assertEqual(taken(batch), (0, None, [{
            "type": SERIES, "start": [START, START + HOUR, START + 2 * HOUR], "value": [1.5, None, -2.0],
            "end": [START + HOUR, None, START + 3 * HOUR], "deleted": [False, True, True]}]))

    def test_a_matrix(self):
        numbers = na.c_array([1.0, 2.0, None, 4.0], na.float64())
        lists = na.c_array_from_buffers(na.fixed_size_list(na.float64(), 2), 2, [None], children=[numbers])
        self.assertEqual(taken(table(2, start=instants(0, 1), value=lists))[2][0]["value"], [[1, 2], [None, 4]])

    def test_documents(self):
        batch = table(2, start=instants(0, 1), value=na.c_array(["{}", None], na.string()))
        self.assertEqual(taken(batch)[2][0]["value"], [b"{}", None])

    def test_other_types_are_refused(self):
        naive = na.c_array([START], na.timestamp("us"))
        for columns in ({"start": naive}, {"start": instants(0), "value": na.c_array([1], na.int64())},
                        {"start": instants(0), "value": na.c_array(["{}"], na.string_view())}):
            columns.setdefault("value", na.c_array([1.0], na.float64()))
            self.assertEqual(taken(table(1, **columns))[1], b"arrow.type")

    def test_a_stream_that_ends_at_once(self):
        schema = na.struct({"start": na.timestamp("us", "UTC"), "value": na.float64()})
        self.assertEqual(taken(na.c_array_stream(na.Array.from_chunks([], schema))), (0, None, []))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
