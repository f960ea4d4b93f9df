package dev.berth.node.plugin;

import dev.berth.node.disk.BlockDevice;
import dev.berth.node.disk.CheckResult;
import dev.berth.node.disk.FileSystemKind;
import dev.berth.node.disk.FileSystems;
import dev.berth.node.disk.Outcome;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is done to a file system that was there before, when it is about to be mounted. */
final class DiskChecks {
  private static final Logger LOG = LoggerFactory.getLogger(DiskChecks.class);

  private final FileSystems fileSystems;
  private final VolumeObjects objects;

  DiskChecks(FileSystems fileSystems, VolumeObjects objects) {
    this.fileSystems = fileSystems;
    this.objects = objects;
  }

  /**
   * Checks it, and grows it when its claim waits for that and it can be done now.
   *
   * @param known what this node remembers of the disk
   * @return why it must not be mounted
   */
  Optional<Problem> beforeMount(
      VolumeObjects.Seen seen, BlockDevice device, FileSystemKind kind, Optional<KnownDisk> known)
      throws InterruptedException {
    var problem = check(device, kind, known.filter(KnownDisk::clean).isPresent());
    if (problem.isEmpty() && objects.growthPending(seen)) {
      var grown = fileSystems.growUnmounted(device, kind);
      switch (grown) {
        case Outcome.Done _ -> LOG.info("the file system on {} has the size of its device", device);
        // It is mounted as it is: whoever waits for the growth is told after that.
        case Outcome.Failed(var message, _) -> LOG.warn("{}", message);
        case Outcome.ToolMissing(_, var message) -> LOG.warn("{}", message);
        case Outcome.Uncertain(var message, _) -> {
          return Optional.of(Problem.mount(message));
        }
      }
    }
    return problem;
  }

  private Optional<Problem> check(BlockDevice device, FileSystemKind kind, boolean clean)
      throws InterruptedException {
    return switch (fileSystems.check(device, kind)) {
      case CheckResult.Clean _ -> Optional.empty();
      case CheckResult.Repaired(var report) -> {
        LOG.warn("the file system on {} was repaired: {}", device, report);
        yield Optional.empty();
      }
      case CheckResult.Damaged(var report) ->
          Optional.of(
              Problem.mount(
                  "the file system on %s is damaged and not mounted: %s"
                      .formatted(device, report)));
      case CheckResult.ToolMissing(_, var message) -> {
        LOG.warn("{} cannot be checked before its mount: {}", device, message);
        yield clean ? Optional.empty() : Optional.of(Problem.mount(message));
      }
      case CheckResult.Unknown(var message) -> Optional.of(Problem.mount(message));
    };
  }
}
