import Testing

@testable import Digests

@Suite("Digests")
struct DigestsTests {
  @Test(
    "SHA-256 gives the digests of FIPS 180-4",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
    ])
  func vectors(_ text: String, _ hex: String) {
    let digest = SHA256Digest.of(Array(text.utf8))
    #expect(digest.hex == hex)
    #expect(digest.prefixHex(12) == String(hex.prefix(12)))
    #expect(digest.prefixHex(7) == String(hex.prefix(7)))
  }

  @Test("HMAC-SHA-256 gives the codes of RFC 4231")
  func codes() {
    #expect(
      authenticationCode(of: Array("Hi There".utf8), key: Array(repeating: 0x0b, count: 20)).hex
        == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
    #expect(
      authenticationCode(
        of: Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8)
      ).hex == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    #expect(
      authenticationCode(
        of: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
        key: Array(repeating: 0xaa, count: 131)
      ).hex == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
  }

  @Test(
    "a user's seed gives its public nkey",
    arguments: [
      (
        "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY",
        "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"
      ),
      (
        "SUAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H776Y",
        "UAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3RLKK"
      ),
    ])
  func seeds(_ seed: String, _ key: String) {
    #expect(publicNKey(ofUserSeed: seed) == key)
  }

  @Test(
    "what is no seed of a user has no public nkey",
    arguments: [
      "", "SU",
      // A wrong letter, a wrong length, an account's seed, a public key, no base32.
      "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VA",
      "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VYA",
      "SAAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4HYMHI",
      "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4",
      "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3V!",
    ])
  func noSeeds(_ text: String) { #expect(publicNKey(ofUserSeed: text) == nil) }

  @Test("byte strings are equal only in length and content")
  func comparison() {
    #expect(areEqual([1, 2], [1, 2]))
    #expect(!areEqual([1, 2], [1, 3]))
    #expect(!areEqual([1, 2], [1, 2, 3]))
    #expect(areEqual([], []))
  }

  @Test(
    "base64 is that of RFC 4648, and read padded or not",
    arguments: [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
      ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"), ("???", "Pz8/"), ("~~~", "fn5+"),
    ])
  func base64s(_ text: String, _ encoded: String) {
    #expect(base64(Array(text.utf8)) == encoded)
    #expect(decodeBase64(encoded) == Array(text.utf8))
    #expect(decodeBase64(encoded.filter { $0 != "=" }) == Array(text.utf8))
  }

  @Test("what is no base64 is not read", arguments: ["Z", "Zm9vY", "Zm9v Zg", "Zm-v", "Zg=a", "é"])
  func noBase64(_ text: String) { #expect(decodeBase64(text) == nil) }
}
