// SPDX-License-Identifier: MIT
import CPostgres

/// Owns a result of libpq.
struct ResultHandle: ~Copyable {
    private let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { PQclear(pointer) }

    /// Whether the statement did what it should.
    var isSuccess: Bool {
        switch PQresultStatus(pointer) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_SINGLE_TUPLE, PGRES_EMPTY_QUERY: true
        default: false
        }
    }

    /// Whether the server now wants or sends a stream of rows, which this wrapper does not speak.
    var isCopy: Bool {
        switch PQresultStatus(pointer) {
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH: true
        default: false
        }
    }

    /// The server's word for what was done, such as `INSERT 0 1`.
    var commandTag: String { PQcmdStatus(pointer).map { String(cString: $0) } ?? "" }

    /// How many rows were changed or returned.
    var affectedRows: Int { PQcmdTuples(pointer).flatMap { Int(String(cString: $0)) } ?? 0 }

    /// The rows, copied; of a statement that names no columns they are there too, and empty.
    func rows() -> [PostgresRow] {
        let width = PQnfields(pointer)
        let columns = PostgresRow.Columns((0..<width).map { PQfname(pointer, $0).map { String(cString: $0) } ?? "" })
        return (0..<PQntuples(pointer)).map { row in
            PostgresRow(columns: columns, values: (0..<width).map { value(row, $0) })
        }
    }

    private func value(_ row: Int32, _ column: Int32) -> String? {
        guard PQgetisnull(pointer, row, column) == 0, let start = PQgetvalue(pointer, row, column) else { return nil }
        let bytes = UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(pointer, row, column)))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What the server said about a failure. Its detail, hint and context lines are left out: they repeat values.
    func failure(statement: String) -> PostgresError {
        guard let state = field(CChar(UInt8(ascii: "C"))).map(SQLState.init(rawValue:)) else {
            return PostgresError(.connectionLost, "the connection broke", statement: statement)
        }
        let severity = field(CChar(UInt8(ascii: "V"))) ?? ""
        // Class 22 is about bad values and quotes them.
        let message = state.classCode == "22" ? "a value does not fit" : field(CChar(UInt8(ascii: "M"))) ?? "no message"
        let code: PostgresError.Code =
            switch (severity, state) {
            case ("FATAL", _), ("PANIC", _): .connectionLost
            case (_, .queryCanceled): .timeout
            default: .server
            }
        return PostgresError(
            code, message, sqlState: state, constraint: field(CChar(UInt8(ascii: "n"))), statement: statement)
    }

    private func field(_ code: CChar) -> String? {
        PQresultErrorField(pointer, Int32(code)).map { String(cString: $0) }
    }
}
