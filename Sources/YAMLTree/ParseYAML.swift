import Diagnostics
import Glibc

/// Reads all documents of a YAML text.
///
/// JSON is YAML too. Anchors and merge keys are resolved, numbers and booleans by the core schema
/// of YAML 1.2 (see ``YAMLNode/scalarType``).
///
/// - Parameters:
///   - bytes: The text, in UTF-8, with or without a byte order mark.
///   - path: The path as the reader knows it, for the places in errors.
///   - limits: How much is read before the text is refused.
/// - Returns: The documents in the order of the text; none for an empty text.
/// - Throws: `YAMLError` if any document has a finding.
public func parseYAML(
  _ bytes: [UInt8], path: String, limits: YAMLLimits = .init()
) throws(YAMLError) -> [YAMLDocument] {
  let reading = parseYAMLDocuments(bytes, path: path, limits: limits)
  if let error = reading.error { throw error }
  return reading.documents
}

/// Reads what can be read of a YAML text, and says what cannot.
///
/// A document with duplicate keys leaves the others alone; after a syntax error nothing more can
/// be read, but the documents before it are there.
///
/// - Parameters:
///   - bytes: The text, in UTF-8, with or without a byte order mark.
///   - path: The path as the reader knows it, for the places in errors.
///   - limits: How much is read before the text is refused.
/// - Returns: The sound documents, what is left of the others, and what is wrong with these.
public func parseYAMLDocuments(
  _ bytes: [UInt8], path: String, limits: YAMLLimits = .init()
) -> YAMLReading {
  guard bytes.count <= limits.bytes else {
    let start = SourcePosition(path: path, line: 1, column: 1)
    let size = "the text has \(bytes.count) bytes, more than \(limits.bytes)"
    return YAMLReading(documents: [], damaged: [], error: .limitExceeded(size, start))
  }
  return bytes.withUnsafeBufferPointer { input in
    if let foreign = foreignText(input) {
      let start = SourcePosition(path: path, line: 1, column: 1)
      return YAMLReading(documents: [], damaged: [], error: .foreign(foreign, start))
    }
    return read(withoutByteOrderMark(input), path, limits)
  }
}

private func read(
  _ input: UnsafeBufferPointer<UInt8>, _ path: String, _ limits: YAMLLimits
) -> YAMLReading {
  var builder = YAMLTreeBuilder(path: path, limits: limits, size: input.count)
  do throws(YAMLError) {
    try refuseManyDirectives(input, path)
    if let mark = joint(in: input) { return readBefore(mark, of: input, path, limits).reading() }
    let problem = try YAMLParser(input).run(into: &builder)
    switch problem {
    case nil: break
    case .outOfMemory: builder.findings.append(.outOfMemory(path: path))
    case .syntax(let text, let mark):
      builder.findings.append(syntaxError(text, at: mark, in: input, path))
    case .byte(let offset):
      // libyaml names a byte within a character of several, or the one after it.
      let start = min(offset, invalidUTF8(in: input) ?? offset)
      builder = readBefore(start, of: input, path, limits)
    }
  } catch {
    builder.findings.append(error)
  }
  builder.abandonDocument()
  return builder.reading()
}

/// Reads the lines before a byte that may not stand in YAML.
///
/// libyaml decodes far ahead of what it parses, so the documents before the byte need another go.
private func readBefore(
  _ offset: Int, of input: UnsafeBufferPointer<UInt8>, _ path: String, _ limits: YAMLLimits
) -> YAMLTreeBuilder {
  let line = input[..<offset].lastIndex(of: UInt8(ascii: "\n")) ?? 0
  var builder = YAMLTreeBuilder(path: path, limits: limits, size: line)
  do throws(YAMLError) {
    _ = try YAMLParser(UnsafeBufferPointer(rebasing: input[..<line])).run(into: &builder)
  } catch {
    builder.findings.append(error)
  }
  builder.abandonDocument()
  builder.findings.append(byteError(at: offset, in: input, path))
  builder.damageLast()
  return builder
}

func withoutByteOrderMark(
  _ input: UnsafeBufferPointer<UInt8>
) -> UnsafeBufferPointer<UInt8> {
  guard input.starts(with: byteOrderMark) else { return input }
  return UnsafeBufferPointer(rebasing: input.dropFirst(3))
}

/// libyaml compares every `%TAG` line with all before it, so many of them take minutes.
private func refuseManyDirectives(
  _ input: UnsafeBufferPointer<UInt8>, _ path: String
) throws(YAMLError) {
  guard let base = input.baseAddress else { return }
  var offset = 0
  var directives = 0
  while let found = memchr(base + offset, Int32(UInt8(ascii: "%")), input.count - offset) {
    offset = UnsafeRawPointer(found) - UnsafeRawPointer(base) + 1
    guard input[offset...].starts(with: "TAG".utf8) else { continue }
    directives += 1
    guard directives < 64 else {
      throw .limitExceeded(
        "the text has 64 or more %TAG lines", mark(of: offset - 1, in: input, path))
    }
  }
}

private func byteError(
  at offset: Int, in input: UnsafeBufferPointer<UInt8>, _ path: String
) -> YAMLError {
  if let foreign = foreignText(at: offset, in: input) {
    return .foreign(foreign.what, mark(of: foreign.offset, in: input, path))
  }
  let place = mark(of: offset, in: input, path)
  guard offset < input.count, case .valid(let character) = firstCharacter(of: input[offset...])
  else { return .notUTF8(place) }
  return .forbiddenCharacter(Unicode.UTF8.decode(character).value, place)
}

private func firstCharacter(
  of bytes: Slice<UnsafeBufferPointer<UInt8>>
) -> Unicode.ParseResult<Unicode.UTF8.EncodedScalar> {
  var iterator = bytes.makeIterator()
  var parser = Unicode.UTF8.ForwardParser()
  return parser.parseScalar(from: &iterator)
}

/// Where the first character begins that is none in UTF-8, or `nil` where all are.
private func invalidUTF8(in input: UnsafeBufferPointer<UInt8>) -> Int? {
  var iterator = input.makeIterator()
  var parser = Unicode.UTF8.ForwardParser()
  var offset = 0
  while true {
    switch parser.parseScalar(from: &iterator) {
    case .valid(let character): offset += character.count
    case .error: return offset
    case .emptyInput: return nil
    }
  }
}

private func mark(
  of offset: Int, in input: UnsafeBufferPointer<UInt8>, _ path: String
) -> SourcePosition {
  let before = input[..<min(offset, input.count)]
  let line = before.count { $0 == UInt8(ascii: "\n") }
  let last = before.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).last
  let column = last.map { String(decoding: $0, as: UTF8.self).unicodeScalars.count } ?? 0
  return SourcePosition(path: path, line: line + 1, column: column + 1)
}

/// A merge conflict, a byte order mark, and a tab or another blank for a space deserve a better
/// sentence than libyaml's.
private func syntaxError(
  _ text: String, at mark: YAMLMark, in input: UnsafeBufferPointer<UInt8>, _ path: String
) -> YAMLError {
  let lines = input.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
  let place = mark.position(path)
  if let line = conflict(in: lines) {
    return .foreign(.conflict, SourcePosition(path: path, line: line + 1, column: 1))
  }
  if let offset = otherLineEnd(in: input.prefix(lines.prefix(mark.line).last?.endIndex ?? 0)) {
    return byteError(at: offset, in: input, path)
  }
  guard lines.indices.contains(mark.line - 1) else { return .syntax(text, place) }
  let line = String(decoding: lines[mark.line - 1], as: UTF8.self).unicodeScalars
  if let column = line.firstIndex(of: "\u{FEFF}").map({ line[..<$0].count }) {
    return .foreign(
      .joined, SourcePosition(path: path, line: mark.line, column: column + 1))
  }
  if let blank = otherSpace(in: lines, at: mark.line) {
    return .otherSpace(blank.code, blank.mark.position(path))
  }
  let before = line.prefix(mark.column - 1).drop { $0 == " " }
  if before.count > mostOfKey, !String(before).contains(": ") {
    return .syntax("a key has more than \(mostOfKey) characters", place)
  }
  let isTab = line.dropFirst(mark.column - 1).first == "\t"
  return isTab ? .tab(place) : .syntax(text, place)
}

/// Where a line, or the one before it, has another blank than a space in its indentation, or behind the
/// first colon or the dash, where YAML takes it for a part of the text.
private func otherSpace(
  in lines: [Slice<UnsafeBufferPointer<UInt8>>], at line: Int
) -> (code: UInt32, mark: YAMLMark)? {
  for number in [line - 1, line] where lines.indices.contains(number - 1) {
    let text = Array(String(decoding: lines[number - 1], as: UTF8.self).unicodeScalars)
    let start = text.firstIndex { $0 != " " && $0 != "-" } ?? text.endIndex
    let colon = text.firstIndex(of: ":").map { $0 + 1 }
    for place in [start, colon] {
      guard let place, text.indices.contains(place), text[place] != " ",
        text[place].properties.generalCategory == .spaceSeparator
      else { continue }
      return (text[place].value, YAMLMark(line: number, column: place + 1))
    }
  }
  return nil
}

/// The characters of a key before its colon, where no `? ` stands before it.
private let mostOfKey = 1_024

/// Where the first character stands that ended a line in YAML 1.1, as it does for libyaml, and for
/// hardly anybody else: NEL, LS or PS.
private func otherLineEnd(in input: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
  input.indices.first { place in
    let rest = input[place...]
    return rest.starts(with: [0xC2, 0x85]) || rest.starts(with: [0xE2, 0x80, 0xA8])
      || rest.starts(with: [0xE2, 0x80, 0xA9])
  }
}
