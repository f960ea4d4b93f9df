package dev.berth.core.control;

import com.google.errorprone.annotations.FormatMethod;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.provision.ProvisionProtocol;
import java.util.HashMap;
import org.jspecify.annotations.Nullable;

/** What must hold of volumes that nodes make: of their objects, and of what is in the pools. */
final class PoolInvariants {
  private final WorldTruth truth;

  PoolInvariants(WorldTruth truth) {
    this.truth = truth;
  }

  @FormatMethod
  private static AssertionError violated(String rule, Object... about) {
    return new AssertionError(String.format(rule, about));
  }

  private static boolean isOurs(PersistentVolume volume) {
    return !(ProvisionProtocol.of(volume) instanceof ProvisionProtocol.NotOurs);
  }

  /** The object of a volume goes. */
  void onRemoval(PersistentVolume volume) {
    var host = ProvisionProtocol.node(volume);
    var name = volume.metadata().name();
    if (!isOurs(volume) || truth.pools().image(host, name) == null) {
      return;
    }
    if (!volume.reclaimPolicy().equals("Retain")) {
      throw violated("volume %s was removed, and its image is still on %s", name, host);
    }
    // Its administrator has the storage now.
    truth.pools().remove(host, name);
  }

  /** At every moment. */
  void check() {
    for (var host : SimulatedUsers.HOSTS) {
      if (truth.pools().free(host) < 0) {
        throw violated("the pool of %s holds more than it has room for", host);
      }
      for (var name : truth.pools().on(host).keySet()) {
        if (volumeOf(host, name) == null) {
          throw violated("the image %s on %s belongs to no volume", name, host);
        }
      }
    }
    checkPromises();
    var made = new HashMap<String, String>();
    for (var volume : truth.volumes()) {
      checkVolume(volume);
      var claim = volume.view().spec().claimRef();
      var state = ProvisionProtocol.of(volume.view());
      var counts =
          state instanceof ProvisionProtocol.Requested || state instanceof ProvisionProtocol.Made;
      if (counts
          && claim != null
          && volume.key().name().startsWith("pvc-" + claim.uid())
          && !volume.view().metadata().deleting()) {
        var other = made.put(claim.uid(), volume.key().name());
        if (other != null && !claim.uid().isEmpty()) {
          throw violated(
              "the volumes %s and %s are made for the one claim %s",
              volume.key().name(), other, claim.name());
        }
      }
    }
  }

  /** Where nodes tell what is free, no more is asked for. */
  private void checkPromises() {
    if (!truth.pools().reported()) {
      return;
    }
    for (var host : SimulatedUsers.HOSTS) {
      var left = truth.pools().free(host);
      for (var volume : truth.volumes()) {
        if (ProvisionProtocol.isRequestedOf(volume.view(), host)
            && truth.pools().image(host, volume.key().name()) == null) {
          left -= volume.view().storage().ceiling();
        }
      }
      if (left < 0) {
        throw violated("more is asked of %s than its pool has room for", host);
      }
    }
  }

  private @Nullable PersistentVolume volumeOf(String host, String name) {
    var volume = truth.view(Keys.volume(name), PersistentVolume.class);
    return volume != null && isOurs(volume) && ProvisionProtocol.node(volume).equals(host)
        ? volume
        : null;
  }

  private void checkVolume(Observed<PersistentVolume> volume) {
    var name = volume.key().name();
    var host = ProvisionProtocol.node(volume.view());
    var image = truth.pools().image(host, name);
    var whole = image != null && image.whole();
    if (ProvisionProtocol.of(volume.view()) instanceof ProvisionProtocol.Made && !whole) {
      throw violated("volume %s is called made, and is not there", name);
    }
    if (isOurs(volume.view()) && volume.view().phase().equals("Bound") && !whole) {
      throw violated("volume %s is Bound, and is not there", name);
    }
  }

  /** When nothing has happened for a while. */
  void checkAtRest() {
    for (var host : SimulatedUsers.HOSTS) {
      truth
          .pools()
          .on(host)
          .forEach(
              (name, image) -> {
                if (!image.whole()) {
                  throw violated("at rest half of the image %s is on %s", name, host);
                }
              });
    }
    for (var volume : truth.volumes()) {
      checkAtRest(volume.key().name(), volume.view());
    }
  }

  private void checkAtRest(String name, PersistentVolume volume) {
    switch (ProvisionProtocol.of(volume)) {
      case ProvisionProtocol.NotOurs _, ProvisionProtocol.Unreadable _ -> {}
      case ProvisionProtocol.Requested _,
          ProvisionProtocol.Failed _,
          ProvisionProtocol.Cancelled _,
          ProvisionProtocol.RemovalRequested _,
          ProvisionProtocol.Removing _,
          ProvisionProtocol.Removed _ ->
          throw violated("at rest volume %s is %s", name, ProvisionProtocol.of(volume));
      case ProvisionProtocol.Made _ -> {
        var reference = volume.spec().claimRef();
        if (reference == null
            || reference.uid().isEmpty()
            || volume.reclaimPolicy().equals("Retain")) {
          return;
        }
        var key = Keys.claim(reference.namespace(), reference.name());
        var claim = truth.view(key, PersistentVolumeClaim.class);
        if (claim == null
            || !claim.metadata().uid().equals(reference.uid())
            || !claim.volumeName().equals(name)) {
          throw violated("at rest volume %s is there, and nobody has it", name);
        }
      }
    }
  }
}
