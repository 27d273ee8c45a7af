import CYaml

/// The form of YAML that is read from outside: one tree, as deep as people write it. An alias stands for a whole piece
/// of the document again, so that a few hundred bytes of them become more nodes than any machine has; whoever builds
/// the tree first, and looks at its size then, looks too late.
package enum YAMLForm {
    /// Deeper than any file of ours, and far from the end of a thread's stack.
    package static let deepest = 32

    /// What keeps the text from being read, in one sentence with its line; nil for nothing. Text that is no YAML has no
    /// form: the reader says what is wrong with it.
    package static func problem(in text: String) -> String? {
        var text = text
        return text.withUTF8 { bytes in
            var parser = yaml_parser_t()
            guard yaml_parser_initialize(&parser) == 1 else { return "there is no memory to read it" }
            defer { yaml_parser_delete(&parser) }
            yaml_parser_set_input_string(&parser, bytes.baseAddress, bytes.count)
            yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
            return problem(of: &parser)
        }
    }

    private static func problem(of parser: inout yaml_parser_t) -> String? {
        var depth = 0
        while true {
            var event = yaml_event_t()
            guard yaml_parser_parse(&parser, &event) == 1 else { return nil }
            defer { yaml_event_delete(&event) }
            switch event.type {
            case YAML_ALIAS_EVENT:
                return "line \(event.start_mark.line + 1): an alias; write out what it stands for"
            case YAML_SEQUENCE_START_EVENT, YAML_MAPPING_START_EVENT:
                depth += 1
                if depth > deepest { return "line \(event.start_mark.line + 1): more than \(deepest) levels" }
            case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: depth -= 1
            case YAML_STREAM_END_EVENT: return nil
            default: break
            }
        }
    }
}
