package dev.berth.api.rest;

import dev.berth.api.document.Document;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Reads the few kinds of bodies that kubectl sends in Kubernetes' protobuf form and in no other:
 * those of {@code create namespace}, {@code auth}, {@code drain} and of deletions. Field numbers
 * are those of the generated.proto files of k8s.io/api and k8s.io/apimachinery.
 */
final class ProtobufBody {
  static final String MEDIA_TYPE = "application/vnd.kubernetes.protobuf";

  private static final byte[] MAGIC = {'k', '8', 's', 0};

  private static final ProtobufMessage OWNER =
      new ProtobufMessage()
          .text(1, "kind")
          .text(3, "name")
          .text(4, "uid")
          .text(5, "apiVersion")
          .flag(6, "controller")
          .flag(7, "blockOwnerDeletion");

  private static final ProtobufMessage METADATA =
      new ProtobufMessage()
          .text(1, "name")
          .text(2, "generateName")
          .text(3, "namespace")
          .text(5, "uid")
          .text(6, "resourceVersion")
          .textByText(11, "labels")
          .textByText(12, "annotations")
          .messages(13, "ownerReferences", OWNER)
          .texts(14, "finalizers");

  private static final ProtobufMessage CONFIG_MAP =
      new ProtobufMessage()
          .message(1, "metadata", METADATA)
          .textByText(2, "data")
          .bytesByText(3, "binaryData")
          .flag(4, "immutable");

  private static final ProtobufMessage SECRET =
      new ProtobufMessage()
          .message(1, "metadata", METADATA)
          .bytesByText(2, "data")
          .text(3, "type")
          .textByText(4, "stringData")
          .flag(5, "immutable");

  private static final ProtobufMessage NAMESPACE =
      new ProtobufMessage()
          .message(1, "metadata", METADATA)
          .message(2, "spec", new ProtobufMessage().texts(1, "finalizers"))
          .message(3, "status", new ProtobufMessage().text(1, "phase"));

  private static final ProtobufMessage DELETE_OPTIONS =
      new ProtobufMessage()
          .whole(1, "gracePeriodSeconds")
          .message(
              2, "preconditions", new ProtobufMessage().text(1, "uid").text(2, "resourceVersion"))
          .flag(3, "orphanDependents")
          .text(4, "propagationPolicy")
          .texts(5, "dryRun");

  private static final ProtobufMessage EVICTION =
      new ProtobufMessage()
          .message(1, "metadata", METADATA)
          .message(2, "deleteOptions", DELETE_OPTIONS);

  private static final ProtobufMessage PRIORITY_CLASS =
      new ProtobufMessage()
          .message(1, "metadata", METADATA)
          .whole(2, "value")
          .flag(3, "globalDefault")
          .text(4, "description")
          .text(5, "preemptionPolicy");

  private static final ProtobufMessage ACCESS_REVIEW =
      new ProtobufMessage()
          .message(1, "metadata", METADATA)
          .message(
              2,
              "spec",
              new ProtobufMessage()
                  .message(
                      1,
                      "resourceAttributes",
                      new ProtobufMessage()
                          .text(1, "namespace")
                          .text(2, "verb")
                          .text(3, "group")
                          .text(4, "version")
                          .text(5, "resource")
                          .text(6, "subresource")
                          .text(7, "name"))
                  .message(
                      2,
                      "nonResourceAttributes",
                      new ProtobufMessage().text(1, "path").text(2, "verb")));

  private static final ProtobufMessage RULES_REVIEW =
      new ProtobufMessage()
          .message(1, "metadata", METADATA)
          .message(2, "spec", new ProtobufMessage().text(1, "namespace"));

  private static final ProtobufMessage SUBJECT_REVIEW =
      new ProtobufMessage().message(1, "metadata", METADATA);

  private static final ProtobufMessage TYPE =
      new ProtobufMessage().text(1, "apiVersion").text(2, "kind");

  private static final Map<String, ProtobufMessage> KINDS =
      Map.of(
          "Namespace", NAMESPACE,
          "ConfigMap", CONFIG_MAP,
          "Secret", SECRET,
          "PriorityClass", PRIORITY_CLASS,
          "DeleteOptions", DELETE_OPTIONS,
          "Eviction", EVICTION,
          "SelfSubjectAccessReview", ACCESS_REVIEW,
          "SelfSubjectRulesReview", RULES_REVIEW,
          "SelfSubjectReview", SUBJECT_REVIEW);

  private ProtobufBody() {}

  /**
   * @throws dev.berth.core.registry.Rejection when it is malformed, or of another kind than those
   */
  static Document read(byte[] body) {
    if (body.length < MAGIC.length
        || !Arrays.equals(body, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw StatusBody.badRequest(
          "the body of the request is not Kubernetes' protobuf: it does not begin with \"k8s\"");
    }
    try {
      return envelope(ByteBuffer.wrap(body, MAGIC.length, body.length - MAGIC.length).slice());
    } catch (IllegalArgumentException malformed) {
      throw StatusBody.badRequest(
          "the body of the request is not valid protobuf: " + malformed.getMessage());
    }
  }

  private static Document envelope(ByteBuffer bytes) {
    var type = TYPE.read(ProtobufMessage.field(bytes, 1));
    var kind = KINDS.get(type.path("kind").asString(""));
    if (kind == null) {
      throw StatusBody.unsupportedMediaType(BodyReader.JSON_OR_YAML);
    }
    var object = kind.read(ProtobufMessage.field(bytes, 2));
    object.setAll(type);
    return new Document(object, List.of());
  }
}
