import JSONCoding
import LatticeModel
import ReconcileTestKit
import Testing

@testable import LatticeDialects

@Suite("What real 1.9.2 hosts said")
struct RecordingTests {
  @Test("every event decodes, with its host and time", arguments: recordings)
  func events(_ name: String) throws {
    var decoder = EventDecoder()
    var count = 0
    for message in try Recording(name).messages where message.subject.hasPrefix("wasmbus.evt.") {
      let event = try #require(try decoder.decode(message.payload), "\(message.step)")
      #expect(event.source.rawValue.hasPrefix("N"))
      #expect(event.time != nil)
      count += 1
    }
    #expect(count >= 7)
  }

  @Test("every reply to a control request decodes", arguments: recordings)
  func replies(_ name: String) throws {
    let recording = try Recording(name)
    for (request, replies) in recording.exchanges("wasmbus.ctl.v1.default.") {
      for reply in replies {
        let isRefused = reply.json?["success"] == false
        #expect(try decodeReply(reply.payload).isAccepted != isRefused, "\(request.step)")
        guard !isRefused else { continue }
        let verb = request.subject.dropFirst("wasmbus.ctl.v1.default.".count)
        if verb == "host.ping" {
          #expect(try decodeAnswer(reply.payload).isSupported)
        } else if verb.hasPrefix("host.get.") {
          let report = try decodeInventory(reply.payload)
          #expect(report.actors.count == reply.json?["response"]?["components"]?.array?.count)
          #expect(report.providers.count == reply.json?["response"]?["providers"]?.array?.count)
        } else if verb == "link.get" {
          #expect(
            try decodeLinks(reply.payload).count == reply.json?["response"]?.array?.count)
        } else if verb.hasPrefix("config.get.") {
          let isThere = reply.json?["response"] != nil
          #expect((try decodeConfig(reply.payload) != .absent) == isThere)
        }
      }
    }
  }

  @Test("numbers that no host can mean are the nearest that one can")
  func numbers() throws {
    let most = Int.max
    func report(_ uptime: Int, _ instances: Int) throws -> HostReport {
      let actor = #"{"id":"web","image_ref":"web:1","max_instances":\#(instances)}"#
      return try decodeInventory(
        Array(
          #"{"success":true,"response":{"host_id":"NA","uptime_seconds":\#(uptime),"components":[\#(actor)]}}"#
            .utf8))
    }
    for (said, uptime, instances) in [
      (90, 90, 90), (0, 0, 0), (-1, 0, 0), (most, 1_000_000_000, 4_294_967_295),
    ] {
      let read = try report(said, said)
      #expect(read.uptime == uptime && read.actors.map(\.instances) == [instances])
      let answer = try decodeAnswer(
        Array(#"{"response":{"id":"NA","uptime_seconds":\#(said)}}"#.utf8))
      #expect(answer.uptime == uptime)
    }
  }

  @Test("every refusal is read as one, in the host's words")
  func refusals() throws {
    var refusals: Set<String> = []
    for name in recordings {
      for (_, replies) in try Recording(name).exchanges("wasmbus.ctl.v1.default.") {
        for reply in replies where reply.json?["success"] == false {
          let message = try #require(reply.json?["message"]?.string)
          let read = try decodeReply(reply.payload)
          #expect(read == ControlReply(isAccepted: false, message: message))
          refusals.insert(message)
        }
      }
    }
    #expect(refusals.count == 18)
  }

  @Test("links and configs decode from what hosts store")
  func stores() throws {
    var links = 0
    var configs = 0
    for message in try Recording("v1.9.2/commands").messages where !message.payload.isEmpty {
      if message.subject.hasPrefix("$KV.LATTICEDATA_default.COMPONENT_") {
        let stored = try decodeStoredLinks(message.payload)
        #expect(stored.count == message.json?["links"]?.array?.count)
        links += stored.count
      } else if message.subject.hasPrefix("$KV.CONFIGDATA_default.") {
        #expect(try decodeStoredConfig(message.payload).count == message.json?.object?.count)
        configs += 1
      }
    }
    #expect(links > 20 && configs > 5)
  }

  @Test("hosts before 1.0 answer their own ping, and their heartbeats are passed over")
  func oldHosts() throws {
    let recording = try Recording("v0.82.0/commands")
    for (_, replies) in recording.exchanges("wasmbus.ctl.default.ping.hosts") {
      for reply in replies { #expect(try !decodeAnswer(reply.payload).isSupported) }
    }
    var decoder = EventDecoder()
    for message in recording.messages where message.subject.contains("host_heartbeat") {
      #expect(try decoder.decode(message.payload) == nil)
    }
  }
}
