package dev.berth.api.rest;

import dev.berth.core.model.Json;
import dev.berth.core.model.PrintedColumns;
import dev.berth.core.model.ResourceType;
import dev.berth.core.registry.Documents;
import dev.berth.core.registry.ResourcePage;
import dev.berth.core.storage.StoredObject;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Writes objects of a type in the form that a client asked for, one by one or as a list. */
final class Printer {
  private final ResourceType type;
  private final Rendering rendering;
  private final InstantSource clock;

  Printer(ResourceType type, Rendering rendering, InstantSource clock) {
    this.type = type;
    this.rendering = rendering;
    this.clock = clock;
  }

  /** An object by itself. */
  byte[] single(StoredObject object) {
    return switch (rendering) {
      case Rendering.Objects() -> Documents.withRevision(object);
      case Rendering.Metadata(var version) -> metadata(version, object);
      case Rendering.Table _ -> event(object, true);
    };
  }

  /** An object as a member of a list. */
  byte[] member(StoredObject object) {
    return switch (rendering) {
      case Rendering.Objects() -> Documents.withRevision(object);
      case Rendering.Metadata(var version) -> metadata(version, object);
      case Rendering.Table(var version, var include) -> row(object, version, include);
    };
  }

  /**
   * An object in an event of a watch.
   *
   * @param first whether a table's columns must be told, too
   */
  byte[] event(StoredObject object, boolean first) {
    return switch (rendering) {
      case Rendering.Objects() -> Documents.withRevision(object);
      case Rendering.Metadata(var version) -> metadata(version, object);
      case Rendering.Table(var version, var include) -> {
        var bytes = new ByteArrayOutputStream();
        bytes.writeBytes(listHead(object.revision(), null, null, first));
        bytes.writeBytes(row(object, version, include));
        bytes.writeBytes(listTail());
        yield bytes.toByteArray();
      }
    };
  }

  /** An object that says nothing but that everything up to a revision has been told. */
  byte[] bookmark(long revision, boolean initialEventsEnd) {
    var object = Json.object();
    var metadata = Json.object();
    metadata.put("resourceVersion", Long.toString(revision));
    if (initialEventsEnd) {
      metadata.putObject("annotations").put("k8s.io/initial-events-end", "true");
    }
    switch (rendering) {
      case Rendering.Objects() -> {
        object.put("kind", type.kind());
        object.put("apiVersion", type.apiVersion());
      }
      case Rendering.Metadata(var version) -> {
        object.put("kind", "PartialObjectMetadata");
        object.put("apiVersion", "meta.k8s.io/" + version);
      }
      case Rendering.Table(var version, var include) -> {
        object.put("kind", "Table");
        object.put("apiVersion", "meta.k8s.io/" + version);
        object.putArray("columnDefinitions");
        object.putArray("rows");
      }
    }
    object.set("metadata", metadata);
    return Json.write(object);
  }

  /** How a list begins, up to its first member. */
  byte[] listHead(ResourcePage page) {
    return listHead(page.revision(), page.continueToken(), page.remaining(), true);
  }

  private byte[] listHead(
      long revision, @Nullable String continueToken, @Nullable Long remaining, boolean columns) {
    var head = Json.object();
    var members =
        switch (rendering) {
          case Rendering.Objects() -> {
            head.put("kind", type.kind() + "List");
            head.put("apiVersion", type.apiVersion());
            yield "items";
          }
          case Rendering.Metadata(var version) -> {
            head.put("kind", "PartialObjectMetadataList");
            head.put("apiVersion", "meta.k8s.io/" + version);
            yield "items";
          }
          case Rendering.Table(var version, var include) -> {
            head.put("kind", "Table");
            head.put("apiVersion", "meta.k8s.io/" + version);
            yield "rows";
          }
        };
    var metadata = head.putObject("metadata");
    metadata.put("resourceVersion", Long.toString(revision));
    if (continueToken != null) {
      metadata.put("continue", continueToken);
    }
    if (remaining != null) {
      metadata.put("remainingItemCount", remaining);
    }
    if (rendering instanceof Rendering.Table) {
      columns(head, columns);
    }
    head.putArray(members);
    var bytes = Json.write(head);
    return Arrays.copyOf(bytes, bytes.length - "]}".length());
  }

  private void columns(ObjectNode head, boolean all) {
    var definitions = head.putArray("columnDefinitions");
    if (!all) {
      return;
    }
    for (var column : PrintedColumns.of(type)) {
      var definition = definitions.addObject();
      definition.put("name", column.name());
      definition.put("type", "string");
      definition.put("format", column.format());
      definition.put("description", column.description());
      definition.put("priority", column.wide() ? 1 : 0);
    }
  }

  /** How a list ends. */
  byte[] listTail() {
    return "]}".getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] metadata(String version, StoredObject object) {
    var bytes = new ByteArrayOutputStream();
    bytes.writeBytes(
        "{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/%s\",\"metadata\":"
            .formatted(version)
            .getBytes(StandardCharsets.US_ASCII));
    bytes.writeBytes(Documents.metadata(object));
    bytes.write('}');
    return bytes.toByteArray();
  }

  private byte[] row(StoredObject object, String version, Rendering.Include include) {
    var document = Json.parse(object.document());
    var cells = Json.tree(PrintedColumns.cells(type, document, clock.instant()));
    var bytes = new ByteArrayOutputStream();
    bytes.writeBytes("{\"cells\":".getBytes(StandardCharsets.US_ASCII));
    bytes.writeBytes(Json.write(cells));
    switch (include) {
      case NONE -> {}
      case METADATA -> {
        bytes.writeBytes(",\"object\":".getBytes(StandardCharsets.US_ASCII));
        bytes.writeBytes(metadata(version, object));
      }
      case OBJECT -> {
        bytes.writeBytes(",\"object\":".getBytes(StandardCharsets.US_ASCII));
        bytes.writeBytes(Documents.withRevision(object));
      }
    }
    bytes.write('}');
    return bytes.toByteArray();
  }
}
