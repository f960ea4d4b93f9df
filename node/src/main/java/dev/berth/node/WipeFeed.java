package dev.berth.node;

import dev.berth.core.binding.WipeProtocol;
import dev.berth.core.model.Json;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.provision.ProvisionProtocol;
import dev.berth.core.registry.Resources;
import dev.berth.core.storage.StoredObject;
import dev.berth.node.disk.FormatAnyway;
import dev.berth.node.plugin.LocalVolumes;
import dev.berth.node.plugin.LoopVolumes;
import dev.berth.node.plugin.VolumeId;
import dev.berth.node.sync.ObjectFeed;
import dev.berth.node.volume.ProvisionRequest;
import dev.berth.node.volume.WipeRequest;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Follows which released volumes this node has to wipe, and which it has to make or remove, and
 * notices deletions of volumes and what administrators say about refused disks.
 */
final class WipeFeed implements ObjectFeed.Receiver, AutoCloseable {
  private static final byte[] MARK = WipeProtocol.WIPE_NODE.getBytes(StandardCharsets.US_ASCII);
  private static final byte[] WORD = FormatAnyway.ANNOTATION.getBytes(StandardCharsets.US_ASCII);

  private static final byte[] PROVISION =
      ProvisionProtocol.NODE.getBytes(StandardCharsets.US_ASCII);

  private final String nodeName;
  private final Consumer<List<WipeRequest>> tell;
  private final Consumer<List<ProvisionRequest>> provision;
  private final Runnable deleted;
  private final Consumer<VolumeId> urge;
  private final ObjectFeed feed;
  private final Map<String, WipeRequest> requests = new HashMap<>();
  private final Map<String, ProvisionRequest> provisions = new HashMap<>();

  /**
   * @param tell takes all requests that stand, whenever they have changed
   * @param provision takes all volumes that have to be made or removed, whenever they have changed
   * @param deleted runs whenever volumes were, or may have been, deleted
   * @param urge takes volumes about whose refused disk an administrator has said something
   */
  WipeFeed(
      String nodeName,
      Resources resources,
      Consumer<List<WipeRequest>> tell,
      Consumer<List<ProvisionRequest>> provision,
      Runnable deleted,
      Consumer<VolumeId> urge) {
    this.nodeName = nodeName;
    this.tell = tell;
    this.provision = provision;
    this.deleted = deleted;
    this.urge = urge;
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
    provisions.clear();
    objects.forEach(
        object -> provision(object).ifPresent(p -> provisions.put(object.key().name(), p)));
    provision.accept(List.copyOf(provisions.values()));
    deleted.run();
  }

  @Override
  public void changed(StoredObject object) {
    var name = object.key().name();
    if (Mentions.found(object.document(), WORD)) {
      urge.accept(LocalVolumes.id(name));
      urge.accept(LoopVolumes.id(name));
    }
    var request = request(object);
    var before = request.isPresent() ? requests.put(name, request.get()) : requests.remove(name);
    if (!Optional.ofNullable(before).equals(request)) {
      tell.accept(List.copyOf(requests.values()));
    }
    var making = provision(object);
    var made = making.isPresent() ? provisions.put(name, making.get()) : provisions.remove(name);
    if (!Optional.ofNullable(made).equals(making)) {
      provision.accept(List.copyOf(provisions.values()));
    }
  }

  @Override
  public void gone(StoredObject last) {
    if (requests.remove(last.key().name()) != null) {
      tell.accept(List.copyOf(requests.values()));
    }
    if (provisions.remove(last.key().name()) != null) {
      provision.accept(List.copyOf(provisions.values()));
    }
    deleted.run();
  }

  private Optional<WipeRequest> request(StoredObject object) {
    // Most volumes are nobody's to wipe: they are not even decoded.
    if (!Mentions.found(object.document(), MARK)) {
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

  private Optional<ProvisionRequest> provision(StoredObject object) {
    if (!Mentions.found(object.document(), PROVISION)) {
      return Optional.empty();
    }
    var volume = Json.view(object.document(), PersistentVolume.class);
    var source = volume.spec().csi();
    if (source == null || !source.driver().equals(LoopVolumes.NAME)) {
      return Optional.empty();
    }
    var removal = ProvisionProtocol.isRemovalRequestedOf(volume, nodeName);
    return removal || ProvisionProtocol.isRequestedOf(volume, nodeName)
        ? Optional.of(
            new ProvisionRequest(
                LoopVolumes.id(volume.metadata().name()), volume.metadata().uid(), removal))
        : Optional.empty();
  }

  @Override
  public void close() {
    feed.close();
  }
}
