extension Logger {
  /// Writes a line of level `trace`: bytes and subjects.
  ///
  /// - Parameters:
  ///   - message: The same text each time.
  ///   - metadata: The facts of this line.
  @inlinable
  public func trace(
    _ message: StaticString,
    metadata: @autoclosure () -> KeyValuePairs<String, LogMetadata> = [:]
  ) {
    log(.trace, message, metadata: metadata())
  }

  /// Writes a line of level `debug`: steps.
  ///
  /// - Parameters:
  ///   - message: The same text each time.
  ///   - metadata: The facts of this line.
  @inlinable
  public func debug(
    _ message: StaticString,
    metadata: @autoclosure () -> KeyValuePairs<String, LogMetadata> = [:]
  ) {
    log(.debug, message, metadata: metadata())
  }

  /// Writes a line of level `info`: what happens in a normal day.
  ///
  /// - Parameters:
  ///   - message: The same text each time.
  ///   - metadata: The facts of this line.
  @inlinable
  public func info(
    _ message: StaticString,
    metadata: @autoclosure () -> KeyValuePairs<String, LogMetadata> = [:]
  ) {
    log(.info, message, metadata: metadata())
  }

  /// Writes a line of level `notice`: what somebody will want to know of.
  ///
  /// - Parameters:
  ///   - message: The same text each time.
  ///   - metadata: The facts of this line.
  @inlinable
  public func notice(
    _ message: StaticString,
    metadata: @autoclosure () -> KeyValuePairs<String, LogMetadata> = [:]
  ) {
    log(.notice, message, metadata: metadata())
  }

  /// Writes a line of level `warning`: what failed and will be tried again.
  ///
  /// - Parameters:
  ///   - message: The same text each time.
  ///   - metadata: The facts of this line.
  @inlinable
  public func warning(
    _ message: StaticString,
    metadata: @autoclosure () -> KeyValuePairs<String, LogMetadata> = [:]
  ) {
    log(.warning, message, metadata: metadata())
  }

  /// Writes a line of level `error`: what failed and stays so until somebody acts.
  ///
  /// - Parameters:
  ///   - message: The same text each time.
  ///   - metadata: The facts of this line.
  @inlinable
  public func error(
    _ message: StaticString,
    metadata: @autoclosure () -> KeyValuePairs<String, LogMetadata> = [:]
  ) {
    log(.error, message, metadata: metadata())
  }

  /// Writes a line of level `critical`: why the program cannot go on.
  ///
  /// - Parameters:
  ///   - message: The same text each time.
  ///   - metadata: The facts of this line.
  @inlinable
  public func critical(
    _ message: StaticString,
    metadata: @autoclosure () -> KeyValuePairs<String, LogMetadata> = [:]
  ) {
    log(.critical, message, metadata: metadata())
  }
}
