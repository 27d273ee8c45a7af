package import Logging

/// Sets up logging for a whole process. Called once, first thing in a program's main.
package enum LogBootstrap {
    /// From now on every `Logger` of the process writes lines of at least `level` to standard error.
    package static func start(level: Logger.Level) {
        LoggingSystem.bootstrap { label in LineLogHandler(label: label, level: level) }
    }

    /// The level a person names on the command line: `trace`, `debug`, `info`, `notice`, `warning`, `error` or
    /// `critical`.
    package static func level(named name: String) -> Logger.Level? {
        Logger.Level(rawValue: name.lowercased())
    }
}
