import Foundation

/// Where progress and complaints go.
enum StandardError {
    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Writes at once, adding nothing.
    static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
