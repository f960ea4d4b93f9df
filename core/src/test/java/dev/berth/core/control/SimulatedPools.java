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

  private final long bytes;
  private final boolean reported;
  private final Map<String, TreeMap<String, Image>> images = new HashMap<>();

  /**
   * @param bytes the room of each pool
   * @param reported whether nodes tell how much is free
   */
  SimulatedPools(long bytes, boolean reported) {
    this.bytes = bytes;
    this.reported = reported;
  }

  boolean reported() {
    return reported;
  }

  /** The images in the pool of a host, by the volume that they bear the name of. */
  Map<String, Image> on(String host) {
    return images.computeIfAbsent(host, absent -> new TreeMap<>());
  }

  @Nullable Image image(String host, String volume) {
    return on(host).get(volume);
  }

  long free(String host) {
    return bytes - on(host).values().stream().mapToLong(Image::bytes).sum();
  }

  void put(String host, String volume, long bytes, boolean whole) {
    on(host).put(volume, new Image(bytes, whole));
  }

  void remove(String host, String volume) {
    on(host).remove(volume);
  }
}
