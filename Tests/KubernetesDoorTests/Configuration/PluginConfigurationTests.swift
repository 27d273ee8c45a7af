import KubernetesDoor
import Logging
import Testing
import UnaryGRPC

@Suite struct PluginConfigurationTests {
    private static let good = """
        socket: /run/claviger/kms.sock
        key: eu/acme/secrets
        endpoints: [127.0.0.1:7201, "[::1]:7202"]
        identity: /etc/claviger/identity
        """

    private func parse(_ text: String) throws(ConfigurationError) -> PluginConfiguration {
        try PluginConfiguration.parse(text, source: "plugin.yaml")
    }

    @Test func `a short file has the standard values for the rest`() throws {
        let found = try parse(Self.good)
        #expect(found.socket.path == "/run/claviger/kms.sock")
        #expect(found.socket.mode == 0o660)
        #expect(found.endpoints.map(\.host) == ["127.0.0.1", "::1"])
        #expect(found.endpoints.map(\.port) == [7201, 7202])
        #expect(found.trustDomain == "claviger.local")
        #expect(found.statusRefresh == .seconds(2))
        #expect(found.allowedUsers == nil)
        #expect(found.logLevel == .info)
    }

    @Test func `a full file is taken as written`() throws {
        let found = try parse(
            Self.good + """

                socketMode: 0600
                socketOwner: 0
                socketGroup: 12
                regions: [eu-west, eu-central]
                trustDomain: keys.example
                statusRefresh: 500ms
                proofInterval: 1m
                allowedUIDs: [0, 1000]
                logLevel: debug
                """)
        #expect(found.socket.mode == 0o600)
        #expect(found.socket.owner == 0)
        #expect(found.socket.group == 12)
        #expect(found.regions == ["eu-west", "eu-central"])
        #expect(found.trustDomain == "keys.example")
        #expect(found.statusRefresh == .milliseconds(500))
        #expect(found.proofInterval == .seconds(60))
        #expect(found.allowedUsers == [0, 1000])
        #expect(found.logLevel == .debug)
    }

    @Test(arguments: [
        ("sockett: /a", "unknown key"), ("socketMode: 0666", "octal"), ("socketMode: 660x", "octal"),
        ("socketOwner: root", "number"), ("socketOwner: 4294967295", "number"), ("regions: eu-west", "list"),
        ("regions: [a, a]", "twice"), ("statusRefresh: 2", "duration"), ("statusRefresh: 1ms", "duration"),
        ("proofInterval: 99999999999999999999s", "duration"), ("allowedUIDs: []", "nobody"),
        ("allowedUIDs: [-1]", "number"),
        ("logLevel: loud", "none of"), ("key: a/b/c", "duplicate"), ("trustDomain: ''", "empty"), ("a: [", "line"),
    ])
    func `a wrong line is refused in one sentence that names it`(line: String, expected: String) {
        do {
            _ = try parse(Self.good + "\n" + line)
            Issue.record("\(line) was taken")
        } catch {
            #expect(error.description.hasPrefix("plugin.yaml"))
            #expect(error.description.contains(expected), "\(error)")
        }
    }

    @Test(arguments: [
        ("socket", "run/kms.sock"), ("socket", "@abstract"), ("key", "eu/acme"), ("key", "EU/acme/a"), ("key", "eu//a"),
        ("key", "eu/acme/-a"), ("endpoints", "[]"), ("endpoints", "[host]"), ("endpoints", "['host:0']"),
        ("endpoints", "['::1:7201']"), ("endpoints", "[':7201']"), ("identity", "identity"),
    ])
    func `a wrong value is refused`(key: String, value: String) {
        let lines = Self.good.split(separator: "\n").map { $0.hasPrefix(key + ":") ? "\(key): \(value)" : String($0) }
        #expect(throws: ConfigurationError.self) { try parse(lines.joined(separator: "\n")) }
    }

    @Test(arguments: ["socket", "key", "endpoints", "identity"])
    func `a missing value is named`(key: String) {
        let lines = Self.good.split(separator: "\n").filter { !$0.hasPrefix(key + ":") }
        do {
            _ = try parse(lines.joined(separator: "\n"))
            Issue.record("taken without \(key)")
        } catch {
            #expect(error.description.contains(key))
        }
    }

    @Test(arguments: ["", "- a", "text"])
    func `what is not a mapping is refused`(text: String) {
        #expect(throws: ConfigurationError.self) { try parse(text) }
    }

    @Test func `a file that is not there is named`() {
        do {
            _ = try PluginConfiguration.load(from: "/nonexistent/plugin.yaml")
            Issue.record("loaded")
        } catch {
            #expect(error.description.hasPrefix("/nonexistent/plugin.yaml: cannot be opened"))
        }
    }
}
