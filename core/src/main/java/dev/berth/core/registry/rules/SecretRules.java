package dev.berth.core.registry.rules;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.berth.core.model.Json;
import dev.berth.core.model.Secret;
import java.util.Base64;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.node.ObjectNode;

/** Secrets: their type says which keys they must have. */
final class SecretRules extends KindRules {

  private static final String ACCOUNT_ANNOTATION = "kubernetes.io/service-account.name";

  /** What was given as text becomes data: only there is it ever read again. */
  @Override
  public void setDefaults(ObjectNode object) {
    Defaults.put(object, "type", Secret.OPAQUE);
    if (object.remove("stringData") instanceof ObjectNode texts && !texts.isEmpty()) {
      var data = object.withObject("data");
      for (var text : texts.properties()) {
        var bytes = text.getValue().stringValue("").getBytes(UTF_8);
        data.put(text.getKey(), Base64.getEncoder().encodeToString(bytes));
      }
    }
  }

  @Override
  public void validate(Field object, Problems problems) {
    var data = object.child("data");
    for (var entry : data.entries()) {
      DataRules.checkKey(entry, entry.name(), problems);
    }
    if (DataRules.bytes(data) > DataRules.MOST_BYTES) {
      problems.tooLong(data, DataRules.MOST_BYTES);
    }
    switch (object.child("type").text()) {
      case "kubernetes.io/service-account-token" -> {
        var annotation = object.at("metadata", "annotations").key(ACCOUNT_ANNOTATION);
        Checks.required(annotation, problems);
      }
      case "kubernetes.io/dockercfg" -> checkJson(data.key(".dockercfg"), problems);
      case "kubernetes.io/dockerconfigjson" -> checkJson(data.key(".dockerconfigjson"), problems);
      case "kubernetes.io/basic-auth" -> {
        if (data.key("username").absent() && data.key("password").absent()) {
          problems.required(data.key("username"), "");
          problems.required(data.key("password"), "");
        }
      }
      case "kubernetes.io/ssh-auth" -> Checks.required(data.key("ssh-privatekey"), problems);
      case "kubernetes.io/tls" -> {
        for (var key : List.of("tls.crt", "tls.key")) {
          if (data.key(key).absent()) {
            problems.required(data.key(key), "");
          }
        }
      }
      default -> {}
    }
  }

  private static void checkJson(Field value, Problems problems) {
    if (value.absent()) {
      problems.required(value, "");
      return;
    }
    try {
      if (Json.parse(Base64.getDecoder().decode(value.text())).isObject()) {
        return;
      }
    } catch (JacksonException e) {
      // The reason would quote the secret.
      problems.invalid(value, "<secret contents redacted>", "it is not JSON");
      return;
    }
    problems.invalid(value, "<secret contents redacted>", "it is not a JSON object");
  }

  @Override
  public void validateChange(String subresource, Field old, Field updated, Problems problems) {
    Checks.immutable(old.child("type"), updated.child("type"), problems);
    DataRules.checkImmutable(old, updated, problems, "data");
  }
}
