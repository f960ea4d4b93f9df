package dev.berth.node.volume;

import java.io.IOException;
import java.time.Duration;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at the mount table every now and then: nobody tells of what others mount. */
final class MountLook {
  private static final Logger LOG = LoggerFactory.getLogger(MountLook.class);

  private MountLook() {}

  /** Begins, on a thread that ends when it is interrupted. */
  static Thread start(
      String nodeName,
      Duration period,
      VolumeLoop.MountedVolumes mounted,
      Consumer<Reconstruction> tell) {
    return Thread.ofVirtual()
        .name("mounts of " + nodeName)
        .start(
            () -> {
              try {
                while (true) {
                  Thread.sleep(period);
                  look(mounted, tell);
                }
              } catch (InterruptedException e) {
                LOG.debug("mounts are looked at no more");
              }
            });
  }

  private static void look(VolumeLoop.MountedVolumes mounted, Consumer<Reconstruction> tell) {
    try {
      tell.accept(mounted.read());
    } catch (IOException e) {
      LOG.error("the mount table cannot be read: {}", e.getMessage());
    }
  }
}
