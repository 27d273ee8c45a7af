/// Steps as a space-time diagram in text (Lamport, "Time, clocks, and the ordering of events", CACM 1978): a column for
/// each node, time runs down.
///
/// A sending is `->n3 #17 words`, its reception `<-n1 #17 words` in the other column, a lost message `x-n1 #17`. The
/// line below a node is `|` while it runs, `:` while it is paused, and gone while it is down. Neighbouring steps of
/// different nodes at one time share a row unless one is the reception of another's message.
package struct SpaceTimeTable: Sendable {
    private static let timeWidth = 15
    /// Narrower columns would hold no words.
    private static let narrowest = 12

    private let nodes: Int
    private let columnWidth: Int

    /// `width` is what the table may take; many nodes take more when their columns would be too narrow.
    package init(nodes: Int, width: Int = 180) {
        self.nodes = max(0, nodes)
        columnWidth = max(Self.narrowest, (width - Self.timeWidth) / max(1, nodes))
    }

    /// The whole table, a newline after each line. Steps in the order in which they happened.
    package func text(of steps: [TraceStep]) -> String {
        var lines = [header]
        var lives = Array(repeating: Life.running, count: nodes)
        for row in rows(of: steps) {
            if row.count == 1, place(of: row[0]) == nil {
                lines += banner(row[0])
            } else {
                lines += block(row, &lives)
            }
        }
        return lines.map { trimmed($0) + "\n" }.joined()
    }

    // MARK: Rows

    /// How a node fares, as the line below it shows.
    private enum Life: Character {
        case running = "|"
        case paused = ":"
        case down = " "
    }

    private func place(of step: TraceStep) -> Int? {
        step.node.flatMap { (1...max(1, nodes)).contains(Int($0)) && nodes > 0 ? Int($0) - 1 : nil }
    }

    /// Steps that stand beside each other.
    private func rows(of steps: [TraceStep]) -> [[TraceStep]] {
        var rows: [[TraceStep]] = []
        for step in steps {
            if let row = rows.last, joins(step, row) {
                rows[rows.count - 1].append(step)
            } else {
                rows.append([step])
            }
        }
        return rows
    }

    private func joins(_ step: TraceStep, _ row: [TraceStep]) -> Bool {
        guard let place = place(of: step), row.allSatisfy({ $0.time == step.time }) else { return false }
        return row.allSatisfy { other in
            guard let taken = self.place(of: other), taken != place else { return false }
            if case .send(let sent, _) = other.kind, step.kind.message == sent { return false }
            return true
        }
    }

    private var header: String {
        let names = (0..<nodes).map { padded(" n\($0 + 1)", columnWidth) }
        return padded("time (s)", Self.timeWidth) + names.joined()
    }

    /// A line over all columns.
    private func banner(_ step: TraceStep) -> [String] {
        let who = step.node.map { "n\($0) " } ?? ""
        let text = who + step.label
        let width = max(Self.narrowest, nodes * columnWidth - 8)
        return wrapped(text, width).enumerated().map { line, text in
            let ruled = "=== " + text + " ==="
            let rest = max(0, nodes * columnWidth - ruled.count - 1)
            return padded(line == 0 ? step.seconds : "", Self.timeWidth) + " " + ruled
                + String(repeating: "=", count: rest)
        }
    }

    /// The lines of one row: each node's text below the mark of its line of life.
    private func block(_ row: [TraceStep], _ lives: inout [Life]) -> [String] {
        var cells: [[String]] = Array(repeating: [], count: nodes)
        for step in row {
            guard let place = place(of: step) else { continue }
            cells[place] = wrapped(step.label, columnWidth - 3)
            switch step.kind {
            case .crash: lives[place] = .down
            case .pause: lives[place] = .paused
            case .restart, .resume: lives[place] = .running
            case .local, .send, .receive, .drop, .fault, .management, .client: break
            }
        }
        let height = cells.map(\.count).max() ?? 0
        return (0..<height).map { line in
            var text = padded(line == 0 ? row[0].seconds : "", Self.timeWidth)
            for (place, cell) in cells.enumerated() {
                let isStep = line == 0 && !cell.isEmpty
                let mark: Character = isStep ? "*" : lives[place].rawValue
                text += padded(String(mark) + " " + (line < cell.count ? cell[line] : ""), columnWidth)
            }
            return text
        }
    }

    // MARK: Words

    /// Breaks at spaces, and within words that do not fit. Control characters become question marks.
    private func wrapped(_ text: String, _ width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(whereSeparator: \.isWhitespace) {
            var rest = word[...]
            if !line.isEmpty, line.count + 1 + rest.count > width {
                lines.append(line)
                line = ""
            }
            while rest.count > width {
                lines.append(printable(rest.prefix(width)))
                rest = rest.dropFirst(width)
            }
            line += (line.isEmpty ? "" : " ") + printable(rest)
        }
        return line.isEmpty && !lines.isEmpty ? lines : lines + [line]
    }

    private func printable(_ text: Substring) -> String {
        String(text.map { $0.unicodeScalars.contains { $0.value < 32 || $0.value == 127 } ? "?" : $0 })
    }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private func trimmed(_ text: String) -> String {
        var text = Substring(text)
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
