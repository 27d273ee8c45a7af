package import Logging

/// Writes each event as one line of text: time, level, label, message, then `key=value` in the order of the keys'
/// names.
///
/// Whatever a caller may have put into a value cannot end the line, move the cursor or turn the writing direction.
package struct LineLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    package var logLevel: Logger.Level
    private let label: String
    private let write: @Sendable (String) -> Void

    /// - Parameters:
    ///   - label: names the part of the program that speaks.
    ///   - level: events below it are dropped.
    ///   - write: takes a finished line with its line feed; standard error unless told otherwise.
    package init(label: String, level: Logger.Level, write: @escaping @Sendable (String) -> Void = StandardError.write)
    {
        self.label = label
        self.logLevel = level
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var fields = metadata
        if let provided = metadataProvider?.get() { fields.merge(provided) { _, new in new } }
        if let own = event.metadata { fields.merge(own) { _, new in new } }
        if let error = event.error { fields[LogKey.errorReason] = "\(error)" }
        var line = Timestamp.now().text
        line += " \(event.level.rawValue) "
        LineText.append(label, to: &line)
        line += " "
        LineText.append(event.message.description, to: &line)
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
            line += " "
            LineText.append(key, to: &line)
            line += "="
            LineText.appendQuoted(value.description, to: &line)
        }
        line += "\n"
        write(line)
    }
}
