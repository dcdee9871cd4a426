import Digests
public import LatticeModel

/// Returns the digest of what a unit is started with and what hosts do not tell: the first twelve
/// hexadecimal digits of SHA-256 over image, config names in order, and limits.
///
/// The bytes are one line a fact, each ended by a line feed: `image=REF`, then `config=NAME` for
/// each config, then `memory=BYTES` where limited, then `secrets=TEXT` where there are any. No part can
/// hold a line feed.
///
/// - Parameters:
///   - image: What is run.
///   - configs: The named configs, in order.
///   - memoryLimit: The most bytes one instance may use, where limited.
///   - secrets: What its references to secrets say, in one line; empty without any.
/// - Returns: Twelve hexadecimal digits.
public func launchDigest(
  image: ImageReference, configs: [ConfigName], memoryLimit: Int? = nil, secrets: String = ""
) -> String {
  var bytes: [UInt8] = []
  func addLine(_ key: String, _ value: String) {
    bytes.append(contentsOf: key.utf8)
    bytes.append(contentsOf: value.utf8)
    bytes.append(UInt8(ascii: "\n"))
  }
  addLine("image=", image.rawValue)
  for config in configs { addLine("config=", config.rawValue) }
  if let memoryLimit { addLine("memory=", String(memoryLimit)) }
  if !secrets.isEmpty { addLine("secrets=", secrets) }
  return SHA256Digest.of(bytes).prefixHex(12)
}

extension ActorSpec {
  /// The digest of what it is started with.
  var launchDigest: String { launchDigest(spelling: image) }

  /// The digest of the same with its image spelt in another way.
  func launchDigest(spelling image: ImageReference) -> String {
    Planning.launchDigest(
      image: image, configs: configs, memoryLimit: resources.memory,
      secrets: secretsMark)
  }

  /// What is another than where a digest was made of the same image: new configs, or a new limit, are
  /// told by leaving them out.
  func changedPart(since digest: String, spelling image: ImageReference) -> LaunchPart {
    var without = self
    without.configs = []
    if secretsMark.isEmpty, without.launchDigest(spelling: image) == digest { return .configs }
    without = self
    without.resources.memory = nil
    if without.launchDigest(spelling: image) == digest { return .memoryLimit }
    return secretsMark.isEmpty ? .configsOrLimits : .any
  }

  /// What its instance sets are started with.
  func launch(for application: ApplicationName, digest: String) -> ActorLaunch {
    ActorLaunch(
      id: id, image: image,
      annotations: [
        AnnotationKey.managedBy: AnnotationKey.manager,
        AnnotationKey.application: application.rawValue, AnnotationKey.actor: name,
        AnnotationKey.spec: digest,
      ], configs: configs, memoryLimit: resources.memory)
  }
}

extension ProviderSpec {
  /// The digest of what it is started with.
  var launchDigest: String { launchDigest(spelling: image) }

  /// The digest of the same with its image spelt in another way.
  func launchDigest(spelling image: ImageReference) -> String {
    Planning.launchDigest(image: image, configs: configs, secrets: secretsMark)
  }

  /// What it is started with.
  func launch(for application: ApplicationName, digest: String) -> ProviderLaunch {
    ProviderLaunch(
      id: id, image: image,
      annotations: [
        AnnotationKey.managedBy: AnnotationKey.manager,
        AnnotationKey.application: application.rawValue, AnnotationKey.provider: name,
        AnnotationKey.spec: digest,
      ], configs: configs)
  }
}
