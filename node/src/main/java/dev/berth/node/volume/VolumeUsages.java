package dev.berth.node.volume;

import dev.berth.core.node.VolumeUsage;
import dev.berth.core.node.VolumeUsage.Figures;
import dev.berth.node.disk.MountReader;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.plugin.PodVolume;
import dev.berth.node.plugin.VolumePaths;
import dev.berth.node.plugin.VolumeSource;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How full the claims of a node are: read once a minute for the metrics, and when somebody asks.
 * Shares of a server are left out: looking at one could hang for as long as its server is away.
 */
final class VolumeUsages implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(VolumeUsages.class);

  private static final Duration PERIOD = Duration.ofMinutes(1);

  /** Who asks again before gets the same figures. */
  private static final Duration FRESH = Duration.ofSeconds(2);

  private static final String SILENT = "its file system does not answer";

  private final String nodeName;
  private final Supplier<List<PodVolume>> wanted;
  private final VolumePaths paths;
  private final MountReader mounts;
  private final UsageReader reader;
  private final UsageMeters meters;
  private final InstantSource clock;
  private final ReentrantLock reading = new ReentrantLock();
  private final Thread thread;
  private volatile List<VolumeUsage> last = List.of();
  private Instant read = Instant.MIN;

  /**
   * @param wanted the volumes of all pods, mounted or not
   */
  VolumeUsages(
      String nodeName,
      Supplier<List<PodVolume>> wanted,
      VolumePaths paths,
      MountReader mounts,
      ChildProcesses children,
      UsageMeters meters,
      InstantSource clock) {
    this.nodeName = nodeName;
    this.wanted = wanted;
    this.paths = paths;
    this.mounts = mounts;
    this.reader = new UsageReader(children, GroupProbe.Patience.DEFAULT);
    this.meters = meters;
    this.clock = clock;
    this.thread = Thread.ofVirtual().name("usage on " + nodeName).unstarted(this::run);
  }

  void start() {
    meters.add(nodeName, () -> last);
    thread.start();
  }

  private void run() {
    try {
      while (true) {
        Thread.sleep(PERIOD);
        now();
      }
    } catch (InterruptedException e) {
      LOG.debug("the usage of volumes is read no more");
    }
  }

  /** As it is now, or was a moment ago. */
  List<VolumeUsage> now() throws InterruptedException {
    reading.lockInterruptibly();
    try {
      if (clock.instant().isBefore(read.plus(FRESH))) {
        return last;
      }
      last = look();
      read = clock.instant();
    } catch (IOException e) {
      LOG.warn("the usage of volumes cannot be read: {}", e.getMessage());
    } finally {
      reading.unlock();
    }
    return last;
  }

  private List<VolumeUsage> look() throws IOException, InterruptedException {
    var table = mounts.read();
    var mounted =
        wanted.get().stream()
            .filter(VolumeUsages::counts)
            .filter(volume -> table.at(path(volume)).isPresent())
            .toList();
    var found = reader.read(new HashSet<>(mounted.stream().map(this::path).toList()));
    var now = clock.instant();
    var usages = new ArrayList<VolumeUsage>();
    for (var volume : mounted) {
      var figures = Optional.ofNullable(found.get(path(volume)));
      usages.add(usage(volume, figures.or(() -> before(volume)), now, figures.isEmpty()));
    }
    usages.sort(Comparator.comparing(VolumeUsage::pod).thenComparing(VolumeUsage::volume));
    return List.copyOf(usages);
  }

  private static boolean counts(PodVolume volume) {
    return !volume.claim().isEmpty()
        && switch (volume.source()) {
          case VolumeSource.Local _ -> true;
          case VolumeSource.Loop loop -> !loop.block();
          case VolumeSource.LocalBlock _,
              VolumeSource.HostPath _,
              VolumeSource.EmptyDir _,
              VolumeSource.Nfs _,
              VolumeSource.Files _ ->
              false;
        };
  }

  private Path path(PodVolume volume) {
    return paths.podVolume(volume.published());
  }

  private Optional<Figures> before(PodVolume volume) {
    return last.stream()
        .filter(usage -> usage.podUid().equals(volume.pod().uid()))
        .filter(usage -> usage.volume().equals(volume.volumeName()))
        .map(VolumeUsage::figures)
        .findFirst();
  }

  private static VolumeUsage usage(
      PodVolume volume, Optional<Figures> figures, Instant now, boolean silent) {
    return new VolumeUsage(
        volume.pod().namespace(),
        volume.claim(),
        volume.pod().name(),
        volume.pod().uid(),
        volume.volumeName(),
        figures.orElse(Figures.NONE),
        now,
        silent ? SILENT : "");
  }

  @Override
  public void close() {
    meters.remove(nodeName);
    thread.interrupt();
  }
}
