import Testing
import TextForms

@Suite("Addresses that are safe to show") struct AddressTests {
  @Test(
    "what opens a place goes, and what is a part of the place stays",
    arguments: [
      ("https://user:secret@example.com/x", "https://example.com/x"),
      ("https://secret@example.com", "https://example.com"),
      ("https://user:s@cr@example.com:443/x", "https://example.com:443/x"),
      ("https://user:sec/ret@example.com/x", "https://example.com/x"),
      ("https://user:sec?ret@example.com/x", "https://example.com/x"),
      ("https://example.com/x?token=secret", "https://example.com/x"),
      ("https://[::1]:443/a@b", "https://[::1]:443/a@b"),
      ("ssh://example.com:22/a@b", "ssh://example.com:22/a@b"),
      ("file:///srv/what?", "file:///srv/what?"),
      ("git@example.com:edge", "git@example.com:edge"),
      ("me:secret@example.com:edge", "example.com:edge"),
      ("me:sec/ret@example.com:edge", "example.com:edge"),
      ("me:secret@example.com/edge", "example.com/edge"),
      ("/srv/a:b@c", "/srv/a:b@c"), ("edge", "edge"), ("", ""),
    ])
  func shown(_ address: String, _ shown: String) {
    #expect(withoutCredentials(address) == shown)
  }
}
