import ServiceRuntime
import Testing

@Suite("Addresses to listen at")
struct ListenAddressTests {
  @Test(
    "an address has a host and a port",
    arguments: ["127.0.0.1:9090", "localhost:0", "[::1]:9090", "0.0.0.0:65535"])
  func address(_ text: String) {
    #expect(ListenAddress(text)?.description == text)
  }

  @Test("without a host it is every address of this machine")
  func everywhere() {
    #expect(ListenAddress(":9090")?.description == "0.0.0.0:9090")
    #expect(ListenAddress(":0")?.description == "0.0.0.0:0")
  }

  @Test(
    "anything else is no address",
    arguments: [
      "", ":", "[]:9090", "9090", "host", "host:", "host:65536", "host:-1", "::1:9090", "a b:1",
      "host:+1", "host:١", "[::1]", "[::1:9090", "[host]:9090",
    ])
  func noAddress(_ text: String) { #expect(ListenAddress(text) == nil) }
}
