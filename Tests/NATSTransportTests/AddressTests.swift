import Diagnostics
import ReconcileTestKit
import Testing

@testable import NATSTransport

@Suite("Addresses and contexts")
struct AddressTests {
  @Test(
    "what lets us in is given to the library in plain text, as JSON has it",
    arguments: [
      ("nats://127.0.0.1:4222", "nats://127.0.0.1:4222"),
      ("nats://u:p@h", "nats://u:p@h"),
      ("nats://u:p%40ss%3Aw%2Frd@h", "nats://u:p@ss:w/rd@h"),
      ("tls://u%40x:p@h,", "tls://u@x:p@h,"),
      ("u:50%@h", "u:50%@h"), ("u:%zz%4@h", "u:%zz%4@h"), ("nats://t%2Fk@h", "nats://t/k@h"),
      (#"nats://u:a"b\c@h"#, #"nats://u:a\"b\\c@h"#),
      ("nats://u:a%0Ab@h", #"nats://u:a\u000ab@h"#), ("nats://u:%C3%A9@h", "nats://u:é@h"),
      ("nats://u:p@ss:w/rd@h", "nats://u:p@ss:w/rd@h"),
    ])
  func dialled(_ address: String, _ expected: String) throws {
    #expect(try dialledAddress(address) == expected)
  }

  @Test(
    "what an address cannot say is refused, and nothing of it is shown",
    arguments: ["nats://u:s3c%FFret@h", "nats://u:s3c%00ret@h", "nats://a%3As3cret:p@h"])
  func refused(_ address: String) throws {
    let error = #expect(throws: NATSError.self) { try dialledAddress(address) }
    #expect(try !#require(error).diagnostics[0].description.contains("s3c"))
  }

  @Test("of a context one way in counts, the first that the NATS command line takes")
  func context() throws {
    let text = """
      {"description": "x", "url": "nats://a:1, tls://b:2", "user": "me", "password": "s3cret",
       "token": "t", "creds": "~/x.creds", "nkey": "", "ca": "/ca.pem", "inbox_prefix": "_MINE",
       "jetstream_domain": "hub", "nsc": "", "tls_first": true, "jetstream_api_prefix": "JS.x",
       "color_scheme": "blue"}
      """
    let context = try NATSContext(parsing: Array(text.utf8), home: "/home/me", path: "x.json")
    #expect(context.servers == ["nats://a:1", "tls://b:2"])
    #expect(context.user == "me" && context.password?.text == "s3cret")
    #expect(context.credentials == nil && context.token == nil && context.nkey == nil)
    #expect(context.tlsAuthority == "/ca.pem" && context.inboxPrefix == "_MINE")
    #expect(context.domain == "hub" && context.unused == ["jetstream_api_prefix", "tls_first"])
    #expect(!"\(context)".contains("s3cret"))
    let bare = #"{"url": "h", "creds": "~/x.creds", "token": "t"}"#
    let second = try NATSContext(parsing: Array(bare.utf8), home: "/home/me", path: "x.json")
    #expect(second.credentials == "/home/me/x.creds" && second.token == nil)
    for bad in ["[]", "{", #"{"creds": "op://vault/nats"}"#] {
      #expect(throws: NATSError.self) {
        try NATSContext(parsing: Array(bad.utf8), home: nil, path: "x.json")
      }
    }
  }
}
