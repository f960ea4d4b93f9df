package dev.berth.node;

import dev.berth.core.model.Json;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.Resources;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.StoredObject;
import dev.berth.node.sync.ObjectFeed;
import dev.berth.node.volume.GrowthRequest;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Follows which claims wait for their nodes to make their volumes larger. */
final class GrowthFeed implements ObjectFeed.Receiver, AutoCloseable {
  private static final byte[] MARK =
      PersistentVolumeClaim.RESIZE_PENDING.getBytes(StandardCharsets.US_ASCII);

  private final Consumer<List<GrowthRequest>> tell;
  private final ObjectFeed feed;
  private final Map<ObjectKey, GrowthRequest> requests = new HashMap<>();

  /**
   * @param tell takes all requests that stand, whenever they have changed
   */
  GrowthFeed(Resources resources, Consumer<List<GrowthRequest>> tell) {
    this.tell = tell;
    this.feed = new ObjectFeed(resources, ResourceTypes.CLAIM, null, this);
  }

  void start() {
    feed.start();
  }

  @Override
  public void all(List<StoredObject> objects) {
    requests.clear();
    objects.forEach(object -> request(object).ifPresent(r -> requests.put(object.key(), r)));
    tell.accept(List.copyOf(requests.values()));
  }

  @Override
  public void changed(StoredObject object) {
    var request = request(object);
    var before =
        request.isPresent()
            ? requests.put(object.key(), request.get())
            : requests.remove(object.key());
    if (!Optional.ofNullable(before).equals(request)) {
      tell.accept(List.copyOf(requests.values()));
    }
  }

  @Override
  public void gone(StoredObject last) {
    if (requests.remove(last.key()) != null) {
      tell.accept(List.copyOf(requests.values()));
    }
  }

  private static Optional<GrowthRequest> request(StoredObject object) {
    // Nearly all claims wait for nothing: they are not even decoded.
    if (!Mentions.found(object.document(), MARK)) {
      return Optional.empty();
    }
    var claim = Json.view(object.document(), PersistentVolumeClaim.class);
    return claim.resizePending() && !claim.volumeName().isEmpty()
        ? Optional.of(
            new GrowthRequest(
                claim.volumeName(),
                claim.metadata().namespace(),
                claim.metadata().name(),
                claim.metadata().uid(),
                claim.request().ceiling()))
        : Optional.empty();
  }

  @Override
  public void close() {
    feed.close();
  }
}
