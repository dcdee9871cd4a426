import CLibYAML

/// A libyaml parser over bytes that outlive it.
///
/// libyaml keeps the address of its state inside the state, so it stands in memory of its own.
struct YAMLParser: ~Copyable {
  /// What stopped libyaml.
  enum Problem {
    /// A byte that may not stand in a YAML stream, at this offset.
    case byte(offset: Int)
    /// The text is no YAML.
    case syntax(String, YAMLMark)
    case outOfMemory
  }

  private let state: UnsafeMutablePointer<yaml_parser_t>
  private let isReady: Bool

  init(_ input: UnsafeBufferPointer<UInt8>) {
    state = .allocate(capacity: 1)
    isReady = yaml_parser_initialize(state) == 1
    guard isReady else { return }
    yaml_parser_set_encoding(state, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(state, input.baseAddress, input.count)
  }

  deinit {
    if isReady { yaml_parser_delete(state) }
    state.deallocate()
  }

  /// Feeds all events to the builder; returns what stopped libyaml, if anything did.
  consuming func run(into builder: inout YAMLTreeBuilder) throws(YAMLError) -> Problem? {
    guard isReady else { return .outOfMemory }
    let event = UnsafeMutablePointer<yaml_event_t>.allocate(capacity: 1)
    defer { event.deallocate() }
    while true {
      guard yaml_parser_parse(state, event) == 1 else { return problem }
      defer { yaml_event_delete(event) }
      if event.pointee.type == YAML_STREAM_END_EVENT { return nil }
      try handle(event, &builder)
    }
  }

  /// Where the text of each scalar begins and ends, up to what stops libyaml; that of a block begins
  /// below its header.
  consuming func scalars() -> [(start: YAMLMark, end: YAMLMark)] {
    guard isReady else { return [] }
    let event = UnsafeMutablePointer<yaml_event_t>.allocate(capacity: 1)
    defer { event.deallocate() }
    var scalars: [(start: YAMLMark, end: YAMLMark)] = []
    while yaml_parser_parse(state, event) == 1 {
      defer { yaml_event_delete(event) }
      if event.pointee.type == YAML_STREAM_END_EVENT { break }
      guard event.pointee.type == YAML_SCALAR_EVENT else { continue }
      let style = YAMLStyle(event.pointee.data.scalar.style)
      var start = YAMLMark(event.pointee.start_mark)
      if style == .literal || style == .folded { start = YAMLMark(line: start.line + 1, column: 1) }
      scalars.append((start, YAMLMark(event.pointee.end_mark)))
    }
    return scalars
  }

  private func handle(
    _ event: UnsafePointer<yaml_event_t>, _ builder: inout YAMLTreeBuilder
  ) throws(YAMLError) {
    let mark = YAMLMark(event.pointee.start_mark)
    switch event.pointee.type {
    case YAML_SCALAR_EVENT:
      let value = event.pointee.data.scalar.value
      try builder.addScalar(
        UnsafeBufferPointer(start: value, count: event.pointee.data.scalar.length),
        YAMLStyle(event.pointee.data.scalar.style),
        tag: string(event.pointee.data.scalar.tag),
        anchor: string(event.pointee.data.scalar.anchor), at: mark)
    case YAML_MAPPING_START_EVENT:
      let isFlow = event.pointee.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
      try builder.startCollection(
        .mapping, isFlow ? .flow : .block, tag: string(event.pointee.data.mapping_start.tag),
        anchor: string(event.pointee.data.mapping_start.anchor), at: mark)
    case YAML_SEQUENCE_START_EVENT:
      let isFlow = event.pointee.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE
      try builder.startCollection(
        .sequence, isFlow ? .flow : .block, tag: string(event.pointee.data.sequence_start.tag),
        anchor: string(event.pointee.data.sequence_start.anchor), at: mark)
    case YAML_MAPPING_END_EVENT, YAML_SEQUENCE_END_EVENT: try builder.endCollection()
    case YAML_ALIAS_EVENT:
      try builder.addAlias(string(event.pointee.data.alias.anchor) ?? "", at: mark)
    case YAML_DOCUMENT_START_EVENT: builder.startDocument(at: mark)
    case YAML_DOCUMENT_END_EVENT: builder.endDocument()
    default: break
    }
  }

  private var problem: Problem {
    let state = state.pointee
    switch state.error {
    case YAML_MEMORY_ERROR: return .outOfMemory
    case YAML_READER_ERROR: return .byte(offset: state.problem_offset)
    default:
      var text = state.problem.map { String(cString: $0) } ?? "unreadable text"
      if let context = state.context {
        text += ", \(String(cString: context)) from line \(state.context_mark.line &+ 1)"
      }
      return .syntax(text, YAMLMark(state.problem_mark))
    }
  }

  private func string(_ text: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    text.map { String(cString: $0) }
  }
}

extension YAMLMark {
  /// libyaml counts lines and characters from 0.
  fileprivate init(_ mark: yaml_mark_t) {
    self.init(line: Int(mark.line &+ 1), column: Int(mark.column &+ 1))
  }
}

extension YAMLStyle {
  fileprivate init(_ style: yaml_scalar_style_t) {
    switch style {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE: self = .singleQuoted
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE: self = .doubleQuoted
    case YAML_LITERAL_SCALAR_STYLE: self = .literal
    case YAML_FOLDED_SCALAR_STYLE: self = .folded
    default: self = .plain
    }
  }
}
