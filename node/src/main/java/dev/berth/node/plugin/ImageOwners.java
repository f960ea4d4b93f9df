package dev.berth.node.plugin;

import dev.berth.core.model.PersistentVolume;
import dev.berth.core.provision.ProvisionProtocol;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Which volume an image is of. Two that name one image would each attach, wipe and remove it under
 * the other: the one that this node has prepared first keeps it, else the one whose storage Berth
 * made, else the older one.
 */
public final class ImageOwners {
  private static final Comparator<PersistentVolume> AGE =
      Comparator.comparing((PersistentVolume volume) -> !made(volume))
          .thenComparing(
              volume -> volume.metadata().creationTimestamp(),
              Comparator.nullsLast(Comparator.naturalOrder()))
          .thenComparing(volume -> volume.metadata().name());

  private final VolumeObjects objects;
  private final VolumePaths paths;
  private final Predicate<PersistentVolume> here;

  /**
   * @param here whether a volume is of this node
   */
  public ImageOwners(VolumeObjects objects, VolumePaths paths, Predicate<PersistentVolume> here) {
    this.objects = objects;
    this.paths = paths;
    this.here = here;
  }

  /**
   * The name of the other volume that the image belongs to; empty when it is this one's.
   *
   * @param directory of its pool
   */
  Optional<String> other(VolumeSource.Loop loop, Path directory) throws IOException {
    var uid = loop.uid();
    if (known(uid).isPresent()) {
      return Optional.empty();
    }
    var prepared = prepared(uid, directory, loop.image());
    if (prepared.isPresent() || loop.made()) {
      return prepared;
    }
    return objects.all().stream()
        .filter(volume -> here.test(volume) && names(volume, loop.pool(), loop.image()))
        .min(AGE)
        .filter(first -> !first.metadata().uid().equals(uid))
        .map(first -> first.metadata().name());
  }

  private static boolean names(PersistentVolume volume, String pool, String image) {
    var source = volume.spec().csi();
    return source != null
        && source.driver().equals(LoopVolumes.NAME)
        && source.volumeHandle().equals(image)
        && LoopProvisioner.pool(source).equals(pool);
  }

  private static boolean made(PersistentVolume volume) {
    return !(ProvisionProtocol.of(volume) instanceof ProvisionProtocol.NotOurs);
  }

  /**
   * The name of another volume for which this node has prepared the image, as long as it exists.
   */
  Optional<String> prepared(String uid, Path directory, String image) throws IOException {
    for (var known : all()) {
      if (!known.uid().equals(uid)
          && known.directory().equals(directory.toString())
          && known.image().equals(image)
          && objects
              .find(known.volume())
              .filter(seen -> seen.volume().metadata().uid().equals(known.uid()))
              .isPresent()) {
        return Optional.of(known.volume());
      }
    }
    return Optional.empty();
  }

  /** Whether this node has prepared the image for the volume. */
  boolean hasPrepared(String uid, Path directory, String image) throws IOException {
    return known(uid)
        .filter(known -> known.directory().equals(directory.toString()))
        .filter(known -> known.image().equals(image))
        .isPresent();
  }

  /** All images that this node remembers. */
  List<KnownImage> all() throws IOException {
    var directory = paths.remembered(LocalVolumes.NAME, LocalMemory.IMAGES);
    var found = new ArrayList<KnownImage>();
    if (Files.isDirectory(directory)) {
      try (var files = Files.newDirectoryStream(directory, "[!.]*" + LocalMemory.FILE)) {
        for (var file : files) {
          SyncedJson.read(file, KnownImage.class).ifPresent(found::add);
        }
      }
    }
    return found;
  }

  private Optional<KnownImage> known(String uid) throws IOException {
    return SyncedJson.read(
        paths.remembered(LocalVolumes.NAME, LocalMemory.IMAGES).resolve(uid + LocalMemory.FILE),
        KnownImage.class);
  }
}
