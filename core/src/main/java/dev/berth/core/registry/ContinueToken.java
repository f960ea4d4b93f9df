package dev.berth.core.registry;

import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceType;
import dev.berth.core.storage.ObjectKey;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * Where a list goes on: opaque to clients, and good for the same request only.
 *
 * @param revision of the list's first page
 * @param after the last object that was given out
 * @param remaining how many objects there are after it; negative when nobody counted
 */
record ContinueToken(long revision, ObjectKey after, long remaining) {

  private static final String FORM = "berth/1";

  String encode() {
    var token = Json.object();
    token.put("v", FORM);
    token.put("rv", revision);
    token.put("ns", after.namespace());
    token.put("name", after.name());
    token.put("left", remaining);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(Json.write(token));
  }

  /**
   * @param namespace that the list is limited to, null for none
   * @throws Rejection when this is no token, or one of another list
   */
  static ContinueToken decode(String text, ResourceType type, @Nullable String namespace) {
    try {
      var token = Json.parse(Base64.getUrlDecoder().decode(text));
      var revision = token.path("rv").longValue(0);
      var within = Json.text(token, "ns");
      if (Json.text(token, "v").equals(FORM)
          && revision > 0
          && (namespace == null || namespace.equals(within))) {
        var after = new ObjectKey(type.resource(), within, Json.text(token, "name"));
        return new ContinueToken(revision, after, token.path("left").longValue(-1));
      }
    } catch (IllegalArgumentException | JacksonException e) {
      // Told below, whatever is wrong with it.
    }
    throw Rejections.badRequest(
        "continue key is not valid: '"
            + text
            + "' is not a token of this list; list again without");
  }
}
