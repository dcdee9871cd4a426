import Testing

@testable import HTTPServing

@Suite("ConnectionTable")
struct ConnectionTableTests {
  private let start = ContinuousClock.now
  private let limits: HTTPLimits = {
    var limits = HTTPLimits()
    limits.connections = 3
    limits.idleTime = .seconds(30)
    limits.transferTime = .seconds(10)
    limits.handlerTime = .seconds(5)
    return limits
  }()

  private func at(_ seconds: Int) -> ConnectionTable.Instant { start + .seconds(seconds) }

  @Test("who has been quiet longest goes, idle or begun; who is answered stays")
  func eviction() {
    var table = ConnectionTable(limits: limits)
    #expect(table.open(1, 11, at: at(0)) == nil)
    #expect(table.open(2, 12, at: at(1)) == nil)
    #expect(table.open(3, 13, at: at(2)) == nil)
    table.begin(1, "/", bodyBytes: 100, at: at(3))
    table.move(1, to: .handling, at: at(3))
    table.begin(2, "/", bodyBytes: 100, at: at(4))
    #expect(table.open(4, 14, at: at(5)) == 13, "2 has begun since 3 was opened")
    #expect(table.open(5, 15, at: at(6)) == 12, "3 counts no more, though it is still there")
    #expect(table.open(6, 16, at: at(7)) == 14)
    table.close(1)
    #expect(table.open(7, 17, at: at(8)) == nil)
  }

  @Test("nobody goes for a newcomer but the newcomer where all are being answered")
  func allBusy() {
    var table = ConnectionTable(limits: limits)
    for id in 1...3 as ClosedRange<UInt> {
      _ = table.open(id, 1, at: start)
      table.begin(id, "/", bodyBytes: 100, at: start)
      table.move(id, to: .leaving, at: start)
    }
    #expect(table.open(4, 14, at: start) == 14)
  }

  @Test("each stage has its own time, counted from its beginning")
  func overdue() {
    var table = ConnectionTable(limits: limits)
    _ = table.open(1, 11, at: at(0))
    #expect(table.overdue(at: at(30)).toCut.isEmpty)
    table.begin(1, "/", bodyBytes: 100, at: at(30))
    #expect(table.overdue(at: at(40)).toCut.isEmpty)
    table.move(1, to: .handling, at: at(40))
    #expect(table.overdue(at: at(45)).late.isEmpty)
    let late = table.overdue(at: at(46))
    #expect(late.late.map(\.id) == [1])
    #expect(late.toCut.isEmpty, "its client is answered, not cut")
    table.move(1, to: .leaving, at: at(46))
    table.end(1, at: at(56))
    #expect(table.overdue(at: at(86)).toCut.isEmpty)
    #expect(table.overdue(at: at(87)).toCut == [11])
    #expect(table.overdue(at: at(88)).toCut.isEmpty, "it is cut once")
  }

  @Test("a request that does not arrive and an answer that does not leave are cut")
  func transfer() {
    for stage in [Exchange.Stage.arriving, .answered(.overdue), .leaving] {
      var table = ConnectionTable(limits: limits)
      _ = table.open(1, 11, at: at(0))
      table.begin(1, "/", bodyBytes: 100, at: at(0))
      table.move(1, to: stage, at: at(1))
      #expect(table.overdue(at: at(11)).toCut.isEmpty)
      #expect(table.overdue(at: at(12)).toCut == [11])
    }
  }
}
