/// The methods of a server by path.
struct MethodTable: Sendable {
    struct Entry: Sendable {
        var service: any UnaryService
        var method: String
        var index: Int
    }

    private var entries: [String: Entry] = [:]
    let services: [any UnaryService]

    init(_ services: [any UnaryService]) {
        self.services = services
        for service in services {
            for (index, method) in service.methods.enumerated() {
                entries[method] = Entry(service: service, method: method, index: index)
            }
        }
    }

    subscript(path: String) -> Entry? { entries[path] }
}
