package dev.berth.core.registry;

import dev.berth.core.model.ResourceType;
import dev.berth.core.registry.rules.Field;
import dev.berth.core.registry.rules.Problems;
import dev.berth.core.registry.select.Selection;
import dev.berth.core.registry.select.SelectorException;
import dev.berth.core.storage.Listing;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.ObjectStore;
import dev.berth.core.storage.Scope;
import dev.berth.core.storage.StoreException;
import dev.berth.core.storage.StoredObject;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;

/** Lists objects, page by page of one snapshot. */
final class ListReader {

  /** Objects read at once when not all of them are wanted. */
  private static final int CHUNK = 500;

  private static final String EXACT = "Exact";
  private static final String NOT_OLDER_THAN = "NotOlderThan";

  private final ObjectStore store;

  ListReader(ObjectStore store) {
    this.store = store;
  }

  /**
   * @throws Rejection when a selector cannot be understood
   */
  static Selection selection(
      ResourceType type, @Nullable String labelSelector, @Nullable String fieldSelector) {
    try {
      return Selection.parse(type, labelSelector, fieldSelector);
    } catch (SelectorException e) {
      throw Rejections.badRequest(e.why());
    }
  }

  /**
   * The narrowest scope that holds all that is meant.
   *
   * @param name null for all names
   */
  static Scope scope(
      ResourceType type, @Nullable String namespace, @Nullable String name, Selection selection) {
    var within = type.namespaced() ? namespace : "";
    if (within == null) {
      within = selection.namespace();
    }
    var only = name != null ? name : selection.name();
    return new Scope(type.resource(), within, within == null ? null : only);
  }

  ResourcePage list(ResourceType type, @Nullable String namespace, ListOptions options) {
    var selection = selection(type, options.labelSelector(), options.fieldSelector());
    var token =
        options.continueToken() == null || options.continueToken().isEmpty()
            ? null
            : ContinueToken.decode(options.continueToken(), type, namespace);
    requireConsistent(options, token != null);
    var scope = scope(type, namespace, null, selection);
    try {
      return token != null
          ? page(scope, selection, token.revision(), token.after(), token.remaining(), options)
          : page(scope, selection, revision(options), null, -1, options);
    } catch (StoreException.Compacted e) {
      throw Rejections.expired(
          token != null
              ? "The provided continue parameter is too old to display a consistent list result."
                  + " You must start a new list without the continue parameter."
              : "The resourceVersion for the provided list is too old.");
    } catch (StoreException.FutureRevision e) {
      throw Rejections.futureVersion(String.valueOf(options.resourceVersion()), store.revision());
    }
  }

  /** The revision at which to read, 0 for the newest. */
  private long revision(ListOptions options) {
    var version = options.resourceVersion();
    if (version == null || version.isEmpty()) {
      return 0;
    }
    var asked = Versions.parse(version);
    var match = options.resourceVersionMatch();
    // With a limit and no match, clients have always got the very version that they named.
    var legacyExact = (match == null || match.isEmpty()) && options.limit() > 0;
    if (EXACT.equals(match) || legacyExact) {
      return asked;
    }
    var newest = store.revision();
    if (asked > newest) {
      throw Rejections.futureVersion(version, newest);
    }
    return 0;
  }

  private static void requireConsistent(ListOptions options, boolean continued) {
    var problems = new Problems();
    var version = options.resourceVersion() == null ? "" : options.resourceVersion();
    var match = options.resourceVersionMatch() == null ? "" : options.resourceVersionMatch();
    var field =
        Field.root(JsonNodeFactory.instance.objectNode().put("resourceVersionMatch", match))
            .child("resourceVersionMatch");
    if (!match.isEmpty()) {
      if (continued) {
        problems.forbidden(field, "resourceVersionMatch is forbidden when continue is provided");
      }
      if (version.isEmpty()) {
        problems.forbidden(
            field, "resourceVersionMatch is forbidden unless resourceVersion is provided");
      }
      if (!match.equals(EXACT) && !match.equals(NOT_OLDER_THAN)) {
        problems.unsupported(field, List.of(EXACT, NOT_OLDER_THAN, ""));
      }
      if (match.equals(EXACT) && version.equals("0")) {
        problems.forbidden(
            field, "resourceVersionMatch \"Exact\" is forbidden for resourceVersion \"0\"");
      }
    }
    if (!problems.none()) {
      throw Rejections.invalidOptions("ListOptions", problems.found());
    }
    if (continued && !version.isEmpty() && !version.equals("0")) {
      throw Rejections.badRequest("specifying resource version is not allowed when using continue");
    }
    if (options.limit() < 0) {
      throw Rejections.badRequest("limit must not be negative, but is " + options.limit());
    }
  }

  private ResourcePage page(
      Scope scope,
      Selection selection,
      long revision,
      @Nullable ObjectKey after,
      long remaining,
      ListOptions options) {
    var limit = options.limit();
    if (selection.everything()) {
      var listing = store.list(scope, revision, after, limit);
      var left = remaining;
      if (left < 0 && listing.next() != null) {
        left = store.count(scope, listing.revision());
      }
      return resourcePage(listing, listing.objects(), left);
    }
    var selected = new ArrayList<StoredObject>();
    var listing = store.list(scope, revision, after, limit > 0 ? CHUNK : 0);
    while (true) {
      for (var object : listing.objects()) {
        if (limit > 0 && selected.size() == limit) {
          var token = new ContinueToken(listing.revision(), selected.getLast().key(), -1);
          return new ResourcePage(listing.revision(), selected, token.encode(), null);
        }
        if (selection.matches(object)) {
          selected.add(object);
        }
      }
      if (listing.next() == null) {
        return new ResourcePage(listing.revision(), selected, null, null);
      }
      listing = store.list(scope, listing.revision(), listing.next(), CHUNK);
    }
  }

  private static ResourcePage resourcePage(
      Listing listing, List<StoredObject> objects, long remaining) {
    var next = listing.next();
    if (next == null) {
      return new ResourcePage(listing.revision(), objects, null, null);
    }
    var left = remaining - objects.size();
    var token = new ContinueToken(listing.revision(), next, left);
    return new ResourcePage(listing.revision(), objects, token.encode(), left);
  }
}
