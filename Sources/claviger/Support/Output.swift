import FoundationEssentials

/// One column of a table: its title and the text of each row.
struct Column<Row>: Sendable {
    let title: String
    let text: @Sendable (Row) -> String

    init(_ title: String, _ text: @escaping @Sendable (Row) -> String) {
        self.title = title
        self.text = text
    }
}

/// Prints results as a table for people or as JSON for programs.
struct Output {
    let format: OutputFormat

    init(_ format: OutputFormat) { self.format = format }

    /// Prints a list: a table with a line of titles, or a JSON array.
    func list<Row: Encodable>(_ rows: [Row], _ columns: [Column<Row>]) throws {
        switch format {
        case .json: Console.say(try Self.json(rows))
        case .table: Console.say(Self.table(columns, of: rows))
        }
    }

    /// Prints one thing: a text, or a JSON object.
    func item(_ value: some Encodable, text: String) throws {
        Console.say(format == .json ? try Self.json(value) : text)
    }

    /// A table of rows with a line of titles.
    static func table<Row>(_ columns: [Column<Row>], of rows: [Row]) -> String {
        table(columns.map(\.title), rows.map { row in columns.map { $0.text(row) } })
    }

    /// Columns as wide as their widest cell, two spaces apart. Cells are counted in characters.
    static func table(_ titles: [String], _ rows: [[String]]) -> String {
        let lines = [titles.map { $0.uppercased() }] + rows
        let widths = titles.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { cells in
            var line = ""
            for (cell, width) in zip(cells, widths) {
                line += cell + String(repeating: " ", count: width - cell.count + 2)
            }
            while line.last == " " { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }

    /// Keys in alphabetical order, so that equal results are equal texts.
    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
