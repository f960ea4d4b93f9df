package dev.berth.bin.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.berth.core.model.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

class ServerConfigTest {
  private static final Path SHIPPED = Path.of("..", "conf", "berth.yaml");

  @TempDir Path dir;

  @Test
  void theShippedFileSetsEverySettingToItsDefault() throws IOException {
    var file = YAMLMapper.shared().readTree(Files.readAllBytes(SHIPPED));
    assertThat(ConfigFile.read(SHIPPED, Json.object())).isEqualTo(ServerConfig.DEFAULT);
    assertThat(names("", file)).isEqualTo(names("", ServerConfig.class));
  }

  @Test
  void theShippedFileExplainsEverySetting() throws IOException {
    var lines = Files.readAllLines(SHIPPED);
    for (var i = 0; i < lines.size(); i++) {
      if (lines.get(i).matches("\\s*\\w+:.*")) {
        assertThat(lines.get(i - 1)).as("the line above \"%s\"", lines.get(i)).contains("#");
      }
    }
  }

  @Test
  void whatTheFileLeavesOutHasItsDefault() {
    var config = read("nodeName: node-1\nlog: {level: debug}\n");
    assertThat(config.nodeName()).isEqualTo("node-1");
    assertThat(config.log())
        .isEqualTo(
            new ServerConfig.Log(ServerConfig.Log.Format.TEXT, ServerConfig.Log.Level.DEBUG));
    assertThat(config.dataDir()).isEqualTo("/var/lib/berth");
  }

  @Test
  void anEmptyFileIsTheDefaults() {
    assertThat(read("")).isEqualTo(ServerConfig.DEFAULT);
    assertThat(read("# nothing\n")).isEqualTo(ServerConfig.DEFAULT);
    assertThat(read("listen:\n")).isEqualTo(ServerConfig.DEFAULT);
  }

  @Test
  void nodesAndAliasesAreRead() {
    var config =
        read(
            """
            nodes:
            - {name: node-1, labels: {rack: a}}
            - {name: node-2, root: /data/n2, pools: {fast: /ssd}}
            imageAliases: {nginx: host}
            """);
    assertThat(config.nodes())
        .containsExactly(
            new ServerConfig.HostedNode("node-1", "", Map.of("rack", "a"), Map.of()),
            new ServerConfig.HostedNode("node-2", "/data/n2", Map.of(), Map.of("fast", "/ssd")));
    assertThat(config.imageAliases()).isEqualTo(Map.of("nginx", "host"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "nodes: {a: b}            | setting nodes: expected a list, for example [a, b]",
        "roles: api               | setting roles: expected a list, for example [a, b]",
        "log: info                | setting log: expected a group of settings",
        "imageAliases: [a]        | setting imageAliases: expected names with values",
        "imageAliases: {nginx: [a]} | setting imageAliases.nginx: expected a text",
        "nodeName: [a]            | setting nodeName: expected a text",
        "imageAliases: {nginx: }   | setting imageAliases.nginx: expected a text",
        "wipeBytesPerSecond: much | setting wipeBytesPerSecond: expected a whole number",
        "nodes: [a]               | setting nodes[0]: expected a group of settings",
      })
  void whatHasTheWrongFormIsNamedWithTheRightOne(String text, String message) {
    assertThatThrownBy(() -> read(text))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(message)
        .hasMessageContaining("found")
        .hasMessageNotContaining("java");
  }

  @Test
  void aFlagWinsOverTheFile() throws IOException {
    var file = Files.writeString(dir.resolve("berth.yaml"), "listen: none\nsocket: /a/b.sock\n");
    var flags = Json.object().put("listen", "127.0.0.1:7000");
    var config = ConfigFile.read(file, flags);
    assertThat(config.listen()).isEqualTo("127.0.0.1:7000");
    assertThat(config.socket()).isEqualTo("/a/b.sock");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "datadir: /x                   | there is no setting datadir; did you mean dataDir?",
        "log: {levl: info}             | there is no setting log.levl; did you mean level?",
        "nodes: [{name: a, rot: /x}]   | there is no setting nodes[0].rot; did you mean root?",
        "zzzzzzzz: 1                   | there is no setting zzzzzzzz; there are allowPlain",
        "runtime: docker               | setting runtime: expected oci, found \"docker\"",
        "log: {format: xml}            | setting log.format: expected text, json, found \"xml\"",
        "listen: nowhere               | setting listen: expected HOST:PORT",
        "listen: 'a:70000'             | setting listen: expected HOST:PORT",
        "roles: [node]                 | setting roles: expected api among them",
        "roles: [api, nod]             | setting roles[1]: expected api, controllers, scheduler",
        "nodeName: Node_1              | setting nodeName: expected a node's name: lower case letters",
        "nodeName: a..b                | setting nodeName: expected a node's name: lower case letters",
        "nodes: [{name: b/../../x}]    | setting nodes[].name: expected a node's name",
        "nodes: [{root: /x}]           | setting nodes[].name: expected a name",
        "nodes: [{name: a}, {name: a}] | setting nodes: expected a different name for each",
        "dataDir: ''                   | setting dataDir: expected a directory",
        "allowPlainDirectories: perhaps| setting allowPlainDirectories: expected true or false",
        "'listen: a:1, listen: b:2'    | not YAML",
        "- list                        | expected settings",
        "'a: ['                        | not YAML",
      })
  void aMistakeIsNamedWithWhatIsExpected(String yaml, String message) {
    assertThatThrownBy(() -> read(yaml.replace(", listen", "\nlisten")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(dir.toString())
        .hasMessageContaining(message);
  }

  @Test
  void aMissingFileIsNamed() {
    assertThatThrownBy(() -> ConfigFile.read(dir.resolve("none.yaml"), Json.object()))
        .isInstanceOf(ConfigException.class)
        .hasMessage("--config: there is no file " + dir.resolve("none.yaml"));
  }

  @Test
  void noneSwitchesTcpOff() {
    assertThat(read("listen: none").listenAddress()).isEmpty();
    assertThat(read("listen: '[::1]:6443'").listenAddress())
        .get()
        .satisfies(
            address -> {
              assertThat(address.getHostString()).isEqualTo("::1");
              assertThat(address.getPort()).isEqualTo(6443);
            });
  }

  private ServerConfig read(String yaml) {
    try {
      return ConfigFile.read(Files.writeString(dir.resolve("berth.yaml"), yaml), Json.object());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static List<String> names(String prefix, JsonNode tree) {
    return tree instanceof ObjectNode object
        ? object.properties().stream()
            .flatMap(
                member ->
                    Stream.concat(
                        Stream.of(prefix + member.getKey()),
                        names(prefix + member.getKey() + ".", member.getValue()).stream()))
            .toList()
        : List.of();
  }

  private static List<String> names(String prefix, Class<?> group) {
    return Arrays.stream(group.getRecordComponents())
        .flatMap(
            component ->
                Stream.concat(
                    Stream.of(prefix + component.getName()),
                    component.getType().isRecord()
                        ? names(prefix + component.getName() + ".", component.getType()).stream()
                        : Stream.of()))
        .toList();
  }
}
