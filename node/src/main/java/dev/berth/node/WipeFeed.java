package dev.berth.node;

import dev.berth.core.binding.WipeProtocol;
import dev.berth.core.model.Json;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.Resources;
import dev.berth.core.storage.StoredObject;
import dev.berth.node.plugin.LocalVolumes;
import dev.berth.node.sync.ObjectFeed;
import dev.berth.node.volume.WipeRequest;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Follows which released volumes this node has to wipe, and notices deletions of volumes. */
final class WipeFeed implements ObjectFeed.Receiver, AutoCloseable {
  private static final byte[] MARK = WipeProtocol.WIPE_NODE.getBytes(StandardCharsets.US_ASCII);

  private final String nodeName;
  private final Consumer<List<WipeRequest>> tell;
  private final Runnable deleted;
  private final ObjectFeed feed;
  private final Map<String, WipeRequest> requests = new HashMap<>();

  /**
   * @param tell takes all requests that stand, whenever they have changed
   * @param deleted runs whenever volumes were, or may have been, deleted
   */
  WipeFeed(
      String nodeName, Resources resources, Consumer<List<WipeRequest>> tell, Runnable deleted) {
    this.nodeName = nodeName;
    this.tell = tell;
    this.deleted = deleted;
    this.feed = new ObjectFeed(resources, ResourceTypes.VOLUME, null, this);
  }

  void start() {
    feed.start();
  }

  @Override
  public void all(List<StoredObject> objects) {
    requests.clear();
    objects.forEach(
        object -> request(object).ifPresent(found -> requests.put(object.key().name(), found)));
    tell.accept(List.copyOf(requests.values()));
    deleted.run();
  }

  @Override
  public void changed(StoredObject object) {
    var name = object.key().name();
    var request = request(object);
    var before = request.isPresent() ? requests.put(name, request.get()) : requests.remove(name);
    if (!Optional.ofNullable(before).equals(request)) {
      tell.accept(List.copyOf(requests.values()));
    }
  }

  @Override
  public void gone(StoredObject last) {
    if (requests.remove(last.key().name()) != null) {
      tell.accept(List.copyOf(requests.values()));
    }
    deleted.run();
  }

  private Optional<WipeRequest> request(StoredObject object) {
    // Most volumes are nobody's to wipe: they are not even decoded.
    if (!mentions(object.document())) {
      return Optional.empty();
    }
    var volume = Json.view(object.document(), PersistentVolume.class);
    return WipeProtocol.isRequestedOf(volume, nodeName)
            && WipeProtocol.of(volume) instanceof WipeProtocol.Requested(var generation)
        ? Optional.of(
            new WipeRequest(
                LocalVolumes.id(volume.metadata().name()), volume.metadata().uid(), generation))
        : Optional.empty();
  }

  private static boolean mentions(byte[] document) {
    for (var at = 0; at <= document.length - MARK.length; at++) {
      if (document[at] == MARK[0]
          && Arrays.equals(document, at, at + MARK.length, MARK, 0, MARK.length)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void close() {
    feed.close();
  }
}
