import ArgumentParser

/// `claviger key`
struct KeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Makes keys and changes them. A key's full name is placement/tenant/key.",
        subcommands: [
            KeyCreateCommand.self, KeyListCommand.self, KeyShowCommand.self, KeyRotateCommand.self,
            KeyDisableCommand.self, KeyEnableCommand.self, KeyTagCommand.self,
        ])
}
