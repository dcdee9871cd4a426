import Testing

@Suite("What wadm takes and refuses")
struct WadmVerdictTests {
  @Test(
    "what is left blank is empty where wadm takes it so, and nowhere else",
    arguments: [
      WadmCase(
        "annotations left blank", WadmCase.manifest(metadata: "annotations: "),
        ""),
      WadmCase(
        "annotations that are null", WadmCase.manifest(metadata: "annotations: ~"),
        """
        3:37: error MAN-3: 'metadata' of the manifest has no value for 'annotations'; add it
        """),
      WadmCase(
        "labels that are null", WadmCase.manifest(metadata: "annotations: {}, labels: ~"),
        """
        3:49: error MAN-3: 'metadata' of the manifest has no value for 'labels'; add it
        """),
      WadmCase(
        "policies left blank", WadmCase.manifest(more: "  policies:"),
        ""),
    ])
  func blanks(_ test: WadmCase) { test.check() }

  @Test(
    "a type that wadm does not have is told, whatever else it may be",
    arguments: [
      WadmCase(
        "type provider",
        WadmCase.manifest()
          .replacing("type: component", with: "type: provider")
          .replacing(
            "  - name: kv\n    type: capability\n    properties: {image: r/kv:1}\n", with: ""),
        """
        7:11: error MAN-7: 'type' of the component is 'provider'; write component, actor or \
        capability
        """),
      WadmCase(
        "type service",
        WadmCase.manifest()
          .replacing("type: component", with: "type: service")
          .replacing(
            "  - name: kv\n    type: capability\n    properties: {image: r/kv:1}\n", with: ""),
        """
        7:11: error MAN-7: 'type' of the component is 'service'; write component, actor or \
        capability
        """),
      WadmCase(
        "type wasm",
        WadmCase.manifest()
          .replacing("type: component", with: "type: wasm")
          .replacing(
            "  - name: kv\n    type: capability\n    properties: {image: r/kv:1}\n", with: ""),
        """
        7:11: error MAN-7: 'type' of the component is 'wasm'; write component, actor or \
        capability
        """),
      WadmCase(
        "type provider beside a good one",
        WadmCase.manifest()
          .replacing("type: capability", with: "type: provider"),
        """
        11:11: error MAN-7: 'type' of the component is 'provider'; write component, actor or \
        capability
        """),
      WadmCase(
        "a number as type",
        WadmCase.manifest()
          .replacing("type: component", with: "type: 1")
          .replacing("type: capability", with: "type: 2"),
        """
        7:11: error MAN-7: 'type' of the component is '1'; write component, actor or \
        capability
        11:11: error MAN-7: 'type' of the component is '2'; write component, actor or \
        capability
        """),
    ])
  func types(_ test: WadmCase) { test.check() }

  @Test(
    "what stands where nobody reads it is told with its place",
    arguments: [
      WadmCase(
        "config on a link", WadmCase.manifest(traits: WadmCase.link(", config: [{name: c}]")),
        """
        9:167: error MAN-5: the link has no key 'config'; write it under 'source' or \
        'target', whichever is given it
        """),
      WadmCase(
        "secrets on a link", WadmCase.manifest(traits: WadmCase.link(", secrets: []")),
        """
        9:167: error MAN-5: the link has no key 'secrets'; write it under 'source' or \
        'target', whichever is given it
        """),
      WadmCase(
        "values on a link", WadmCase.manifest(traits: WadmCase.link(", values: {a: b}")),
        """
        9:167: error MAN-5: the link has no key 'values'; write the values as target: {name: \
        …, config: [{name: …, properties: {…}}]}
        """),
      WadmCase(
        "link_name on a link", WadmCase.manifest(traits: WadmCase.link(", link_name: second")),
        """
        9:167: error MAN-5: the link has no key 'link_name'; write 'name'
        """),
      WadmCase(
        "values of a target",
        WadmCase.manifest(
          traits: WadmCase.linked(
            "target: {name: kv, values: {a: b}}, namespace: wasi, package: keyvalue, interfaces: [store]"
          )),
        """
        9:109: error MAN-5: the target has no key 'values'; write config: [{name: …, \
        properties: {…}}]
        """),
      WadmCase(
        "config beside properties",
        WadmCase.manifest()
          .replacing(
            "    properties: {image: r/kv:1}",
            with: "    properties: {image: r/kv:1}\n    config: [{name: c}]"),
        """
        13:5: error MAN-5: the component has no key 'config'; write it under 'properties'
        """),
      WadmCase(
        "spread beside properties",
        WadmCase.manifest()
          .replacing(
            "    properties: {image: r/kv:1}",
            with: "    properties: {image: r/kv:1}\n    spread: []"),
        """
        13:5: error MAN-5: the component has no key 'spread'; write it under 'traits', in \
        the properties of one of type spreadscaler
        """),
      WadmCase(
        "traits in properties", WadmCase.manifest(properties: "image: r/a:1, traits: []"),
        """
        8:32: error MAN-5: 'properties' of the component has no key 'traits'; write it \
        beside 'properties'
        """),
      WadmCase(
        "both forms of the source's configs",
        WadmCase.manifest(
          traits: WadmCase.link(", source: {config: [{name: a}]}, source_config: [{name: b}]")),
        """
        9:213: error MAN-7: wadm passes over 'source_config' of the link, as 'source' is a \
        mapping; write what it lists under source: {config: […]}
        """),
      WadmCase(
        "both forms of the target's configs, the same",
        WadmCase.manifest(
          traits: WadmCase.linked(
            "target: {name: kv, config: [{name: a}]}, namespace: wasi, package: keyvalue, interfaces: [store], target_config: [{name: a}]"
          )),
        """
        9:203: warning MAN-7: wadm passes over 'target_config' of the link, as 'target' is a \
        mapping; remove it
        """),
      WadmCase(
        "the older key beside a mapping",
        WadmCase.manifest(traits: WadmCase.link(", target_config: [{name: b}]")),
        """
        9:182: error MAN-7: wadm passes over 'target_config' of the link, as 'target' is a \
        mapping; write what it lists under target: {config: […]}
        """),
      WadmCase(
        "the older key beside an empty mapping",
        WadmCase.manifest(traits: WadmCase.link(", source: {}, source_config: [{name: b}]")),
        """
        9:194: error MAN-7: wadm passes over 'source_config' of the link, as 'source' is a \
        mapping; write what it lists under source: {config: […]}
        """),
    ])
  func levels(_ test: WadmCase) { test.check() }

  @Test(
    "a number where wadm wants a text is refused",
    arguments: [
      WadmCase(
        "a number as id", WadmCase.manifest(properties: "image: r/a:1, id: 12"),
        """
        8:36: error MAN-4: 'id' of 'properties' of the component is a number or boolean, not \
        a text; put it in quotes
        """),
      WadmCase(
        "a number as image", WadmCase.manifest(properties: "image: 12"),
        """
        8:25: error MAN-4: 'image' of 'properties' of the component is a number or boolean, \
        not a text; put it in quotes
        """),
      WadmCase(
        "a number as key of a config",
        WadmCase.manifest(properties: "image: r/a:1, config: [{name: c, properties: {8080: x}}]"),
        """
        8:64: error MAN-4: the key '8080' in 'properties' of the config is no text; put it \
        in quotes
        """),
      WadmCase(
        "a number as label of a host",
        WadmCase.manifest(
          traits:
            "{type: spreadscaler, properties: {instances: 1, spread: [{name: a, requirements: {1: d}}]}}"
        ),
        """
        9:96: error MAN-4: the key '1' in 'requirements' of the rule is no text; put it in \
        quotes
        """),
    ])
  func texts(_ test: WadmCase) { test.check() }

  @Test(
    "null is refused where wadm refuses it",
    arguments: [
      WadmCase(
        "no value of a spread",
        WadmCase.manifest(traits: "{type: spreadscaler, properties: {instances: 1, spread: }}"),
        """
        9:70: error MAN-3: the scaler has no value for 'spread'; add it
        """),
      WadmCase(
        "no value of a source", WadmCase.manifest(traits: WadmCase.link(", source: ")),
        """
        9:175: error MAN-3: the link has no value for 'source'; add it
        """),
      WadmCase(
        "no value of a link's name", WadmCase.manifest(traits: WadmCase.link(", name: ")),
        """
        9:173: error MAN-3: the link has no value for 'name'; add it
        """),
      WadmCase(
        "no value of a target's config",
        WadmCase.manifest(
          traits: WadmCase.linked(
            "target: {name: kv, config: }, namespace: wasi, package: keyvalue, interfaces: [store]")
        ),
        """
        9:117: error MAN-3: the target has no value for 'config'; add it
        """),
      WadmCase(
        "no value of a config list", WadmCase.manifest(properties: "image: r/a:1, config: "),
        """
        8:40: error MAN-3: 'properties' of the component has no value for 'config'; add it
        """),
      WadmCase(
        "no value of an id", WadmCase.manifest(properties: "image: r/a:1, id: "),
        """
        8:36: warning MAN-18: 'id' of 'properties' of the component has no value, which \
        counts as absent; give it a value, or remove it
        """),
    ])
  func nulls(_ test: WadmCase) { test.check() }

  @Test(
    "what wadm takes and has no place here is told with the reason",
    arguments: [
      WadmCase(
        "merged keys",
        WadmCase.manifest()
          .replacing("properties: {image: r/a:1}", with: "properties: &p {image: r/a:1}")
          .replacing("properties: {image: r/kv:1}", with: "properties: {<<: *p}"),
        """
        12:17: note MAN-16: keys are merged here by '<<'; wadm merges none, and refuses it; \
        write them out where wadm is to read it too
        """),
      WadmCase(
        "a weight of two millions",
        WadmCase.manifest(
          traits:
            "{type: spreadscaler, properties: {instances: 1, spread: [{name: a, requirements: {b: c}, weight: 2000000}]}}"
        ),
        ""),
      WadmCase(
        "a full stop in the name of a config of others",
        WadmCase.manifest(properties: "image: r/a:1, config: [{name: my.config}]"),
        ""),
      WadmCase(
        "the name -app", WadmCase.manifest(name: "-app"),
        """
        3:18: error MAN-6: '-app' is no name for the application here: characters other than \
        a-z and 0-9 become '-', and none begins or ends with that; write letters, digits, \
        '-' and '_', at most 63, a letter or digit first and last
        """),
      WadmCase(
        "the name app-", WadmCase.manifest(name: "app-"),
        """
        3:18: error MAN-6: 'app-' is no name for the application here: characters other than \
        a-z and 0-9 become '-', and none begins or ends with that; write letters, digits, \
        '-' and '_', at most 63, a letter or digit first and last
        """),
      WadmCase(
        "the name of 80 letters", WadmCase.manifest(name: String(repeating: "a", count: 80)),
        """
        3:18: error MAN-6: '\(String(repeating: "a", count: 80))' is no name for the \
        application here: it is longer than 63, the most that one may be; write letters, \
        digits, '-' and '_', at most 63, a letter or digit first and last
        """),
      WadmCase(
        "the name магазин", WadmCase.manifest(name: "магазин"),
        """
        3:18: error MAN-6: 'магазин' is no name for the application here: nothing in it is \
        one of a-z and 0-9, and every other character becomes '-'; write letters, digits, \
        '-' and '_', at most 63, a letter or digit first and last
        """),
      WadmCase(
        "a component in Cyrillic",
        WadmCase.manifest()
          .replacing("name: kv\n", with: "name: склад\n"),
        """
        10:11: error MAN-6: 'склад' is no name for the component here: nothing in it is one \
        of a-z and 0-9, and every other character becomes '-'; write letters and digits, at \
        most 63, one of them first and last
        """),
      WadmCase(
        "a component without a name",
        WadmCase.manifest()
          .replacing("name: kv\n", with: "name: ''\n"),
        """
        10:11: error MAN-6: '' is no name for the component here: it is empty; write letters \
        and digits, at most 63, one of them first and last
        """),
      WadmCase(
        "an id with a full stop", WadmCase.manifest(properties: "image: r/a:1, id: a.b"),
        """
        8:36: error MAN-6: 'a.b' is no id here: it is one part of NATS subjects; write \
        letters, digits, '-' and '_', at most 200, a letter or digit first
        """),
      WadmCase(
        "two policies of one name",
        WadmCase.manifest(
          more:
            "  policies: [{name: v, type: a, properties: {}}, {name: v, type: b, properties: {}}]"),
        """
        13:50: warning MAN-13: policy 'v' is declared twice, of which the last one counts; \
        remove one of them; the other is at 0.yaml:13:14
        """),
    ])
  func names(_ test: WadmCase) { test.check() }

  @Test(
    "one finding does not hide another, nor make one",
    arguments: [
      WadmCase(
        "an id twice beside another error",
        WadmCase.manifest(
          properties: "image: r/a:1, id: x",
          traits: "{type: spreadscalar, properties: {instances: 1}}"
        )
        .replacing("{image: r/kv:1}", with: "{image: r/kv:1, id: x}"),
        """
        9:21: error MAN-7: there is no trait of type 'spreadscalar', so nothing comes of it; \
        write 'spreadscaler'
        10:5: error MAN-12: id 'x' is declared twice; give one of them another name or id; \
        the other is at 0.yaml:6:5
        """),
      WadmCase(
        "a target away in a linkdef",
        WadmCase.manifest(
          traits: WadmCase.scaler
            + ", {type: linkdef, properties: {target: {name: zz}, namespace: wasi, package: keyvalue, interfaces: [store]}}"
        ),
        """
        9:71: error MAN-7: there is no trait of type 'linkdef', so nothing comes of it; \
        write 'link'
        9:108: error MAN-9: shop has no component 'zz'; declare it, or link what is declared
        """),
      WadmCase(
        "a target without properties",
        WadmCase.manifest(traits: WadmCase.link())
          .replacing("    properties: {image: r/kv:1}\n", with: ""),
        """
        10:5: error MAN-3: the component has no 'properties'; add 'properties'
        """),
      WadmCase(
        "a second scaler called a link", WadmCase.manifest(traits: WadmCase.linked("instances: 1")),
        """
        9:71: error MAN-7: the trait of type 'link' is a scaler by what stands in it; remove \
        it: the component has a scaler
        """),
      WadmCase(
        "two scalers",
        WadmCase.manifest(
          traits: WadmCase.scaler + ", {type: daemonscaler, properties: {instances: 1}}"),
        """
        9:64: error MAN-13: the component has two scalers, each of which would undo what the \
        other does; keep one, with the rules of both
        """),
      WadmCase(
        "a scaler of somebody else's making",
        WadmCase.manifest(
          traits: WadmCase.scaler + ", {type: autoscale, properties: {instances: 1}}"),
        """
        9:71: warning MAN-7: there is no trait of type 'autoscale', so nothing comes of it; \
        remove it
        """),
    ])
  func hidden(_ test: WadmCase) { test.check() }

}
