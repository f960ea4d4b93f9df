package dev.berth.node.plugin;

import dev.berth.core.binding.Cordon;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.node.DiskReport;
import dev.berth.node.disk.BlankProof;
import dev.berth.node.disk.BlankVerdict;
import dev.berth.node.disk.BlockDevice;
import dev.berth.node.disk.DeviceIdentity;
import dev.berth.node.disk.DeviceLookup;
import dev.berth.node.disk.DeviceUse;
import dev.berth.node.disk.DiskVitals;
import dev.berth.node.disk.FileSystemKind;
import dev.berth.node.disk.ProbeResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Predicate;

/**
 * Looks at every block device of the host and says whether a new volume could use it, by the same
 * probe and the same proof that decide when a volume is prepared. Changes nothing; a device that is
 * blank is held for the moment of its proof.
 */
public final class DiskSurvey {
  private static final Path BY_ID = Path.of("/dev/disk/by-id");

  /** Each device costs a few child processes. */
  private static final int AT_ONCE = 4;

  private final DiskTools disks;
  private final VolumeObjects objects;
  private final Predicate<PersistentVolume> here;
  private final DiskVitals vitals;

  /**
   * @param here whether a volume's disk is on this node
   */
  public DiskSurvey(
      DiskTools disks, VolumeObjects objects, Predicate<PersistentVolume> here, DiskVitals vitals) {
    this.disks = disks;
    this.objects = objects;
    this.here = here;
    this.vitals = vitals;
  }

  /** What volumes say of the disks that they are on. */
  private record Owners(Map<Path, PersistentVolume> byNode, Map<String, PersistentVolume> byUuid) {
    Optional<PersistentVolume> of(BlockDevice device, ProbeResult content) {
      var named = Optional.ofNullable(byNode.get(device.node()));
      return content instanceof ProbeResult.Content(_, var uuid, _)
          ? Optional.ofNullable(byUuid.get(uuid)).or(() -> named)
          : named;
    }
  }

  /** Every block device, ordered by name. */
  public List<DiskReport> survey() throws IOException, InterruptedException {
    var owners = owners();
    var links = links();
    var limit = Executors.newFixedThreadPool(AT_ONCE, Thread.ofVirtual().factory());
    try (limit) {
      var pending = new ArrayList<Future<DiskReport>>();
      for (var device : disks.devices().all()) {
        pending.add(limit.submit(() -> report(device, owners, links)));
      }
      var reports = new ArrayList<DiskReport>();
      for (var each : pending) {
        reports.add(each.get());
      }
      return reports;
    } catch (ExecutionException e) {
      throw new IOException("a disk could not be looked at: " + e.getCause(), e);
    } finally {
      limit.shutdownNow();
    }
  }

  private Owners owners() throws IOException {
    var byNode = new HashMap<Path, PersistentVolume>();
    var byUuid = new HashMap<String, PersistentVolume>();
    for (var volume : objects.all()) {
      if (!here.test(volume)) {
        continue;
      }
      var local = volume.spec().local();
      byUuid.put(volume.metadata().uid(), volume);
      var recorded = volume.metadata().annotations().get(VolumeObjects.FS_UUID);
      if (recorded != null) {
        byUuid.put(recorded, volume);
      }
      if (local != null
          && disks.devices().find(Path.of(local.path()))
              instanceof DeviceLookup.Found(var device)) {
        byNode.put(device.node(), volume);
      }
    }
    return new Owners(byNode, byUuid);
  }

  /** A disk that took the place of the volume's is not taken for it. */
  private static String whose(PersistentVolume volume, ProbeResult content) {
    var recorded = volume.metadata().annotations().get(VolumeObjects.FS_UUID);
    var other =
        recorded != null
            && content instanceof ProbeResult.Content(_, var uuid, _)
            && !uuid.equalsIgnoreCase(recorded)
            && !uuid.equalsIgnoreCase(volume.metadata().uid());
    return other
        ? "it is at the path of %s, whose file system is another: UUID %s"
            .formatted(text(volume), recorded)
        : "it is the disk of " + text(volume);
  }

  private static String text(PersistentVolume volume) {
    var claim = volume.spec().claimRef();
    return "volume "
        + volume.metadata().name()
        + (claim == null ? "" : " of claim " + claim.namespace() + "/" + claim.name());
  }

  /** The lasting name of each device: of several, the first that tells maker and serial number. */
  private static Map<Path, Path> links() throws IOException {
    var links = new HashMap<Path, Path>();
    if (!Files.isDirectory(BY_ID)) {
      return links;
    }
    try (var entries = Files.list(BY_ID)) {
      for (var link : entries.sorted().toList()) {
        if (Files.isSymbolicLink(link)) {
          var node = link.resolveSibling(Files.readSymbolicLink(link)).normalize();
          links.putIfAbsent(node, link);
        }
      }
    }
    return links;
  }

  private DiskReport report(BlockDevice device, Owners owners, Map<Path, Path> links)
      throws IOException, InterruptedException {
    var use = disks.devices().use(device);
    var content = disks.fileSystems().probe(device);
    var owner = owners.of(device, content);
    var usedBy = new ArrayList<String>();
    owner.map(DiskSurvey::text).ifPresent(usedBy::add);
    use.mounts().forEach(mount -> usedBy.add("mounted at " + mount.target()));
    use.swap().forEach(name -> usedBy.add("swap"));
    use.holders().forEach(name -> usedBy.add("part of " + name));
    var verdict =
        owner.isPresent()
            ? new Verdict(false, whose(owner.get(), content))
            : judge(device, use, content);
    return new DiskReport(
        device.node().toString(),
        links.getOrDefault(device.node(), device.node()).toString(),
        device.sizeBytes(),
        device.readOnly(),
        serial(device.identity()),
        content.text(),
        usedBy,
        verdict.usable(),
        verdict.reason(),
        health(device, use, owner),
        owner.flatMap(Cordon::why).orElse(""));
  }

  /** What was said of the volume's disk, or what the kernel holds against any other one. */
  private String health(BlockDevice device, DeviceUse use, Optional<PersistentVolume> owner)
      throws IOException {
    var said = owner.flatMap(Cordon::ofDisk).filter(condition -> !condition.isTrue());
    if (said.isPresent()) {
      return said.get().message();
    }
    var errors = vitals.read(device, "").fileSystemErrors();
    return errors > 0 && !use.mounts().isEmpty()
        ? "%d errors were found in its file system".formatted(errors)
        : "";
  }

  private record Verdict(boolean usable, String reason) {}

  private Verdict judge(BlockDevice device, DeviceUse use, ProbeResult content)
      throws IOException, InterruptedException {
    var inUse = use.inUse();
    if (inUse.isPresent()) {
      return new Verdict(false, inUse.get());
    }
    if (!use.partitions().isEmpty()) {
      return new Verdict(
          false,
          "it has partitions: name one of them instead (%s)"
              .formatted(String.join(", ", use.partitions())));
    }
    if (content instanceof ProbeResult.Content(var type, _, _)
        && FileSystemKind.ofType(type).isPresent()) {
      return new Verdict(
          true,
          "a volume with fsType %s would take it over with what is on it; it would not be formatted"
              .formatted(type));
    }
    return switch (disks.proof().verify(device, BlankProof.Demand.ofSize(0))) {
      case BlankVerdict.Blank _ -> new Verdict(true, "it is blank: it would be formatted");
      case BlankVerdict.Refused(_, var message) -> new Verdict(false, message);
    };
  }

  private static String serial(DeviceIdentity identity) {
    return identity
        .serial()
        .or(identity::wwn)
        .or(() -> identity.loop().map(DeviceIdentity.LoopBacking::path))
        .orElse("");
  }
}
