package dev.berth.node.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads and writes {@link ContainerRecord}s. A record is replaced whole, by renaming: a reader sees
 * the one before or the one after. It is not synced: processes do not survive a power cut either,
 * and a record that a power cut tore is taken for a container that was half made.
 */
final class ContainerRecords {
  private static final JsonMapper MAPPER = JsonMapper.shared();
  private static final int FORMAT = 1;

  private ContainerRecords() {}

  static void write(Path file, ContainerRecord container) throws IOException {
    writeWhole(file, MAPPER.writeValueAsBytes(toJson(container)));
  }

  /**
   * Empty when there is no record, or only a torn one.
   *
   * @throws IOException when it cannot be read, or a newer version of the server wrote it
   */
  static Optional<ContainerRecord> read(Path file) throws IOException {
    try {
      var json = MAPPER.readTree(Files.readAllBytes(file));
      if (json.path("format").asInt(0) > FORMAT) {
        throw new IOException(
            "%s has format %s, this server knows %d: start the newer server that wrote it"
                .formatted(file, json.path("format"), FORMAT));
      }
      return Optional.of(fromJson(json));
    } catch (NoSuchFileException
        | JacksonException
        | IllegalArgumentException
        | DateTimeException e) {
      return Optional.empty();
    }
  }

  /** Replaces a small file so that no reader ever sees a part of it. */
  static void writeWhole(Path file, byte[] content) throws IOException {
    var beside = file.resolveSibling(file.getFileName() + ".new");
    Files.write(beside, content);
    Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private static ObjectNode toJson(ContainerRecord container) {
    var json = JsonNodeFactory.instance.objectNode();
    json.put("format", FORMAT);
    json.put("container", container.id().container());
    json.put("attempt", container.id().attempt());
    json.putObject("pod")
        .put("uid", container.pod().uid())
        .put("namespace", container.pod().namespace())
        .put("name", container.pod().name());
    json.put("image", container.image());
    json.put("imageId", container.imageId());
    json.putObject("terminationMessage")
        .put("path", container.terminationMessage().path())
        .put("fallBackToLogs", container.terminationMessage().fallBackToLogs());
    json.put("graceSeconds", container.grace().toSeconds());
    json.put("hostPid", container.hostPid());
    json.put("bootId", container.bootId());
    json.put("createdAt", container.createdAt().toString());
    var process = container.process();
    if (process != null) {
      json.putObject("process").put("pid", process.pid()).put("startTicks", process.startTicks());
    }
    putInstant(json, "startedAt", container.startedAt());
    var exit = container.exit();
    if (exit != null) {
      var node = json.putObject("exit");
      putInstant(node, "startedAt", exit.startedAt());
      node.put("finishedAt", exit.finishedAt().toString());
      node.put("exitCode", exit.exitCode());
      node.put("signal", exit.signal());
      node.put("reason", exit.reason());
      node.put("message", exit.message());
    }
    return json;
  }

  private static ContainerRecord fromJson(JsonNode json) {
    if (json.path("format").asInt(0) != FORMAT) {
      throw new IllegalArgumentException("not a container record of format " + FORMAT);
    }
    var pod = json.path("pod");
    var podRef = new PodRef(text(pod, "uid"), text(pod, "namespace"), text(pod, "name"));
    var process = json.path("process");
    var exit = json.path("exit");
    var message = json.path("terminationMessage");
    return new ContainerRecord(
        new ContainerId(podRef.uid(), text(json, "container"), json.path("attempt").asInt()),
        podRef,
        text(json, "image"),
        text(json, "imageId"),
        new TerminationMessage(
            text(message, "path"), message.path("fallBackToLogs").asBoolean(false)),
        Duration.ofSeconds(
            json.path("graceSeconds").asLong(ContainerSpec.DEFAULT_GRACE.toSeconds())),
        json.path("hostPid").asBoolean(false),
        text(json, "bootId"),
        Instant.parse(text(json, "createdAt")),
        process.isObject()
            ? new ProcessIdentity(process.path("pid").asLong(), process.path("startTicks").asLong())
            : null,
        instant(json, "startedAt"),
        exit.isObject()
            ? new ContainerState.Exited(
                instant(exit, "startedAt"),
                Instant.parse(text(exit, "finishedAt")),
                exit.path("exitCode").asInt(),
                exit.path("signal").asInt(),
                text(exit, "reason"),
                text(exit, "message"))
            : null);
  }

  private static void putInstant(ObjectNode json, String name, @Nullable Instant instant) {
    if (instant != null) {
      json.put(name, instant.toString());
    }
  }

  private static @Nullable Instant instant(JsonNode json, String name) {
    var node = json.path(name);
    return node.isString() ? Instant.parse(node.asString()) : null;
  }

  private static String text(JsonNode json, String name) {
    var node = json.path(name);
    if (!node.isString()) {
      throw new IllegalArgumentException("a container record without " + name);
    }
    return node.asString();
  }
}
