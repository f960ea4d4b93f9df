package dev.berth.it.crash;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.Json;
import dev.berth.core.model.Namespace;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.observe.Meters;
import dev.berth.core.storage.Scope;
import dev.berth.core.storage.StoredObject;
import dev.berth.store.RocksObjectStore;
import dev.berth.store.StoreConfig;
import dev.berth.store.StoreOpenException;
import dev.berth.store.StoreVerifier;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What a dead server's store holds, read before any other server can mend it. */
final class StoreOnDisk {
  private final Map<String, StoredObject> objects = new TreeMap<>();

  private StoreOnDisk(List<StoredObject> objects) {
    objects.forEach(object -> this.objects.put(object.key().toString(), object));
  }

  static StoreOnDisk read(Path directory) throws StoreOpenException {
    var config = StoreConfig.defaults();
    assertThat(StoreVerifier.verify(directory, config)).as("the store's own order").isEmpty();
    try (var store = RocksObjectStore.open(directory, config, Meters.none(), broken -> {})) {
      return new StoreOnDisk(store.list(Scope.everything(), 0, null, 0).objects());
    }
  }

  /** Nothing that was acknowledged is missing. */
  void assertHolds(Set<String> targets, Map<String, Integer> counted) {
    assertThat(objects.keySet())
        .as("acknowledged objects")
        .containsAll(targets.stream().map(StoreOnDisk::key).toList());
    counted.forEach(
        (namespace, count) ->
            assertThat(count(namespace))
                .as("acknowledged count of " + namespace)
                .isGreaterThanOrEqualTo(count));
  }

  /** A binding is in both objects or in neither. */
  void assertNoHalfBinding() {
    var claims =
        views(ResourceTypes.CLAIM.resource(), PersistentVolumeClaim.class).stream()
            .collect(Collectors.toMap(claim -> claim.metadata().uid(), claim -> claim));
    var volumes =
        views(ResourceTypes.VOLUME.resource(), PersistentVolume.class).stream()
            .collect(Collectors.toMap(volume -> volume.metadata().name(), volume -> volume));
    for (var claim : claims.values()) {
      if (!claim.volumeName().isEmpty()) {
        var volume = volumes.get(claim.volumeName());
        assertThat(volume).as("volume of bound claim " + claim.metadata().name()).isNotNull();
        var reference = requireNonNull(volume).spec().claimRef();
        assertThat(reference).as("claim of " + claim.volumeName()).isNotNull();
        assertThat(requireNonNull(reference).uid()).isEqualTo(claim.metadata().uid());
        assertThat(volume.phase()).isEqualTo("Bound");
        assertThat(claim.phase()).isEqualTo("Bound");
      }
    }
    for (var volume : volumes.values()) {
      var reference = volume.spec().claimRef();
      if (reference != null && volume.phase().equals("Bound")) {
        var claim = claims.get(reference.uid());
        // Gone claims release their volumes a moment later, in a decision of its own.
        if (claim != null) {
          assertThat(claim.volumeName()).isEqualTo(volume.metadata().name());
        }
      }
    }
  }

  private int count(String namespace) {
    var object = objects.get("namespaces/" + namespace);
    if (object == null) {
      return -1;
    }
    var annotations = Json.view(object.document(), Namespace.class).metadata().annotations();
    return Integer.parseInt(annotations.getOrDefault("count", "0"));
  }

  private <T> List<T> views(String resource, Class<T> type) {
    return objects.values().stream()
        .filter(object -> object.key().resource().equals(resource))
        .map(object -> Json.view(object.document(), type))
        .toList();
  }

  /** From {@code /api/v1/namespaces/NS/RESOURCE/NAME} or {@code /api/v1/RESOURCE/NAME}. */
  private static String key(String target) {
    var parts = target.substring("/api/v1/".length()).split("/");
    return parts.length == 4
        ? parts[2] + "/" + parts[1] + "/" + parts[3]
        : parts[0] + "/" + parts[1];
  }
}
