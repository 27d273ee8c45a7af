/// How long files, functions and lines may be.
enum SizeRules {
    static let softFile = 400
    static let hardFile = 600
    static let function = 60
    static let line = 120

    /// Sources: 400 lines unless listed with a limit of their own; above 600 only what is listed. Tests: 600.
    static func file(_ file: SourceFile, exceptions: [Exception] = Exceptions.table) -> [Finding] {
        let listed = exceptions.first { $0.rule == .fileSize && $0.path == file.path }
        let limit = listed?.limit ?? (file.isSource ? softFile : hardFile)
        guard file.lines.count > limit else { return [] }
        return [file.finding(.fileSize, at: limit, "\(file.lines.count) lines, the limit is \(limit)")]
    }

    static func lines(_ file: SourceFile) -> [Finding] {
        file.lines.enumerated().compactMap { index, text in
            guard text.utf8.count > line, text.count > line else { return nil }
            return file.finding(.lineLength, at: index, "\(text.count) columns, the limit is \(line)")
        }
    }

    /// From the line of the declaration to its closing brace.
    static func functions(_ file: SourceFile) -> [Finding] {
        let bodies = FunctionReader.bodies(in: file.code)
        return bodies.compactMap { body in
            let count = body.last - body.first + 1
            guard count > function else { return nil }
            return file.finding(
                .functionSize, at: body.first, "\(body.name) has \(count) lines, the limit is \(function)")
        }
    }
}
