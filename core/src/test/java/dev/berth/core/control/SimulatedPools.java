package dev.berth.core.control;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What really is in the pools of a simulated world's hosts, one on each. */
final class SimulatedPools {

  /**
   * An image in a pool.
   *
   * @param whole whether it could be used; one that is not whole takes its room all the same
   */
  record Image(long bytes, boolean whole) {}

  /** The room of each pool. */
  static final long BYTES = 6L << 30;

  private final Map<String, TreeMap<String, Image>> images = new HashMap<>();

  /** The images in the pool of a host, by the volume that they bear the name of. */
  Map<String, Image> on(String host) {
    return images.computeIfAbsent(host, absent -> new TreeMap<>());
  }

  @Nullable Image image(String host, String volume) {
    return on(host).get(volume);
  }

  long free(String host) {
    return BYTES - on(host).values().stream().mapToLong(Image::bytes).sum();
  }

  void put(String host, String volume, long bytes, boolean whole) {
    on(host).put(volume, new Image(bytes, whole));
  }

  void remove(String host, String volume) {
    on(host).remove(volume);
  }
}
